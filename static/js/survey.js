// What a customer changes is saved at once, and while they type. Without script the buttons do it.
const PAUSE_MS = 1500;

const form = document.querySelector("form[data-score]");
const said = document.getElementById("said");
let timer;
let isDirty = false;
let isLeaving = false;
let running = Promise.resolve();

function changed(event) {
  if (!event.isTrusted) return; // a robot that fills in forms
  isDirty = true;
  said.textContent = "";
  clearTimeout(timer);
  timer = setTimeout(save, event.type === "change" ? 0 : PAUSE_MS);
}

function save() {
  clearTimeout(timer);
  running = running.then(send);
}

async function send() {
  if (!isDirty || isLeaving) return;
  isDirty = false;
  const body = new URLSearchParams(new FormData(form));
  body.set("score", form.dataset.score);
  body.set("quiet", "1");
  const seen = await fetch(form.action, { method: "POST", body, keepalive: true })
    .then((answer) => (answer.ok ? answer.json() : {}))
    .then((told) => told.seen)
    .catch(() => undefined);
  if (isLeaving) return;
  for (const [key, value] of Object.entries(seen ?? {}))
    form.elements[key === "comment" ? "seen" : `${key}.seen`].value = value;
  const missing = [...form.querySelectorAll("[name$=seen]")].length - Object.keys(seen ?? {}).length;
  said.textContent = missing ? said.dataset.failed : isDirty ? "" : said.dataset.saved;
}

form.addEventListener("input", changed);
form.addEventListener("change", changed);
form.addEventListener("submit", () => (isLeaving = true));
addEventListener("pageshow", () => (isLeaving = false));
document.addEventListener("visibilitychange", () => document.hidden && save());
