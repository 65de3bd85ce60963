// A button that puts a word into a text does so where the cursor stands. Without script the server puts it at the end.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-insert]");
  const field = button && document.getElementById(button.dataset.into);
  if (!field) return;
  event.preventDefault();
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
