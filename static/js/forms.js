// Conveniences on forms that are complete without them.

// Filters apply as soon as they are chosen. Words and days are typed piece by piece: those wait for the button or Enter.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  const waits = ["search", "date"].includes(event.target.type) || "waits" in event.target.dataset;
  if (form?.matches("[data-autosubmit]") && !waits) form.requestSubmit();
});

// A form that is on its way is not sent twice by a double click. (The server would cope; people wonder.)
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || !event.submitter) return;
  if (form.target || event.submitter.formTarget) return; // goes to a frame; the page stays
  if ("download" in event.submitter.dataset) return; // answers with a file; the page stays
  if (event.submitter.getAttribute("aria-busy") === "true") event.preventDefault();
  else event.submitter.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
});

// Files may be dropped onto the whole area of a file field.
for (const kind of ["dragover", "dragleave", "drop"])
  document.addEventListener(kind, (event) => {
    const area = event.target.closest?.(".drop");
    if (!area) return;
    event.preventDefault();
    area.classList.toggle("over", kind === "dragover");
    if (kind !== "drop" || !event.dataTransfer.files.length) return;
    const input = area.querySelector("input[type=file]");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

// A text to take away is selected at a click; its button copies it and says so.
document.addEventListener("click", async (event) => {
  if (event.target.matches?.(".copy input")) event.target.select();
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  field.select();
  // Without https there is no clipboard: the text stays selected, to be copied by hand.
  if (!navigator.clipboard) return;
  await navigator.clipboard.writeText(field.value);
  const said = document.createElement("span");
  said.setAttribute("role", "status");
  said.className = "badge success";
  said.textContent = button.dataset.copied;
  button.after(said);
  setTimeout(() => said.remove(), 2000);
});

// Who removes the only condition by keyboard goes on at the button that adds one: htmx keeps no place that is gone.
function goOnInBuilder(event) {
  const builder = document.getElementById("conditions");
  const wasInside = event.detail.requestConfig?.elt?.value?.startsWith?.("remove:");
  if (builder && wasInside && (document.activeElement ?? document.body) === document.body)
    (builder.querySelector(".condition select") ?? builder.querySelector("button[value^='add:']"))?.focus();
}
document.addEventListener("htmx:afterSwap", goOnInBuilder);
document.addEventListener("htmx:afterSettle", goOnInBuilder);

// A file that the server would refuse for its size is not sent: the upload of gigabytes would end without a page to read.
function tooLarge(input) {
  const box = document.getElementById(input.dataset.tooLarge);
  const isTooLarge = [...input.files].some((file) => file.size > Number(input.dataset.mostBytes));
  if (box) box.hidden = !isTooLarge;
  return isTooLarge;
}
document.addEventListener("change", (event) => {
  if (event.target.matches("input[type=file][data-most-bytes]")) tooLarge(event.target);
});
document.addEventListener(
  "submit",
  (event) => {
    for (const input of event.target.querySelectorAll("input[type=file][data-most-bytes]"))
      if (tooLarge(input)) event.preventDefault();
  },
  true,
);
