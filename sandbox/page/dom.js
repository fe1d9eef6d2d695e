// Elements from plain values. Text goes in as text nodes only: what alerts say is hostile.

export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// The address when it is one of the web, else null: javascript:, data: and the like lead nowhere.
export function safeAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

export function link(address, children, className) {
  const href = safeAddress(address);
  if (href === null) return el("span", { class: className }, children);
  return el("a", { href, class: className, target: "_blank", rel: "noopener noreferrer" }, children);
}

let toastTimer = 0;

export function toast(words) {
  const place = document.getElementById("toast");
  place.textContent = words;
  place.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { place.hidden = true; }, 3200);
}

export function flash(node) {
  node.classList.remove("changed");
  void node.offsetWidth; // begins the animation anew when it is still running
  node.classList.add("changed");
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const seconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

export const clockTime = (at) => clock.format(at * 1000);
export const wholeTime = (at) => fullTime.format(at * 1000);
export const secondTime = (at) => seconds.format(at * 1000);

// Durations in words people say.
export function ago(at, now = Date.now() / 1000) {
  const passed = Math.max(0, Math.round(now - at));
  if (passed < 60) return `${passed} s`;
  if (passed < 3600) return `${Math.floor(passed / 60)} min`;
  if (passed < 86400) return `${Math.floor(passed / 3600)} h ${Math.floor((passed % 3600) / 60)} min`;
  return `${Math.floor(passed / 86400)} days`;
}

// A time that keeps itself up to date; all of them share one timer.
export function since(at, className) {
  return el("time", { class: className, dataset: { since: at }, title: wholeTime(at) }, ago(at));
}

setInterval(() => {
  for (const node of document.querySelectorAll("[data-since]")) node.textContent = ago(Number(node.dataset.since));
}, 10000);
