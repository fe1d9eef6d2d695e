// The silences of the pretend Alertmanager: what holds now, what is to come, and folded away what has ended.

import { ask } from "./ask.js";
import { clockTime, el, toast, wholeTime } from "./dom.js";
import { me } from "./hand.js";

const get = (id) => document.getElementById(id);
const HOUR = 3600;
let kept = [];
let drawn = null;

export function putSilences(silences) {
  kept = silences;
  drawn = null;
  draw();
}

export function learnStart(since) {
  get("alertmanager-since").textContent = `running since ${clockTime(since)}`;
  get("alertmanager-since").title = wholeTime(since);
}

const stateOf = (one, now = Date.now() / 1000) => (
  now < one.starts_at ? "pending" : now < one.ends_at ? "active" : "expired");

// Silences begin and end by the clock: nobody tells.
function draw() {
  const states = kept.map((one) => stateOf(one));
  if (drawn === states.join()) return;
  drawn = states.join();
  const [open, ended] = [false, true].map((over) => kept.filter((_, index) => (states[index] === "expired") === over));
  get("silences").replaceChildren(...open.map(row));
  get("expired").replaceChildren(...ended.map(row));
  get("ended").hidden = ended.length === 0;
  get("ended-count").textContent = ended.length === 1 ? "1 silence has ended" : `${ended.length} silences have ended`;
  get("alertmanager-empty").hidden = open.length > 0;
  const say = (state) => states.filter((one) => one === state).length;
  get("silence-counts").textContent = ["active", "pending"].filter((state) => say(state) > 0)
    .map((state) => `${say(state)} ${state}`).join(" · ");
  get("count-alertmanager").textContent = open.length || "";
}

setInterval(draw, 1000);

function row(one) {
  const state = stateOf(one);
  return el("li", { class: `silence ${state}`, dataset: { id: one.id } },
    el("div", { class: "silence-what" },
      el("code", {}, one.matchers),
      el("span", { class: "pill" }, state),
      state === "active" && el("span", { class: "covers" }, covers(one.covers))),
    el("div", { class: "silence-facts" }, when(one, state), ` by ${one.by}`, one.comment && el("q", {}, one.comment)),
    state !== "expired" && el("div", { class: "silence-acts" },
      button("+1 h", `One hour longer: ${one.matchers}`, "extend", { id: one.id, seconds: HOUR }),
      button("Expire", `Expire ${one.matchers}`, "expire", { id: one.id })));
}

const covers = (count) => (count === 0 ? "nothing fires" : count === 1 ? "1 alert" : `${count} alerts`);

function when(one, state) {
  if (state === "pending") return ["from ", time(one.starts_at), " to ", time(one.ends_at)];
  return [state === "active" ? "until " : "ended ", time(one.ends_at)];
}

const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });

function time(at) {
  const isToday = new Date(at * 1000).toDateString() === new Date().toDateString();
  return el("time", { title: wholeTime(at) }, isToday ? clockTime(at) : `${day.format(at * 1000)}, ${clockTime(at)}`);
}

function button(words, label, path, body) {
  return el("button", {
    type: "button", class: "incident-button", "aria-label": label, onclick: () => act(path, body) }, words);
}

async function act(path, body) {
  const outcome = await ask(`alertmanager/${path}`, body);
  if (outcome.message) toast(outcome.message);
  return outcome.ok;
}

get("silence-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const done = await act("silence", {
    matchers: get("silence-matchers").value, seconds: Number(get("silence-lasting").value),
    comment: get("silence-comment").value, person: me() });
  if (done) get("silence-matchers").value = get("silence-comment").value = "";
});
get("restart").addEventListener("click", () => act("restart", { with_data: true }));
get("restart-empty").addEventListener("click", () => act("restart", { with_data: false }));
