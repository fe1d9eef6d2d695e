// The channel: messages in the order of their ts, edited in place, threads folded out under their message.

import { drawAttachment, drawBlocks } from "./blocks.js";
import { clockTime, el, flash, toast, wholeTime } from "./dom.js";
import { me, onPersonChange } from "./hand.js";
import { mrkdwn } from "./mrkdwn.js";

const MOST_DRAWN = 200;
const GROUP_SECONDS = 300;

const views = new Map();      // key → what the server last said
const nodes = new Map();      // key → its element in the channel
const lists = new Map();      // channel → its list
const names = new Map();
let current = null;

const scroll = document.getElementById("slack-scroll");

export function learnChannels(channels) {
  for (const channel of channels) names.set(channel.id, channel.name);
  current ??= channels[0]?.id ?? null;
  showChannel(current);
}

export function clearMessages() {
  views.clear();
  nodes.clear();
  lists.clear();
  document.getElementById("messages").replaceChildren();
  drawTabs();
}

export function keepOnly(keys) {
  for (const key of [...views.keys()]) if (!keys.has(key)) forget(key);
}

export function putMessages(messages, quiet) {
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
  const threads = new Set();
  for (const view of messages) {
    const before = views.get(view.key);
    if (view.deleted) {
      forget(view.key);
      if (view.reply) threads.add(`${view.channel} ${view.thread_ts}`);
      continue;
    }
    views.set(view.key, view);
    if (view.reply) threads.add(`${view.channel} ${view.thread_ts}`);
    if (!view.reply || view.broadcast) drawMessage(view, before, quiet);
  }
  for (const key of threads) drawThread(key);
  trim();
  drawTabs();
  if (atEnd) scroll.scrollTop = scroll.scrollHeight;
}

const isForMe = (view) => !view.only_for_id || view.only_for_id === me();

// Another person sees other ephemeral messages, and other warnings beside the buttons.
onPersonChange(() => {
  const all = [...views.values()];
  clearMessages();
  putMessages(all, true);
});

export const currentChannel = () => current;

function drawMessage(view, before, quiet) {
  if (!isForMe(view)) return;
  const existing = nodes.get(view.key);
  const changed = before && before.versions !== view.versions;
  const warned = JSON.stringify(before?.unanswered) !== JSON.stringify(view.unanswered);
  if (existing && before && !changed && !warned) return;
  const node = existing ?? el("li", { class: "message", id: anchor(view) });
  const thread = node.querySelector(":scope > .thread");
  node.replaceChildren(...messageParts(view), ...(thread ? [thread] : []));
  if (existing) {
    if (!quiet && changed) flash(node);
    return;
  }
  nodes.set(view.key, node);
  place(list(view.channel), node, view);
  if (!view.reply) drawThread(view.key);
  if (location.hash === `#${node.id}`) node.scrollIntoView();
}

const anchor = (view) => `${view.channel}-p${view.ts.replace(".", "")}`;

function list(channel) {
  if (!lists.has(channel)) {
    const node = el("ol", { class: "channel", dataset: { channel } });
    node.hidden = channel !== current;
    lists.set(channel, node);
    document.getElementById("messages").append(node);
  }
  return lists.get(channel);
}

function place(into, node, view) {
  node.dataset.ts = view.ts;
  let after = into.lastElementChild;
  while (after && after.dataset.ts > view.ts) after = after.previousElementSibling;
  const previous = after && views.get(`${view.channel} ${after.dataset.ts}`);
  const follows = previous && previous.author === view.author && !view.broadcast && !view.only_for
    && Number(view.ts) - Number(previous.ts) < GROUP_SECONDS && !previous.only_for;
  node.classList.toggle("follows", Boolean(follows));
  if (after) after.after(node);
  else into.prepend(node);
}

function messageParts(view) {
  const at = Number(view.ts);
  const stamp = el("time", { class: "stamp", title: wholeTime(at) }, clockTime(at));
  return [
    el("div", { class: "gutter" }, avatar(view), stamp.cloneNode(true)),
    el("div", { class: "message-main" },
      view.only_for && el("div", { class: "aside" }, "Only visible to you"),
      el("div", { class: "author" }, el("strong", {}, view.author), view.bot && el("span", { class: "badge" }, "APP"), stamp),
      view.broadcast && el("div", { class: "aside" }, "replied to a thread: ",
        el("a", { href: `#${view.channel}-p${view.thread_ts.replace(".", "")}` }, parentWords(view))),
      messageBody(view),
      // An edit notifies nobody, whoever is named in it.
      view.pings.length > 0 && view.versions === 1
        && el("div", { class: "aside rings" }, mrkdwn(`🔔 notifies ${view.pings.join(" ")}`))),
  ];
}

function avatar(view) {
  if (view.bot) return el("img", { class: "avatar", src: "/page/icon.svg", alt: "" });
  return el("span", { class: "avatar", "aria-hidden": "true" }, view.author.slice(0, 1));
}

function parentWords(view) {
  const parent = views.get(`${view.channel} ${view.thread_ts}`);
  const words = parent?.text || parent?.attachments[0]?.fallback || "an alert";
  return words.length > 70 ? `${words.slice(0, 69)}…` : words;
}

// As Slack does: the text is shown unless there are blocks, also above an attachment.
function messageBody(view) {
  const edited = view.edited && el("span", { class: "edited" }, " (edited)");
  const top = view.blocks.length > 0 ? drawBlocks(view.blocks, view)
    : view.text && el("div", { class: "words" }, mrkdwn(view.text), edited);
  return el("div", { class: "body" }, top, view.attachments.map((one) => drawAttachment(one, view)));
}

function drawThread(key) {
  const node = nodes.get(key);
  if (!node) return;
  const [channel, ts] = key.split(" ");
  const replies = [...views.values()].filter(
    (view) => view.reply && view.channel === channel && view.thread_ts === ts && isForMe(view));
  const before = node.querySelector(":scope > .thread");
  if (replies.length === 0) {
    before?.remove();
    return;
  }
  replies.sort((a, b) => (a.ts < b.ts ? -1 : 1));
  const last = replies[replies.length - 1];
  const words = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
  const thread = el("details", { class: "thread", open: before?.open },
    el("summary", {}, el("b", {}, words), el("span", {}, `last at ${clockTime(Number(last.ts))}`)),
    el("ol", {}, replies.map((view) => el("li", {},
      el("div", { class: "author" }, el("strong", {}, view.author), view.bot && el("span", { class: "badge" }, "APP"),
        el("time", { class: "stamp", title: wholeTime(Number(view.ts)) }, clockTime(Number(view.ts))),
        view.broadcast && el("span", { class: "aside" }, "also sent to the channel"),
        view.only_for_id && el("span", { class: "aside" }, "Only visible to you")),
      messageBody(view)))));
  if (before) before.replaceWith(thread);
  else node.append(thread);
}

function forget(key) {
  views.delete(key);
  nodes.get(key)?.remove();
  nodes.delete(key);
}

function trim() {
  for (const node of lists.values()) {
    while (node.childElementCount > MOST_DRAWN) forget(`${node.dataset.channel} ${node.firstElementChild.dataset.ts}`);
  }
}

function drawTabs() {
  document.getElementById("slack-empty").hidden = (lists.get(current)?.childElementCount ?? 0) > 0;
  document.getElementById("count-slack").textContent = nodes.size || "";
  const used = [...names.keys()].filter((id) => lists.get(id)?.childElementCount || id === current);
  document.getElementById("channels").replaceChildren(...(used.length < 2 ? [] : used.map((id) => el("button", {
    type: "button", "aria-pressed": String(id === current), onclick: () => showChannel(id) }, `#${names.get(id)}`))));
}

function showChannel(id) {
  current = id;
  for (const [channel, node] of lists) node.hidden = channel !== id;
  document.getElementById("channel-name").textContent = names.get(id) ?? "";
  document.getElementById("composer-name").textContent = names.get(id) ?? "";
  drawTabs();
  scroll.scrollTop = scroll.scrollHeight;
}

// A permalink leads here as #channel-p…; the message may have been folded away or be gone.
window.addEventListener("hashchange", () => {
  const id = location.hash.slice(1);
  if (!/^C\w+-p\d+$/.test(id)) return;
  const node = document.getElementById(id);
  if (!node) {
    toast("That message is not here any more.");
    return;
  }
  if (id.split("-")[0] !== current) showChannel(id.split("-")[0]);
  node.scrollIntoView({ block: "center" });
  flash(node);
});
