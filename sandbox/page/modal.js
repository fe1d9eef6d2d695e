// The modal in front of the person who looks: inputs with their errors, Submit, Cancel, and Esc.

import { drawBlocks } from "./blocks.js";
import { el } from "./dom.js";
import { field } from "./fields.js";
import { act, choose, me, onPersonChange } from "./hand.js";
import { textObject } from "./mrkdwn.js";
import { zoneOf } from "./zones.js";

const dialog = document.getElementById("modal");
let views = [];
let shown = null;      // the view that is drawn
let inputs = new Map(); // block_id → its field and the action_id of what stands in it

export function putViews(list) {
  views = list;
  draw();
}

onPersonChange(draw);

function draw() {
  const top = views.filter((one) => one.person === me()).at(-1) ?? null;
  if (top === null) {
    shown = null;
    if (dialog.open) dialog.close();
    return;
  }
  // The same view keeps what was typed into it: only what stands against it is new.
  if (shown?.id !== top.id || shown.hash !== top.hash) build(top);
  shown = top;
  complain(top);
  if (!dialog.open) dialog.showModal();
}

function build(top) {
  const kept = shown?.id === top.id ? inputs : new Map();
  inputs = new Map();
  const { view } = top;
  const place = { view: top.id, input: (block) => input(block, top, kept) };
  const close = (everything) => () => act(dialog, "slack/close", { view: top.id, everything });
  const form = el("form", { novalidate: true, onsubmit: submit },
    el("header", {},
      el("img", { src: "/page/icon.svg", alt: "", width: 24, height: 24 }),
      el("h2", { id: "modal-title" }, textObject(view.title)),
      el("button", { type: "button", class: "cross", "aria-label": "Close", onclick: close(true) }, "✕")),
    el("div", { class: "modal-body" }, el("p", { class: "trouble", role: "alert", hidden: true }), drawBlocks(view.blocks, place)),
    el("footer", {},
      el("button", { type: "button", class: "slack-button", onclick: close(false) }, view.close ? textObject(view.close) : "Cancel"),
      view.submit && el("button", { class: "slack-button go", disabled: view.submit_disabled }, textObject(view.submit))));
  dialog.replaceChildren(form);
  if (!form.querySelector("[autofocus]")) form.querySelector(".modal-body .field")?.setAttribute("autofocus", "");
  if (dialog.open) form.querySelector("[autofocus]")?.focus();
}

// What was typed stays where the app has left the place as it was.
function input(block, top, kept) {
  const id = `input-${block.block_id}`;
  const { action_id: action, type } = block.element;
  const given = top.view.state.values[block.block_id]?.[action];
  const tell = (value, node) => choose({ view: top.id }, block, block.element, value, node);
  const made = { ...field(block.element, { id, given, changed: block.dispatch_action ? tell : undefined }), action, type };
  const before = kept.get(block.block_id);
  if (before?.action === action && before.type === type) made.put(before.read());
  made.node.setAttribute("aria-describedby", `${id}-error`);
  made.node.setAttribute("aria-labelledby", `${id}-label`);
  inputs.set(block.block_id, made);
  return el("div", { class: "input" },
    el("label", { id: `${id}-label`, for: id }, textObject(block.label),
      type === "datetimepicker" && el("span", { class: "aside" }, ` ${zoneOf(me())}`), block.optional && el("span", { class: "aside" }, " (optional)")),
    made.node,
    el("p", { id: `${id}-error`, class: "field-error", hidden: true }),
    block.hint && el("p", { class: "aside" }, textObject(block.hint)));
}

const typed = () => Object.fromEntries([...inputs].map(([block, made]) => [block, made.read()]));

function complain(top) {
  const trouble = dialog.querySelector(".trouble");
  trouble.textContent = top.trouble ?? "";
  trouble.hidden = !top.trouble;
  for (const [block, made] of inputs) {
    const words = top.errors[block];
    const place = document.getElementById(`${made.node.id}-error`);
    place.textContent = words ?? "";
    place.hidden = !words;
    if (words) made.node.setAttribute("aria-invalid", "true");
    else made.node.removeAttribute("aria-invalid");
  }
  dialog.querySelector("[aria-invalid]")?.focus();
}

async function submit(event) {
  event.preventDefault();
  const button = event.currentTarget.querySelector(".go");
  if (!button || button.getAttribute("aria-busy")) return;
  await act(button, "slack/submit", { view: shown.id, values: typed(), person: me() });
}

// Esc closes this view and tells the sandbox; the dialog itself follows what the sandbox then says.
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  if (shown) act(dialog, "slack/close", { view: shown.id });
});
