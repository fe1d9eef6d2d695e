// The quiet log: who asked what of whom, what was checked, what was answered, how fast.

import { el, secondTime } from "./dom.js";

const MOST_DRAWN = 200;
const drawn = new Set();
const turns = new Map(); // what is asked over and over has one line, which moves up
const place = document.getElementById("requests");
const SERVICES = { slack: "Slack", pagerduty_events: "PagerDuty events", pagerduty_rest: "PagerDuty REST", pagerduty_webhooks: "PagerDuty webhook", alertmanager: "Alertmanager", alertmanager_api: "Alertmanager" };

export function clearRequests() {
  drawn.clear();
  turns.clear();
  place.replaceChildren();
  document.getElementById("log-empty").hidden = false;
}

export function putRequests(requests) {
  for (const view of requests) {
    if (drawn.has(view.number)) continue;
    drawn.add(view.number);
    const node = row(view);
    place.prepend(node);
    if (view.turn === null) continue;
    forget(turns.get(view.turn));
    turns.set(view.turn, node);
  }
  while (place.childElementCount > MOST_DRAWN) {
    forget(place.lastElementChild);
  }
  document.getElementById("log-empty").hidden = drawn.size > 0;
}

function forget(node) {
  if (!node) return;
  drawn.delete(Number(node.dataset.number));
  node.remove();
}

function row(view) {
  const away = view.direction === "out";
  return el("li", { class: `request ${view.outcome}`, dataset: { number: view.number } },
    el("span", { class: "direction", title: away ? "to the bridge" : "from the bridge" }, away ? "←" : "→"),
    el("time", {}, secondTime(view.at)),
    el("span", { class: "service" }, SERVICES[view.service] ?? view.service),
    el("span", { class: "call", title: `${view.method} ${view.path}` }, el("b", {}, view.method), ` ${view.path}`),
    el("span", { class: "short" }, view.operation),
    el("span", { class: "check" }, view.check),
    el("span", { class: "status" }, view.status === null ? "no answer" : String(view.status)),
    el("span", { class: "took" }, `${view.milliseconds < 10 ? view.milliseconds.toFixed(1) : Math.round(view.milliseconds)} ms`),
    el("span", { class: "summary" }, view.fault && el("span", { class: "fault-kind" }, view.fault.replaceAll("_", " ")), view.summary));
}
