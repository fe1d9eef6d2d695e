// What a person does to an incident, as PagerDuty's own pages offer it. One dialog asks for what a button cannot know;
// it stands outside the list, so that a change from elsewhere does not take it away half-typed.

import { el, toast } from "./dom.js";
import { me, myName, onPersonChange } from "./hand.js";
import { menu } from "./menu.js";

const get = (id) => document.getElementById(id);
let account = { people: [], priorities: [] };

export function learnAccount(status) {
  account = { people: status.pagerduty_people, priorities: status.priorities };
  drawActor();
  drawSubscription(status.webhooks, status.bridge_url);
}

// Who looks, as PagerDuty knows them; undefined where it does not.
const actor = () => account.people.find((one) => one.slack_id === me());
const stranger = () => `${myName()} has no PagerDuty account`;

function drawActor() {
  get("account-words").textContent = actor() ? `acting as ${actor().name}` : stranger();
  get("account-words").classList.toggle("off", !actor());
}

function drawSubscription(webhooks, bridge) {
  const words = !webhooks.enabled
    ? (webhooks.temporarily_disabled ? "webhooks switched off after three refusals" : "webhooks switched off")
    : webhooks.holding ? `webhooks held back (${webhooks.held})` : bridge ? "webhooks on" : "webhooks: no bridge to tell";
  get("webhooks-words").textContent = words;
  get("webhooks-words").classList.toggle("off", !webhooks.enabled);
  get("webhooks-on").hidden = webhooks.enabled;
}

// Who has no account can do nothing here, and every button says so when it is pressed.
const asActor = (press) => () => (actor() ? press() : toast(`${stranger()}. Choose somebody else on top.`));

export function bar(view, others) {
  const nobody = actor() ? null : { "aria-disabled": "true", title: stranger() };
  const button = (words, press, className) => el("button", {
    type: "button", class: `incident-button ${className ?? ""}`, ...nobody, onclick: asActor(press) }, words);
  const open = view.status !== "resolved";
  return el("div", { class: "incident-acts", role: "group", "aria-label": `What to do with #${view.number}` },
    view.status === "triggered" && button("Acknowledge", () => act(view, "acknowledge"), "primary"),
    open && button("Resolve", () => act(view, "resolve")),
    !open && !view.merged_into && button("Reopen", () => act(view, "reopen")),
    button("Add note", () => ask(`Note on #${view.number}`, textArea("content"), "Add note",
      (answer) => act(view, "note", answer))),
    open && more(view, others));
}

function more(view, others) {
  const item = (words, press) => el("button", { type: "button", onclick: asActor(press) }, words);
  const choose = (words, name, pairs, action) => item(`${words}…`, () => choice(words, view, name, pairs(), action));
  const targets = () => others().filter((one) => one.key !== view.key && one.status !== "resolved");
  const acknowledged = view.status === "acknowledged";
  return menu("incident-button", `More to do with #${view.number}`, [
    acknowledged && item("Let the acknowledgement time out", () => act(view, "time_out")),
    acknowledged && !view.snoozed_until && item("Snooze for an hour", () => act(view, "snooze", { seconds: 3600 })),
    view.snoozed_until && item("End the snooze", () => act(view, "end_snooze")),
    item("Resolve with a note…", () => ask(`Resolve #${view.number}`, textArea("note"), "Resolve",
      (answer) => act(view, "resolve", answer))),
    choose("Reassign to", "to", () => account.people.map((one) => [one.key, one.name]), "reassign"),
    item("Escalate", () => act(view, "escalate")),
    choose("Set priority", "priority", () => account.priorities.map((one) => [one, one]), "set_priority"),
    choose("Merge into", "into", () => targets().map((one) => [one.key, `#${one.number} ${one.title}`]), "merge"),
  ]);
}

async function act(view, action, more = {}) {
  await send("pagerduty/act", { incident: view.key, action, person: actor().key, ...more });
}

async function send(path, body) {
  try {
    const answer = await fetch(`/control/${path}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const outcome = await answer.json();
    if (!outcome.ok) toast(outcome.message);
  } catch {
    toast("The sandbox itself does not answer. Has it been stopped?");
  }
}

const textArea = (name) => el("textarea", { name, required: true, rows: 4, "aria-label": "Text" });

function choice(words, view, name, pairs, action) {
  if (pairs.length === 0) {
    toast("There is no other open incident.");
    return;
  }
  const field = el("select", { name, "aria-label": words }, pairs.map(([value, text]) => el("option", { value }, text)));
  ask(`${words}: #${view.number}`, field, words, (answer) => act(view, action, answer));
}

function ask(title, field, words, done) {
  const dialog = get("incident-dialog");
  dialog.replaceChildren(el("form", { method: "dialog", onsubmit: () => done({ [field.name]: field.value }) },
    el("h3", {}, title),
    field,
    el("div", { class: "incident-dialog-end" },
      el("button", { type: "button", class: "incident-button", onclick: () => dialog.close() }, "Cancel"),
      el("button", { class: "incident-button primary" }, words))));
  dialog.showModal();
}

onPersonChange(drawActor);
get("webhooks-on").addEventListener("click", () => send("webhooks", { enabled: true }));
