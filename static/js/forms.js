// Conveniences on forms that are complete without them.

// Filters apply as soon as they are chosen. Words and days are typed piece by piece: those wait for the button or Enter.
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-autosubmit]") && !["search", "date"].includes(event.target.type)) form.requestSubmit();
});

// A form that is on its way is not sent twice by a double click. (The server would cope; people wonder.)
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || !event.submitter) return;
  if (form.target || event.submitter.formTarget) return; // goes to a frame; the page stays
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
