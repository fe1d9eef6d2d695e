// The small menu behind ⋯: it opens where there is room, and closes once something is pressed, in it or elsewhere.

import { el } from "./dom.js";

export function menu(className, label, entries) {
  return el("details", { class: "menu", ontoggle: (event) => place(event.currentTarget) },
    el("summary", { class: className, role: "button", "aria-label": label }, "⋯"),
    el("ul", {}, entries.filter(Boolean).map((entry) => el("li", {}, entry))));
}

// Upwards where it would otherwise be cut off below; what it hangs in may not have to scroll for it.
function place(node) {
  if (!node.open) return;
  const list = node.lastElementChild;
  list.classList.remove("up");
  const room = node.closest(".scroll").getBoundingClientRect();
  const { height, bottom } = list.getBoundingClientRect();
  const above = node.firstElementChild.getBoundingClientRect().top - Math.max(room.top, 0);
  list.classList.toggle("up", bottom > Math.min(room.bottom, innerHeight) && above > height);
  list.scrollIntoView({ block: "nearest" });
}

function closeMenus(but) {
  for (const open of document.querySelectorAll("details.menu[open]")) if (open !== but) open.open = false;
}

// A press on ⋯ itself is the browser's to answer.
document.addEventListener("click", ({ target }) => closeMenus(target.closest("summary")?.parentElement));
document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  const open = document.querySelector("details.menu[open]");
  if (open?.contains(document.activeElement)) open.firstElementChild.focus();
  closeMenus();
});
