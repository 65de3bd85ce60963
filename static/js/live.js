// Pages that ask what is new: not while nobody looks at them, and with a word when somebody writes.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.matches("[data-live]")) event.preventDefault();
});

const writing = () => document.querySelector("form[data-live] [name=writing]");

document.addEventListener("input", (event) => {
  const sign = writing();
  if (sign && event.target.matches("textarea")) sign.value = "1";
});

document.addEventListener("htmx:afterRequest", (event) => {
  const sign = writing();
  if (sign && event.detail.elt.matches("form[data-live]")) sign.value = "0";
});

// Who comes back to the page is told at once.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const live of document.querySelectorAll("[data-live]")) window.htmx?.trigger(live, "look");
});
