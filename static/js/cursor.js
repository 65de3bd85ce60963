// Where somebody writes, so that what is put in stands there: characters before the cursor, in a hidden field. Without script it
// stands behind the text.
document.addEventListener("focusout", (event) => {
  const field = document.querySelector(`[data-cursor-of="${CSS.escape(event.target.id ?? "")}"]`);
  if (event.target.matches("textarea") && field) field.value = String([...event.target.value.slice(0, event.target.selectionStart)].length);
});
