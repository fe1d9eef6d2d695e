// What can be filled in or chosen from, in messages and in modals: a node to show, and ways to read what it holds
// and to put it back.

import { el } from "./dom.js";
import { me, people } from "./hand.js";
import { textObject } from "./mrkdwn.js";
import { moment, wall, zoneOf } from "./zones.js";

const words = (text) => textObject(text).textContent;

// `given` is what the person chose before, as state.values has it; `changed` is called with the new value.
export function field(item, { id, given = null, changed = () => {} } = {}) {
  const draw = FIELDS[item.type];
  if (!draw) return { node: el("span", { class: "aside" }, `[${item.type.replaceAll("_", " ")}]`), read: () => null, put: () => {} };
  const made = draw(item, id, given);
  made.node.addEventListener("change", () => changed(made.read(), made.node));
  return made;
}

const FIELDS = {
  plain_text_input: (item, id, given) => typed(item, id, given?.value ?? item.initial_value, item.multiline ? null : "text"),
  email_text_input: (item, id, given) => typed(item, id, given?.value ?? item.initial_value, "email"),
  url_text_input: (item, id, given) => typed(item, id, given?.value ?? item.initial_value, "url"),
  datepicker: (item, id, given) => typed(item, id, given?.selected_date ?? item.initial_date, "date"),
  timepicker: (item, id, given) => typed(item, id, given?.selected_time ?? item.initial_time, "time"),
  datetimepicker: (item, id, given) => when(item, id, given?.selected_date_time ?? item.initial_date_time),
  static_select: (item, id, given) => select(item, id, offered(item), (given?.selected_option ?? item.initial_option)?.value),
  users_select: (item, id, given) => select(item, id, people(), given?.selected_user ?? item.initial_user),
  multi_static_select: (item, id, given) => list(item, id, "checkbox", given?.selected_options ?? item.initial_options ?? []),
  checkboxes: (item, id, given) => list(item, id, "checkbox", given?.selected_options ?? item.initial_options ?? []),
  radio_buttons: (item, id, given) => list(item, id, "radio", [given?.selected_option ?? item.initial_option].filter(Boolean)),
};

function typed(item, id, value, type) {
  const node = el(type ? "input" : "textarea", {
    id, class: "field", type, rows: type ? null : 4, maxlength: item.max_length, autocomplete: "off",
    autofocus: item.focus_on_load, placeholder: item.placeholder && words(item.placeholder),
    "aria-label": id ? null : words(item.placeholder ?? { type: "plain_text", text: item.type }) });
  node.value = value ?? "";
  return { node, read: () => node.value || null, put: (kept) => { node.value = kept ?? ""; } };
}

// A moment, chosen by the clock on the wall of who looks.
function when(item, id, value) {
  const zone = zoneOf(me());
  const shown = (seconds) => (seconds ? wall(seconds, zone) : "");
  const node = el("input", {
    id, class: "field", type: "datetime-local", autofocus: item.focus_on_load, title: zone,
    "aria-label": id ? null : `Date and time, ${zone}` });
  node.value = shown(value);
  return {
    node, read: () => (node.value ? moment(node.value, zone) : null), put: (kept) => { node.value = shown(kept); } };
}

const pairs = (options) => options.map((option) => [option.value, words(option.text)]);
const offered = (item) => (item.options ? pairs(item.options)
  : item.option_groups.map((group) => [words(group.label), pairs(group.options)]));

function select(item, id, options, chosen) {
  const placeholder = item.placeholder ? words(item.placeholder) : "Choose…";
  const one = ([value, inner]) => (Array.isArray(inner)
    ? el("optgroup", { label: value }, inner.map(one)) : el("option", { value }, inner));
  const node = el("select", { id, class: "field", "aria-label": id ? null : placeholder, autofocus: item.focus_on_load },
    el("option", { value: "", disabled: true }, placeholder), options.map(one));
  node.value = chosen ?? "";
  return { node, read: () => node.value || null, put: (kept) => { if (offers(node, kept)) node.value = kept; } };
}

const offers = (node, value) => [...node.options].some((option) => option.value === value);

function list(item, id, type, chosen) {
  const values = new Set(chosen.map((option) => option.value));
  const name = `${id ?? item.action_id}-choice`;
  const options = item.options ?? item.option_groups.flatMap((group) => group.options);
  const node = el("div", { id, class: "choices", role: type === "radio" ? "radiogroup" : "group" },
    options.map((option) => el("label", {},
      el("input", { type, name, value: option.value, checked: values.has(option.value) }),
      el("span", {}, textObject(option.text),
        option.description && el("span", { class: "aside" }, " ", textObject(option.description))))));
  const read = () => [...node.querySelectorAll("input:checked")].map((input) => input.value);
  const put = (kept) => {
    for (const input of node.querySelectorAll("input")) input.checked = [kept].flat().includes(input.value);
  };
  return { node, read: type === "radio" ? () => read()[0] ?? null : read, put };
}
