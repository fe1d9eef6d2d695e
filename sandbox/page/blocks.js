// Block Kit as Slack draws it: sections, fields, context, actions, and attachments with their colour bar.

import { el, link, toast } from "./dom.js";
import { mrkdwn, textObject } from "./mrkdwn.js";

export function drawBlocks(blocks) {
  return blocks.map((block) => (BLOCKS[block.type] ?? unknown)(block));
}

const BLOCKS = {
  header: (block) => el("h3", { class: "block-header" }, textObject(block.text)),
  divider: () => el("hr"),
  section: (block) => el("div", { class: "section" },
    el("div", { class: "section-body" },
      block.text && el("div", { class: "words" }, textObject(block.text)),
      block.fields && el("div", { class: "fields" }, block.fields.map((field) => el("div", {}, textObject(field))))),
    block.accessory && el("div", { class: "accessory" }, element(block.accessory))),
  context: (block) => el("div", { class: "context" }, block.elements.map((item) => (
    item.type === "image" ? image(item) : el("span", {}, textObject(item))))),
  actions: (block) => el("div", { class: "actions" }, block.elements.map(element)),
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

const notYet = () => toast("This button comes with the next version: the sandbox does not send clicks yet.");

function element(item) {
  if (item.type === "button") return button(item);
  if (item.type === "image") return image(item);
  if (item.type === "overflow") return menu("⋯", item.options, "overflow", "More actions");
  if (item.options || item.option_groups) {
    const options = item.options ?? item.option_groups.flatMap((group) => group.options);
    const chosen = item.initial_option?.text ?? item.placeholder;
    return menu(chosen ? textObject(chosen) : "Choose…", options, "select");
  }
  const words = item.placeholder ? textObject(item.placeholder) : item.type.replaceAll("_", " ");
  return el("button", { class: "slack-button select", type: "button", onclick: notYet }, words);
}

function button(item) {
  const className = `slack-button ${item.style ?? ""}`;
  if (item.url) return link(item.url, textObject(item.text), className);
  return el("button", { class: className, type: "button", onclick: notYet }, textObject(item.text));
}

function menu(words, options, className, label) {
  const list = el("ul", {}, options.map((option) => el("li", {}, option.url
    ? link(option.url, textObject(option.text))
    : el("button", { type: "button", onclick: (event) => { event.target.closest("details").open = false; notYet(); } },
      textObject(option.text)))));
  return el("details", { class: "menu" }, el("summary", { class: `slack-button ${className}`, "aria-label": label }, words), list);
}

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.menu[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

const NAMED = { good: "#2eb886", warning: "#daa038", danger: "#a30200" };

export function drawAttachment(attachment) {
  const node = el("div", { class: "attachment" },
    attachment.pretext && el("div", { class: "words" }, mrkdwn(attachment.pretext)),
    el("div", { class: "attachment-body" }, attachment.blocks ? drawBlocks(attachment.blocks) : legacy(attachment)));
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
