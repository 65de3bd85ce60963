// Counts an Undo down. The server decides whether it is still possible; when the time is over the offer goes away.
function start(box) {
  const output = box.querySelector("output");
  const end = Date.now() + Number(box.dataset.undoSeconds) * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    output.textContent = String(Math.max(0, left));
    if (left > 0) return setTimeout(tick, 250);
    box.remove();
  };
  tick();
}

for (const box of document.querySelectorAll("[data-undo-seconds]")) start(box);
document.addEventListener("htmx:load", (event) => {
  const found = event.detail.elt.querySelectorAll?.("[data-undo-seconds]") ?? [];
  for (const box of found) if (!box.querySelector("output").textContent.trim()) start(box);
});
