// Selecting rows: the box above ticks the page, x ticks the row that has the focus; a button's own key (data-key: t tags, e closes …)
// presses it for the ticked ones, or for this one; buttons that need rows wait for them.
const OFF = "shortcuts-off";

const boxes = (form) => [...form.querySelectorAll("input[name=id]")];

function show(form) {
  const all = boxes(form);
  const count = all.filter((box) => box.checked).length;
  const head = form.querySelector("[data-all]");
  const told = form.querySelector("[data-selected]");
  if (!head || !told) return;
  head.hidden = false;
  head.checked = count > 0 && count === all.length;
  head.indeterminate = count > 0 && count < all.length;
  told.hidden = count === 0;
  told.querySelector("output").textContent = String(count);
  for (const box of all) box.closest("tr, li").classList.toggle("selected", box.checked);
  for (const button of form.querySelectorAll("[data-needs]")) {
    const needs = Number(button.dataset.needs);
    const isAll = form.querySelector("[data-scope]:checked") !== null;
    button.disabled = !isAll && (needs === 1 ? count === 0 : count !== needs);
  }
  for (const summary of form.querySelectorAll(".menu > summary")) {
    const items = [...summary.parentElement.querySelectorAll(".panel :is(a, button)")];
    if (items.some((item) => item.matches("[data-needs]"))) summary.setAttribute("aria-disabled", String(items.every((item) => item.disabled)));
  }
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-selection]");
  if (!form) return;
  if (event.target.matches("[data-all]")) for (const box of boxes(form)) box.checked = event.target.checked;
  show(form);
});

document.addEventListener("keydown", (event) => {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && localStorage.getItem(OFF) !== "1";
  if (!isPlain || !event.target.matches("[data-selection] .row-link")) return;
  const box = event.target.closest("tr, li").querySelector("input[name=id]");
  if (!box) return;
  const act = box.form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (event.key !== "x" && !act) return;
  event.preventDefault();
  const isNobody = boxes(box.form).every((other) => !other.checked);
  if (event.key === "x" || isNobody) box.checked = !box.checked;
  show(box.form);
  act?.click();
  if (act?.matches("summary")) act.parentElement.querySelector(".item")?.focus();
});

const showAll = () => document.querySelectorAll("form[data-selection]").forEach(show);
showAll();
document.addEventListener("htmx:load", showAll);
window.addEventListener("pageshow", showAll);
