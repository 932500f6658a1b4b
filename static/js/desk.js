// The bank desk: one key accepts, the next row is ready; a split says what is left.
(() => {
  const rows = () => [...document.querySelectorAll("[data-list] tbody tr")];

  document.addEventListener("keydown", (event) => {
    if (event.code !== "KeyA" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
    document.querySelector("tr.here [data-accept]")?.click();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const row = event.detail.target.closest?.("tr.here");
    if (!row || !event.detail.shouldSwap) return;
    const all = rows();
    const at = all.indexOf(row);
    (all[at + 1] || all[at - 1])?.classList.add("here");
  });

  // Sums in kopecks: no rounding in between.
  const kopecks = (text) => Math.round(Number(String(text).replace(",", ".") || 0) * 100);
  const whole = document.querySelector("[data-whole]");
  const shares = () => [...document.querySelectorAll("[data-share]")];
  const left = () => kopecks(whole.dataset.whole) - shares().reduce((sum, box) => sum + kopecks(box.value), 0);
  function tell() {
    if (!whole) return;
    const rest = left();
    const shown = whole.querySelector("[data-left]");
    shown.textContent = (rest / 100).toFixed(2).replace(".", ",");
    shown.className = rest === 0 ? "good" : "bad";
  }
  document.addEventListener("input", tell);
  document.addEventListener("htmx:afterSettle", tell);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    if (!button) return;
    const box = document.getElementById(button.dataset.fill);
    const room = left() + kopecks(box.value);
    box.value = (Math.max(0, Math.min(room, kopecks(box.dataset.share))) / 100).toFixed(2);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
  tell();
})();
