// Emoji as small pictures, as Slack draws them: the machine that shows this page may have no font with them.

import { el } from "./dom.js";

const SHORT = {
  red_circle: "🔴", large_red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡", large_green_circle: "🟢",
  large_blue_circle: "🔵", large_purple_circle: "🟣", white_circle: "⚪", black_circle: "⚫", white_check_mark: "✅",
  heavy_check_mark: "✔️", x: "❌", warning: "⚠️", rotating_light: "🚨", bell: "🔔", no_bell: "🔕", fire: "🔥", eyes: "👀",
  information_source: "ℹ️", hourglass: "⌛", hourglass_flowing_sand: "⏳", arrows_counterclockwise: "🔄", link: "🔗",
  memo: "📝", book: "📖", chart_with_upwards_trend: "📈", speech_balloon: "💬", zzz: "💤", pager: "📟", bulb: "💡",
};

const BELL = ["path", { d: "M4 13.5c1.6-1.6 1.5-3.4 1.8-5.6C6.1 5.5 7.7 4 10 4s3.9 1.5 4.2 3.9c.3 2.2.2 4 1.8 5.6z", fill: "#f2b632" }];
const CLAPPER = ["circle", { cx: 10, cy: 15.6, r: 1.7, fill: "#d9962b" }];
const stroke = (d, colour, width = 2.4) => ["path", {
  d, fill: "none", stroke: colour, "stroke-width": width, "stroke-linecap": "round", "stroke-linejoin": "round" }];
const disc = (fill) => [["circle", { cx: 10, cy: 10, r: 7.6, fill }]];
const tile = (fill) => ["rect", { x: 2, y: 2, width: 16, height: 16, rx: 3.5, fill }];

const DRAWN = {
  "🔴": disc("#e5372b"), "🟠": disc("#f28b1d"), "🟡": disc("#f4c430"), "🟢": disc("#3aa757"), "🔵": disc("#2f7de1"),
  "🟣": disc("#8d5bd6"), "⚪": [["circle", { cx: 10, cy: 10, r: 7.2, fill: "#e8e8ec", stroke: "#a9a8b0" }]],
  "⚫": [["circle", { cx: 10, cy: 10, r: 7.2, fill: "#3a393f", stroke: "#6c6b74" }]],
  "✅": [tile("#35a455"), stroke("M5.8 10.4l3 3 5.4-6.4", "#fff")],
  "✔": [stroke("M4 10.5l4 4L16 5.5", "#35a455", 3)],
  "❌": [stroke("M4.5 4.5l11 11m0-11l-11 11", "#dd2e44", 3)],
  "⚠": [["path", { d: "M10 2.5L19 17.5H1z", fill: "#f8c33a", "stroke-linejoin": "round" }],
    stroke("M10 8v4.2m0 2.5v.1", "#2b2a2f", 1.9)],
  "ℹ": [tile("#3b88c3"), stroke("M10 9.2v5m0-8.1v.1", "#fff", 2.2)],
  "🔔": [BELL, CLAPPER],
  "🔕": [BELL, CLAPPER, stroke("M3.5 3.5l13 13", "#dd2e44", 2)],
  "🚨": [["path", { d: "M5 14V10a5 5 0 0 1 10 0v4z", fill: "#e5372b" }],
    ["rect", { x: 3.5, y: 14, width: 13, height: 3, rx: 1, fill: "#8899a6" }],
    stroke("M10 1v1.5M3.5 4l1 1m12-1l-1 1", "#f4a030", 1.5)],
  "🔄": [tile("#3b88c3"), stroke("M13.8 8.5A4.2 4.2 0 0 0 6.2 8M6.2 11.5a4.2 4.2 0 0 0 7.6.5M14 5.8v2.7h-2.7M6 14.2v-2.7h2.7", "#fff", 1.6)],
  "⏳": [["path", { d: "M5 2.5h10L11.5 10 15 17.5H5L8.5 10z", fill: "#f2c879", stroke: "#8a6d3b", "stroke-width": 1.2 }]],
  "📝": [["rect", { x: 4, y: 2.5, width: 12, height: 15, rx: 1.5, fill: "#eef1f4", stroke: "#9aa5b1" }],
    stroke("M7 7h6M7 10h6M7 13h4", "#66757f", 1.3)],
};
const CHARACTER = new RegExp(`(${Object.keys(DRAWN).join("|")})\\uFE0F?`, "gu");

// The character of a :name:, or undefined.
export const named = (name) => (Object.hasOwn(SHORT, name) ? SHORT[name] : undefined);

// Text as nodes, with the emoji we can draw in place of their characters. The character stays for copying and searching.
export function withEmoji(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(CHARACTER)) {
    nodes.push(text.slice(end, match.index), picture(match[1], match[0]));
    end = match.index + match[0].length;
  }
  nodes.push(text.slice(end));
  return nodes.filter((node) => node !== "");
}

function picture(character, written) {
  const svg = shape("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" });
  for (const [tag, attributes] of DRAWN[character]) svg.append(shape(tag, attributes));
  return el("span", { class: "emoji" }, svg, el("span", {}, written));
}

function shape(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  return node;
}
