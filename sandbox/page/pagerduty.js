// The incidents as PagerDuty would list them, newest first; what is open stays expanded while it changes.

import { clockTime, el, flash, link, secondTime, since } from "./dom.js";
import { onPersonChange } from "./hand.js";
import { bar } from "./incident_actions.js";

const MOST_DRAWN = 200;
const rows = new Map();
const views = new Map();
const place = document.getElementById("incidents");

export function clearIncidents() {
  rows.clear();
  views.clear();
  place.replaceChildren();
  count();
}

export function putIncidents(incidents, quiet) {
  for (const view of incidents) {
    const before = views.get(view.key);
    if (before && JSON.stringify(before) === JSON.stringify(view)) continue;
    views.set(view.key, view);
    const row = put(view);
    if (!quiet) flash(row);
  }
  while (place.childElementCount > MOST_DRAWN) {
    const key = place.lastElementChild.dataset.key;
    rows.delete(key);
    views.delete(key);
    place.lastElementChild.remove();
  }
  count();
}

function put(view) {
  const before = rows.get(view.key);
  const row = draw(view, before?.querySelector("details").open);
  if (before) replace(before, row);
  else insert(row, view);
  rows.set(view.key, row);
  return row;
}

// Another person may not be able to do what this one can.
onPersonChange(() => { for (const view of views.values()) put(view); });

// The keyboard stays where it was, though every element is new.
function replace(old, row) {
  const focused = old.contains(document.activeElement) ? document.activeElement.textContent : null;
  old.replaceWith(row);
  if (focused === null) return;
  const same = [...row.querySelectorAll("button, summary")].find((one) => one.textContent === focused);
  (same ?? row.querySelector("summary")).focus({ preventScroll: true });
}

function insert(row, view) {
  let before = place.firstElementChild;
  while (before && Number(before.dataset.number) > view.number) before = before.nextElementSibling;
  place.insertBefore(row, before);
}

function count() {
  const all = [...views.values()];
  const say = (status) => all.filter((view) => view.status === status).length;
  document.getElementById("pagerduty-empty").hidden = all.length > 0;
  document.getElementById("incident-counts").textContent = all.length === 0 ? ""
    : `${say("triggered")} triggered · ${say("acknowledged")} acknowledged · ${say("resolved")} resolved`;
  document.getElementById("count-pagerduty").textContent = all.length - say("resolved") || "";
}

// What folds out stands below the buttons, so that they stay under the finger.
function draw(view, open) {
  return el("li", { class: `incident ${view.status}`, id: `incident-${view.key}`, dataset: { key: view.key, number: view.number } },
    el("details", { open },
      el("summary", {},
        el("span", { class: "incident-title" }, view.title),
        el("span", { class: "pill" }, view.status),
        el("span", { class: "facts" },
          el("span", {}, `#${view.number}`),
          el("span", { class: `severity ${view.severity}` }, view.severity),
          view.priority && el("span", { class: "priority" }, view.priority),
          view.status === "resolved" ? el("span", {}, `resolved ${clockTime(view.resolved_at)} ${reason(view)}`)
            : el("span", {}, "since ", since(view.created_at)),
          el("span", {}, view.service),
          who(view)))),
    bar(view, () => [...views.values()]),
    more(view));
}

function reason(view) {
  if (view.merged_into) return `by ${view.resolved_by}, merged into #${view.merged_into.number}`;
  return view.resolved_by ? `by ${view.resolved_by}` : "";
}

function who(view) {
  const acknowledged = view.acknowledged_by.join(" and "), assigned = view.assignees.join(", ");
  const parts = [
    acknowledged && `acknowledged by ${acknowledged}`,
    view.snoozed_until && `snoozed until ${clockTime(view.snoozed_until)}`,
    assigned && assigned !== acknowledged && view.status !== "resolved" && `assigned to ${assigned}`,
  ].filter(Boolean);
  return parts.length > 0 && el("span", { class: "who" }, parts.join(" · "));
}

function notes(view) {
  return view.notes.length > 0 && el("ul", { class: "notes" }, view.notes.map((note) => el("li", {},
    el("b", {}, note.by), " ", el("time", {}, secondTime(note.at)), el("p", {}, note.content))));
}

function helpers(view) {
  return view.responders.length > 0 && el("p", {},
    `asked to help: ${view.responders.map((one) => `${one.name} (${one.state})`).join(", ")}`);
}

function more(view) {
  const links = [...view.links.map((one) => [one.href, one.text || one.href]),
    ...(view.client_url ? [[view.client_url, `View in ${view.client || "the client"}`]] : [])];
  return el("div", { class: "more" },
    links.length > 0 && el("p", { class: "links" }, links.map(([address, words]) => link(address, words))),
    notes(view),
    helpers(view),
    details(view.details),
    el("ol", { class: "diary" }, view.log.map((entry) => el("li", {},
      el("time", {}, secondTime(entry.at)), el("span", {}, `${entry.what}, by ${entry.by}`)))),
    el("p", { class: "keys" }, `source ${view.source} · dedup key ${view.dedup_keys.join(", ")} · id ${view.key}`));
}

function details(values) {
  const entries = Object.entries(values);
  if (entries.length === 0) return null;
  return el("dl", {}, entries.flatMap(([name, value]) => [
    el("dt", {}, name),
    el("dd", {}, typeof value === "object" && value !== null ? details(value) ?? "" : String(value))]));
}

function showLinked() {
  const row = rows.get(location.hash.replace("#incident-", ""));
  if (!row || !location.hash.startsWith("#incident-")) return false;
  row.querySelector("details").open = true;
  row.scrollIntoView({ block: "center" });
  return true;
}

// An incident's own address leads here as #incident-…
export function openLinked(show) {
  if (location.hash.startsWith("#incident-")) {
    show("pagerduty");
    showLinked();
  }
}
