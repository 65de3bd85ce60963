// Leaving a page with edits that were not saved asks first. A form with data-unsaved began with such edits.
const NOT_CONTENT = ["csrfmiddlewaretoken", "width"];

function written(form) {
  const fields = [...new FormData(form)].filter(([name]) => !NOT_CONTENT.includes(name));
  return JSON.stringify(fields);
}

function guard(form) {
  const saved = "unsaved" in form.dataset ? null : written(form);
  let isLeaving = false;

  form.addEventListener("submit", (event) => {
    // To a frame, or by htmx (which prevents the default): the page stays.
    const toFrame = event.submitter?.formTarget;
    if (!toFrame && !event.defaultPrevented) isLeaving = true;
  });
  window.addEventListener("pageshow", () => (isLeaving = false));
  window.addEventListener("beforeunload", (event) => {
    if (!isLeaving && written(form) !== saved) event.preventDefault();
  });
}

for (const form of document.querySelectorAll("form[data-guard]")) guard(form);
