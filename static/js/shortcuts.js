// Keys: / looks up a customer, f searches on the page, j and k rows, g then a letter to go, ? help, and those that a page gives its buttons (data-press). Single keys can be switched off in the help dialog.
import { openLookup } from "./lookup.js";

const OFF = "shortcuts-off";
const GO_WINDOW_MS = 1200;

const dialog = document.getElementById("shortcuts");
const toggle = document.getElementById("shortcuts-toggle");
let goUntil = 0;

const isOff = () => localStorage.getItem(OFF) === "1";

const isTyping = (target) => target.closest("input, textarea, select, [contenteditable], dialog") !== null;

const rows = () => [...document.querySelectorAll("[data-rows] a.row-link")];

function moveRow(step) {
  const links = rows();
  if (!links.length) return;
  const here = links.indexOf(document.activeElement);
  const next = links[Math.min(links.length - 1, Math.max(0, here + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function go(key) {
  goUntil = 0;
  document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
}

// A button of the page, a field to write in, or a menu: that opens, with its first field.
function press(key) {
  const found = document.querySelector(`main [data-press="${CSS.escape(key)}"]`);
  if (found?.matches("details")) {
    found.open = true;
    found.querySelector(".panel :is(input:not([type=hidden]), select, button)")?.focus();
  } else if (found?.matches("textarea")) found.focus();
  else found?.click();
  return Boolean(found);
}

function focusSearch() {
  const search = document.querySelector("main input[type=search]");
  search?.focus();
  search?.select();
}

const ACTIONS = {
  "/": () => (document.getElementById("lookup") ? openLookup() : focusSearch()),
  f: focusSearch,
  "?": () => dialog?.showModal(),
  j: () => moveRow(1),
  k: () => moveRow(-1),
  g: () => { goUntil = Date.now() + GO_WINDOW_MS; },
};

document.addEventListener("keydown", (event) => {
  if (isOff() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (Date.now() < goUntil) {
    event.preventDefault();
    go(event.key);
  } else if (Object.hasOwn(ACTIONS, event.key)) {
    event.preventDefault();
    ACTIONS[event.key]();
  } else if (event.key.length === 1 && press(event.key)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-shortcuts]")) dialog?.showModal();
  if (event.target === dialog) dialog.close();
});

if (toggle) {
  toggle.checked = !isOff();
  toggle.addEventListener("change", () => localStorage.setItem(OFF, toggle.checked ? "0" : "1"));
}
