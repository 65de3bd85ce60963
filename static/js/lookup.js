// The lookup of customers: opened from anywhere, walked with the arrow keys, Enter opens the first or the chosen one.
const dialog = document.getElementById("lookup");

const links = (form) => [...form.querySelectorAll("a.row-link")];

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-lookup]") && dialog && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    openLookup();
  }
  if (event.target === dialog) dialog.close();
});

export function openLookup() {
  const field = dialog?.querySelector("input[type=search]") ?? document.querySelector("[data-lookup] input[type=search]");
  if (dialog && !dialog.open) dialog.showModal();
  field?.focus();
  field?.select();
}

function walk(form, step) {
  const found = links(form);
  if (!found.length) return;
  const place = found.indexOf(document.activeElement) + step;
  (place < 0 ? form.querySelector("input[type=search]") : found[Math.min(found.length - 1, place)]).focus();
}

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-lookup]");
  if (!form) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    walk(form, event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter" && event.target.matches("input[type=search]")) {
    const first = links(form)[0];
    if (first && form.dataset.shown === event.target.value) {
      event.preventDefault();
      first.click();
    }
  }
});

// What is shown is what was asked: Enter on older hits would open somebody else.
document.addEventListener("htmx:afterSwap", (event) => {
  const form = event.target.closest?.("[data-lookup]");
  if (form) form.dataset.shown = event.detail.requestConfig?.parameters?.q ?? form.querySelector("input[type=search]").value;
});
