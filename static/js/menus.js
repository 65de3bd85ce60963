// A menu is a <details>: it works without this file. Here: Esc and a click elsewhere close it; one that data-opens something has it loaded.
const open = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of open()) {
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus) menu.querySelector("summary").focus();
  }
});

document.addEventListener("toggle", (event) => {
  const opens = event.target.open && event.target.dataset.opens;
  if (opens) window.htmx?.trigger(opens, "open");
}, true);
