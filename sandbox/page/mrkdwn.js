// Slack's mrkdwn drawn as DOM nodes (Slack, "Formatting text for app surfaces").

import { el, link, safeAddress } from "./dom.js";
import { named, withEmoji } from "./emoji.js";

const TOKEN = new RegExp([
  "```([\\s\\S]+?)```",                               // 1 code block
  "`([^`\\n]+)`",                                     // 2 code
  "<([^<>\\n]+)>",                                    // 3 link, mention, date
  "(?<![\\w*])\\*(?=\\S)([^*\\n]*?[^*\\s])\\*(?![\\w*])", // 4 bold
  "(?<!\\w)_(?=\\S)([^\\n]*?\\S)_(?!\\w)",            // 5 italic
  "(?<![\\w~])~(?=\\S)([^~\\n]*?\\S)~(?![\\w~])",     // 6 struck
  ":([a-z0-9_+-]+):",                                 // 7 emoji
  "(https?://[^\\s<>|]+[^\\s<>|.,;:!?)\\]'\"])",      // 8 bare address
].join("|"), "g");

const people = new Map();

export function learnPeople(names) {
  for (const [id, name] of Object.entries(names)) people.set(id, name);
}

export const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

// Verbatim leaves bare addresses alone; what stands in angle brackets is read all the same.
export function mrkdwn(text, verbatim = false) {
  const fragment = document.createDocumentFragment();
  let quote = null;
  // Code blocks may span lines, so quotes are only looked for outside of them.
  for (const [index, part] of text.split(/(```[\s\S]+?```)/).entries()) {
    if (index % 2 === 1) {
      fragment.append(inline(part, verbatim));
      quote = null;
      continue;
    }
    for (const [number, line] of part.split("\n").entries()) {
      const quoted = /^(?:&gt;|>) ?/.exec(line);
      if (quoted) {
        if (quote === null) fragment.append(quote = el("blockquote"));
        else quote.append(el("br"));
        quote.append(inline(line.slice(quoted[0].length), verbatim));
        continue;
      }
      if (number > 0 && quote === null) fragment.append(el("br"));
      quote = null;
      fragment.append(inline(line, verbatim));
    }
  }
  return fragment;
}

function inline(text, verbatim = false) {
  const fragment = document.createDocumentFragment();
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    fragment.append(...withEmoji(unescape(text.slice(end, match.index))), token(match, verbatim));
    end = match.index + match[0].length;
  }
  fragment.append(...withEmoji(unescape(text.slice(end))));
  return fragment;
}

function token([whole, block, code, angle, bold, italic, struck, emoji, address], verbatim) {
  if (block !== undefined) return el("pre", {}, unescape(block.replace(/^\n/, "")));
  if (code !== undefined) return el("code", {}, unescape(code));
  if (angle !== undefined) return inAngles(angle);
  if (bold !== undefined) return el("strong", {}, inline(bold, verbatim));
  if (italic !== undefined) return el("em", {}, inline(italic, verbatim));
  if (struck !== undefined) return el("s", {}, inline(struck, verbatim));
  if (emoji !== undefined) return shortName(whole, emoji);
  return verbatim ? unescape(address) : link(unescape(address), unescape(address));
}

function shortName(whole, name) {
  const fragment = document.createDocumentFragment();
  fragment.append(...withEmoji(named(name) ?? whole));
  return fragment;
}

function inAngles(inner) {
  const [target, label] = split(inner, "|");
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!subteam^")) return mention(label ?? "@group");
  if (target.startsWith("!")) return mention(`@${target.slice(1)}`, true);
  if (target.startsWith("@")) return mention(`@${people.get(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (target.startsWith("#")) return mention(`#${label ?? target.slice(1)}`);
  const address = unescape(target);
  if (label !== null) return link(address, inline(label));
  return safeAddress(address) === null ? `<${address}>` : link(address, address);
}

function split(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

const mention = (words, loud) => el("span", { class: loud ? "mention loud" : "mention" }, unescape(words));

// <!date^seconds^format^link|fallback>, in the zone and the language of who looks at it.
function date(target, fallback) {
  const [, stamp, format, address] = target.split("^");
  const at = new Date(Number(stamp) * 1000);
  if (!/^\d+$/.test(stamp) || format === undefined || Number.isNaN(at.getTime())) return unescape(fallback ?? target);
  const words = unescape(format).replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(DATES, name) ? DATES[name](at) : whole));
  const node = el("time", { datetime: at.toISOString(), title: unescape(fallback ?? "") }, words);
  return address ? link(unescape(address), node) : node;
}

const shown = (options) => (at) => new Intl.DateTimeFormat(undefined, options).format(at);
const pretty = (otherwise) => (at) => {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 86400000);
  return { "-1": "tomorrow", 0: "today", 1: "yesterday" }[days] ?? otherwise(at);
};
const long = shown({ weekday: "long", year: "numeric", month: "long", day: "numeric" });
const middle = shown({ year: "numeric", month: "long", day: "numeric" });
const short = shown({ year: "numeric", month: "short", day: "numeric" });
const DATES = {
  date_num: (at) => at.toLocaleDateString("sv-SE"), date: middle, date_long: long, date_short: short,
  date_pretty: pretty(middle), date_long_pretty: pretty(long), date_short_pretty: pretty(short),
  time: shown({ hour: "2-digit", minute: "2-digit" }),
  time_secs: shown({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  ago: (at) => {
    const minutes = Math.round((Date.now() - at.getTime()) / 60000);
    return minutes < 60 ? `${minutes} minutes ago` : `${Math.round(minutes / 60)} hours ago`;
  },
};

// A text object of Block Kit: mrkdwn is formatted, plain text only has its emoji drawn.
export function textObject(text) {
  if (text.type === "mrkdwn") return mrkdwn(text.text, text.verbatim);
  const fragment = document.createDocumentFragment();
  const words = text.emoji === false ? text.text
    : text.text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => named(name) ?? whole);
  for (const [number, line] of words.split("\n").entries()) {
    if (number > 0) fragment.append(el("br"));
    fragment.append(...withEmoji(line));
  }
  return fragment;
}
