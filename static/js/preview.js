// The preview follows what is typed. Without script its buttons do the same when pressed.
const WAIT_MS = 400;

function follow(form) {
  const buttons = [...form.querySelectorAll("button[formtarget]")];
  const chosen = () => buttons.find((button) => button.getAttribute("aria-pressed") === "true");
  let timer;

  const soon = (event) => {
    if (event.target.name === "width") return;
    clearTimeout(timer);
    timer = setTimeout(() => form.requestSubmit(chosen()), WAIT_MS);
  };
  form.addEventListener("input", soon);
  form.addEventListener("htmx:afterSettle", soon); // parts came or went
  if ("unsaved" in form.dataset) form.requestSubmit(chosen()); // the frame began with what is stored

  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!buttons.includes(event.submitter)) return;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button === event.submitter));
  });
}

for (const form of document.querySelectorAll("form[data-preview]")) follow(form);
