// What a customer changes is saved at once, and while they type. Without script the buttons do it.
// And the page tells whether somebody looks at it, so that a program that opened the link is no answer.
const PAUSE_MS = 1500;
const IN_VIEW = 3; // seconds
const HANDS = ["pointerdown", "pointermove", "touchstart", "keydown"];

const form = document.querySelector("form[data-seen]");
const said = document.getElementById("said");
const hand = Object.assign(document.createElement("input"), { type: "hidden", name: "hand", value: 0 });
const told = new Set();
let seconds = 0;
let timer;
let isDirty = false;
let isLeaving = false;
let running = Promise.resolve();

function tell(what) {
  if (told.has(what)) return;
  told.add(what);
  const isBlank = !document.hidden && !(innerWidth && innerHeight && screen.width && screen.height);
  const body = new URLSearchParams({
    nonce: form.elements.nonce.value,
    score: form.querySelector("[aria-pressed]").value,
    seconds,
    hand: hand.value,
    webdriver: +Boolean(navigator.webdriver),
    blank: +isBlank,
    languages: navigator.languages.length,
  });
  navigator.sendBeacon(form.dataset.seen, body);
}

function moved(event) {
  if (!event.isTrusted || hand.value > 998) return;
  hand.value++;
  tell("hand");
}

function tick() {
  if (!document.hidden && ++seconds === IN_VIEW) tell("view");
}

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

function left() {
  if (!document.hidden) return;
  tell("left");
  if (form.dataset.score) save();
}

form.append(hand);
HANDS.forEach((kind) => addEventListener(kind, moved, { capture: true, passive: true }));
setInterval(tick, 1000);
document.addEventListener("visibilitychange", left);
form.addEventListener("submit", () => (isLeaving = true));
addEventListener("pageshow", () => (isLeaving = false));
if (form.dataset.score) ["input", "change"].forEach((kind) => form.addEventListener(kind, changed));
