// Who is looking, and what they press: clicks and choices go to the sandbox, which calls the app as Slack does.

import { ask } from "./ask.js";
import { el, toast } from "./dom.js";
import { textObject } from "./mrkdwn.js";

const picker = document.getElementById("person");
const changed = new Set();

export const me = () => picker.value;
export const myName = () => picker.selectedOptions[0]?.text ?? "";
export const people = () => [...picker.options].map((option) => [option.value, option.text]);
export const onPersonChange = (act) => changed.add(act);

picker.addEventListener("change", () => {
  remember(picker.value);
  for (const act of changed) act();
});

// One tab, one person: two tabs side by side are two colleagues.
function remember(id) {
  try { sessionStorage.setItem("person", id); } catch { /* a browser may forbid it; then a reload forgets */ }
}

function remembered() {
  try { return sessionStorage.getItem("person"); } catch { return null; }
}

export function offerPeople(names) {
  const known = Object.entries(names);
  if (picker.options.length === known.length) return;
  const chosen = picker.value || remembered();
  picker.replaceChildren(...known.map(([id, name]) => el("option", { value: id }, name)));
  if (chosen in names) picker.value = chosen;
}

// `place` is {channel, ts} of a message or {view} of a modal.
export async function press(place, block, item, node) {
  if (item.confirm && !await confirmed(item.confirm)) return;
  await act(node, "slack/click", { ...where(place, block, item), value: item.value });
}

export async function choose(place, block, item, choice, node) {
  if (item.confirm && !await confirmed(item.confirm)) return;
  await act(node, "slack/choose", { ...where(place, block, item), choice });
}

function where(place, block, item) {
  const at = place.view ? { view: place.view } : { channel: place.channel, ts: place.ts };
  return { ...at, block_id: block.block_id, action_id: item.action_id, person: me() };
}

// What went wrong is shown where the finger is, by the state that follows; a refusal of the sandbox has no such place.
export async function act(node, path, body) {
  node.setAttribute("aria-busy", "true");
  const outcome = await ask(path, body);
  node.removeAttribute("aria-busy");
  if (!outcome.ok && outcome.outcome === undefined) toast(outcome.message);
  return outcome;
}

function confirmed(words) {
  return new Promise((resolve) => {
    const yes = el("button", { class: `slack-button ${words.style ?? "primary"}`, value: "yes" }, textObject(words.confirm));
    const dialog = el("dialog", { class: "modal confirm", "aria-labelledby": "confirm-title" },
      el("form", { method: "dialog" },
        el("header", {}, el("h2", { id: "confirm-title" }, textObject(words.title))),
        el("div", { class: "modal-body" }, el("div", { class: "words" }, textObject(words.text))),
        el("footer", {}, el("button", { class: "slack-button", value: "no" }, textObject(words.deny)), yes)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
