// Keys by their place on the keyboard (event.code), so that they work in the Russian layout.
(() => {
  const sections = document.getElementById("sections").dataset;
  let wentG = 0;

  const typing = (target) => target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
  const rows = () => [...document.querySelectorAll("[data-list] tbody tr")];
  const here = () => document.querySelector("[data-list] tr.here");

  function step(by) {
    const all = rows();
    if (!all.length) return;
    const now = here();
    const next = all[Math.min(Math.max(all.indexOf(now) + by, 0), all.length - 1)];
    now?.classList.remove("here");
    next.classList.add("here");
    next.scrollIntoView({ block: "nearest" });
  }

  function search() {
    const box = document.getElementById("search");
    box.focus();
    box.select();
  }

  function cancel(target) {
    if (typing(target)) return target.blur();
    document.querySelector("[data-cancel]")?.click();
  }

  const LIST = {
    KeyJ: () => step(1),
    KeyK: () => step(-1),
    KeyX: () => here()?.querySelector('input[name="ids"]')?.click(),
    Enter: () => here()?.dataset.url && location.assign(here().dataset.url),
  };

  document.addEventListener("keydown", (event) => {
    const { code, target } = event;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if ((event.ctrlKey || event.metaKey) && code === "KeyK") {
      event.preventDefault();
      return search();
    }
    if ((event.ctrlKey || event.metaKey) && code === "Enter") {
      const form = target.closest("form") || document.querySelector("form[data-guard], form.question:not(.question-danger)");
      if (form) form.requestSubmit();
      return undefined;
    }
    if (document.querySelector("dialog[open], .dropdown-menu.show")) return undefined;
    if (code === "Escape") return cancel(target);
    if (!plain || typing(target)) return undefined;
    if ((code === "Slash" && event.shiftKey) || event.key === "?") return document.getElementById("keys").showModal();
    if (code === "Slash" || event.key === "/") {
      event.preventDefault();
      return search();
    }
    if (code === "KeyG") {
      wentG = Date.now();
      return undefined;
    }
    const section = sections[code.replace("Key", "").toLowerCase()];
    if (Date.now() - wentG < 1200 && section) return location.assign(section);
    if (code === "Enter" && target.closest("a, button")) return undefined;
    return LIST[code]?.();
  });
})();
