// Joins the parts: the live stream from the sandbox, and the buttons that make something happen.

import { learnStart, putSilences } from "./alertmanager.js";
import { ask } from "./ask.js";
import "./command.js";
import { el, toast } from "./dom.js";
import { learnAccount } from "./incident_actions.js";
import { offerPeople } from "./hand.js";
import { putViews } from "./modal.js";
import { learnPeople } from "./mrkdwn.js";
import { clearIncidents, openLinked, putIncidents } from "./pagerduty.js";
import { clearRequests, putRequests } from "./log.js";
import { clearMessages, keepOnly, learnChannels, putMessages } from "./slack.js";
import { learnZones } from "./zones.js";

const get = (id) => document.getElementById(id);
let epoch = null;
let firstDrawn = false;

function connect() {
  const stream = new EventSource("/stream");
  stream.addEventListener("open", () => { said("live", true); });
  stream.addEventListener("error", () => {
    said("not connected, trying again…", false);
    // The browser tries again by itself unless the answer was wrong; then it gives up and we do not.
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  });
  stream.addEventListener("snapshot", (event) => { snapshot(JSON.parse(event.data)); });
  stream.addEventListener("changes", (event) => { changes(JSON.parse(event.data), false); });
}

function said(words, live) {
  get("connection").textContent = words;
  get("connection").classList.toggle("live", live);
}

function snapshot(data) {
  if (epoch !== data.status.epoch) {
    clearMessages();
    clearIncidents();
    clearRequests();
    epoch = data.status.epoch;
  }
  keepOnly(new Set(data.messages.map((view) => view.key)));
  changes(data, true);
  if (!firstDrawn) openLinked(show);
  firstDrawn = true;
}

function changes(data, quiet) {
  if (data.status) drawStatus(data.status);
  putMessages(data.messages, quiet);
  if (data.views) putViews(data.views);
  putIncidents(data.incidents, quiet);
  if (data.silences) putSilences(data.silences);
  putRequests(data.requests);
}

function drawStatus(status) {
  learnPeople(status.people);
  learnZones(status.zones);
  offerPeople(status.people);
  learnAccount(status);
  learnChannels(status.channels);
  options(get("kind"), status.kinds.map((kind) => [kind.name, kind.title]));
  options(get("which"), status.firing_count === 0 ? [["", "nothing is firing"]]
    : [["", `all that fire (${status.firing_count})`], ...status.firing.map((one) => [one.fingerprint, one.title])]);
  get("which").disabled = get("resolve").disabled = status.firing_count === 0;
  downSwitch("slack", "Slack", status.slack_down);
  downSwitch("pagerduty", "PagerDuty", status.pagerduty_down);
  downSwitch("alertmanager", "Alertmanager", status.alertmanager_down);
  learnStart(status.alertmanager_since);
  if (!status.bridge_url) {
    notice("No bridge is connected: the buttons for alerts have nobody to tell. "
      + "Start the sandbox with a bridge's address, or through alert-bridge.");
  } else if (get("notice").textContent.startsWith("No bridge is connected")) {
    notice("");
  }
}

// Keeps what was chosen, and leaves an open menu alone when nothing changed.
function options(select, pairs) {
  const before = [...select.options].map((option) => `${option.value}\n${option.text}`).join("\n");
  if (before === pairs.map((pair) => pair.join("\n")).join("\n")) return;
  const chosen = select.value;
  select.replaceChildren(...pairs.map(([value, words]) => el("option", { value }, words)));
  if (pairs.some(([value]) => value === chosen)) select.value = chosen;
}

function downSwitch(service, name, down) {
  const button = get(`${service}-down`);
  button.setAttribute("aria-pressed", String(down));
  button.textContent = down ? `Bring ${name} back` : `Take ${name} down`;
  get(`${service}-state`).hidden = !down;
  get(`${service}-state`).textContent = "down: refuses every request";
}

function notice(words) {
  get("notice").textContent = words;
  get("notice").hidden = words === "";
}

async function press(button, path, body) {
  button.disabled = true;
  const outcome = await ask(path, body);
  button.disabled = false;
  notice(outcome.ok ? "" : outcome.message);
  if (outcome.ok && outcome.message) toast(outcome.message);
}

function show(view) {
  document.body.dataset.view = view;
  for (const button of document.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === view));
  }
}

get("fire").addEventListener("click", (event) => press(event.currentTarget, "fire", { kind: get("kind").value }));
get("storm").addEventListener("click", (event) => press(event.currentTarget, "storm", { count: 30 }));
get("resolve").addEventListener("click", (event) => press(
  event.currentTarget, "resolve", get("which").value ? { fingerprint: get("which").value } : {}));
for (const service of ["slack", "pagerduty", "alertmanager"]) {
  get(`${service}-down`).addEventListener("click", (event) => press(
    event.currentTarget, "down", { service, down: event.currentTarget.getAttribute("aria-pressed") !== "true" }));
}
for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => show(button.dataset.show));
}
window.addEventListener("hashchange", () => openLinked(show));

connect();
