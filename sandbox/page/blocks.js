// Block Kit as Slack draws it: sections, fields, context, actions, and attachments with their colour bar.

import { el, link } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { field } from "./fields.js";
import { choose, me, press } from "./hand.js";
import { menu } from "./menu.js";
import { mrkdwn, textObject } from "./mrkdwn.js";

// `place` says where the blocks hang, so that a click can say it too: a message ({channel, ts, …}) or a modal ({view, …}).
export function drawBlocks(blocks, place) {
  return blocks.map((block) => (BLOCKS[block.type] ?? unknown)(block, place));
}

const BLOCKS = {
  header: (block) => el("h3", { class: "block-header" }, textObject(block.text)),
  divider: () => el("hr"),
  section: (block, place) => el("div", { class: "section" },
    el("div", { class: "section-body" },
      block.text && el("div", { class: "words" }, textObject(block.text)),
      block.fields && el("div", { class: "fields" }, block.fields.map((field) => el("div", {}, textObject(field))))),
    block.accessory && el("div", { class: "accessory" }, element(block.accessory, block, place))),
  context: (block) => el("div", { class: "context" }, block.elements.map((item) => (
    item.type === "image" ? image(item) : el("span", {}, textObject(item))))),
  actions: (block, place) => el("div", { class: "actions" }, block.elements.map((item) => element(item, block, place))),
  input: (block, place) => place.input(block),
  image: (block) => el("figure", {}, block.title && el("figcaption", {}, textObject(block.title)), image(block)),
  markdown: (block) => el("div", { class: "words" }, mrkdwn(block.text.replaceAll("**", "*"))),
  rich_text: (block) => el("div", { class: "words" }, richText(block.elements)),
};

const unknown = (block) => el("div", { class: "words" }, `[${block.type}]`);

// Pictures are not fetched: the page loads nothing from elsewhere.
const image = (item) => link(item.image_url ?? "", `[${item.alt_text || "picture"}]`, "picture");

function richText(parts) {
  return parts.map((part) => {
    if (part.type === "text") return part.text;
    if (part.type === "link") return link(part.url, part.text ?? part.url);
    if (part.type === "emoji") return `:${part.name}:`;
    if (part.type === "user") return el("span", { class: "mention" }, `@${part.user_id}`);
    if (part.type === "broadcast") return el("span", { class: "mention loud" }, `@${part.range}`);
    if (part.type === "rich_text_preformatted") return el("pre", {}, richText(part.elements));
    if (part.type === "rich_text_quote") return el("blockquote", {}, richText(part.elements));
    if (part.type === "rich_text_list") {
      return el("ul", {}, part.elements.map((item) => el("li", {}, richText(item.elements ?? []))));
    }
    return el("div", {}, richText(part.elements ?? []));
  });
}

function element(item, block, place) {
  if (item.type === "image") return image(item);
  return el("div", { class: "element" }, control(item, block, place), unanswered(item, place));
}

function control(item, block, place) {
  if (item.type === "button") return button(item, block, place);
  if (item.type === "overflow") return overflow(item, block, place);
  return field(item, { changed: (choice, node) => choose(place, block, item, choice, node) }).node;
}

// Slack's warning triangle: the app did not take this person's last click.
function unanswered(item, place) {
  const mark = place.unanswered?.[me()];
  if (mark?.action_id !== item.action_id) return null;
  const words = mark.problem === "timeout" ? "no answer within 3 seconds" : mark.problem;
  return el("span", { class: "unanswered", role: "alert" }, ...withEmoji("⚠️"), ` ${words}`);
}

// A button with an address opens it, and is reported all the same.
function button(item, block, place) {
  const node = item.url ? link(item.url, textObject(item.text), `slack-button ${item.style ?? ""}`)
    : el("button", { class: `slack-button ${item.style ?? ""}`, type: "button" }, textObject(item.text));
  if (item.accessibility_label) node.setAttribute("aria-label", item.accessibility_label);
  node.addEventListener("click", () => {
    if (!node.getAttribute("aria-busy")) press(place, block, item, node);
  });
  return node;
}

function overflow(item, block, place) {
  const node = menu("slack-button overflow", "More actions", item.options.map((option) => entry(
    option, () => choose(place, block, item, option.value, node.firstElementChild))));
  return node;
}

const entry = (option, act) => {
  const node = option.url ? link(option.url, textObject(option.text)) : el("button", { type: "button" }, textObject(option.text));
  node.addEventListener("click", act);
  return node;
};

const NAMED = { good: "#2eb886", warning: "#daa038", danger: "#a30200" };

export function drawAttachment(attachment, place) {
  const node = el("div", { class: "attachment" },
    attachment.pretext && el("div", { class: "words" }, mrkdwn(attachment.pretext)),
    el("div", { class: "attachment-body" }, attachment.blocks ? drawBlocks(attachment.blocks, place) : legacy(attachment)));
  const colour = NAMED[attachment.color] ?? attachment.color ?? "";
  // Only what is a colour for certain; it goes in through the object model, never as text of a style.
  if (/^#?[0-9a-f]{6}$/i.test(colour)) node.style.setProperty("--bar", `#${colour.replace("#", "")}`);
  return node;
}

function legacy(attachment) {
  const title = attachment.title && el("strong", {}, mrkdwn(attachment.title));
  return [
    attachment.author_name && el("div", { class: "context" }, attachment.author_name),
    title && el("div", {}, attachment.title_link ? link(attachment.title_link, title) : title),
    attachment.text && el("div", { class: "words" }, mrkdwn(attachment.text)),
    attachment.fields && el("div", { class: "fields" }, attachment.fields.map((field) => el("div", {},
      el("strong", {}, field.title ?? ""), el("br"), mrkdwn(field.value ?? "")))),
    attachment.footer && el("div", { class: "context" }, attachment.footer),
  ];
}
