// A choice found by typing (pages/choosing.py): ↓ opens and moves, Enter chooses, Esc leaves what was chosen.
(() => {
  const boxOf = (target) => target.closest?.("[data-chooser]");
  const field = (box) => box.querySelector("[role=combobox]");
  const key = (box) => box.querySelector("[data-chosen]");
  const list = (box) => box.querySelector("[data-found]");
  const options = (box) => [...list(box).querySelectorAll("[role=option]")];
  const pointed = (box) => list(box).querySelector("[aria-selected=true]");

  function show(box, shown) {
    list(box).hidden = !shown;
    field(box).setAttribute("aria-expanded", shown);
    if (!shown) point(box, null);
  }

  function point(box, option) {
    pointed(box)?.setAttribute("aria-selected", "false");
    field(box).toggleAttribute("aria-activedescendant", Boolean(option));
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    field(box).setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  // What is chosen is kept beside the field, to come back to it.
  function keep(box) {
    Object.assign(box.dataset, { key: key(box).value, text: field(box).value });
  }

  function choose(box, option) {
    key(box).value = option.dataset.choice;
    field(box).value = option.textContent;
    keep(box);
    show(box, false);
    key(box).dispatchEvent(new Event("input", { bubbles: true }));
  }

  function look(box) {
    if (list(box).hidden) window.htmx.trigger(field(box), "look");
  }

  document.addEventListener("htmx:load", (event) => {
    for (const box of event.detail.elt.querySelectorAll?.("[data-chooser]") ?? []) keep(box);
  });

  document.addEventListener("input", (event) => {
    const box = boxOf(event.target);
    if (box && event.target === field(box)) key(box).value = field(box).value === box.dataset.text ? box.dataset.key : "";
  }, true);

  document.addEventListener("htmx:configRequest", (event) => {
    const box = boxOf(event.detail.elt);
    if (box && field(box).value && !key(box).value) event.detail.parameters.q = field(box).value; // else all
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const box = boxOf(event.detail.target);
    if (!box || event.detail.target !== list(box)) return;
    options(box).forEach((option, n) => { option.id = `${list(box).id}_${n}`; });
    show(box, document.activeElement === field(box));
    if (field(box).value && !key(box).value) point(box, options(box)[0]);
    else point(box, options(box).find((option) => option.dataset.choice === key(box).value));
  });

  const KEYS = {
    ArrowDown(box) { if (list(box).hidden) look(box); else move(box, 1); },
    ArrowUp(box) { if (!list(box).hidden) move(box, -1); },
    Enter(box) { if (pointed(box)) choose(box, pointed(box)); else return false; },
    Escape(box) {
      if (list(box).hidden) return false;
      [key(box).value, field(box).value] = [box.dataset.key ?? "", box.dataset.text ?? ""];
      show(box, false);
    },
  };
  function move(box, by) {
    const all = options(box);
    point(box, all[Math.min(Math.max(all.indexOf(pointed(box)) + by, 0), all.length - 1)]);
  }
  // In the capture phase: Esc closes the list, not the form.
  document.addEventListener("keydown", (event) => {
    const box = boxOf(event.target);
    if (!box || event.target !== field(box) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!KEYS[event.code] || KEYS[event.code](box) === false) return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  document.addEventListener("mousedown", (event) => {
    if (event.target.closest?.("[data-found]")) event.preventDefault(); // the focus stays in the field
  });
  document.addEventListener("click", (event) => {
    const box = boxOf(event.target);
    if (!box) return;
    const option = event.target.closest("[role=option]");
    if (option) choose(box, option);
    else if (event.target === field(box)) look(box);
  });
  document.addEventListener("focusout", (event) => {
    const box = boxOf(event.target);
    if (box) show(box, false);
  });
})();
