// The order form: choosing a client with the arrows, removing a line.
(() => {
  function pick(event) {
    const box = event.target.closest("[data-picker]");
    if (!box) return;
    const all = [box.querySelector("input"), ...box.querySelectorAll("[data-pick]")];
    const at = all.indexOf(document.activeElement);
    if (event.code === "ArrowDown" || event.code === "ArrowUp") {
      event.preventDefault();
      all[Math.min(Math.max(at + (event.code === "ArrowDown" ? 1 : -1), 0), all.length - 1)].focus();
    }
    if (event.code === "Enter" && at === 0 && all.length > 1) {
      event.preventDefault();
      all[1].click();
    }
  }
  document.addEventListener("keydown", pick);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-drop-line]");
    if (!button) return;
    const form = button.closest("form");
    const line = button.closest("[data-line]");
    const near = line.previousElementSibling || line.nextElementSibling;
    line.remove();
    near?.querySelector("input[type=text], button")?.focus();
    form.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
