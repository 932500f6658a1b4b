// What every page has: copy buttons, toasts, the guard of forms, the menu, trouble of htmx.
(() => {
  const words = document.getElementById("words").dataset;

  function toast(text, kind = "info") {
    const note = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
    note.classList.add(kind);
    note.querySelector("span").textContent = text;
    document.getElementById("toasts").append(note);
    fade(note);
  }

  function fade(note) {
    if (!note.classList.contains("error")) setTimeout(() => note.remove(), 6000);
  }

  async function copy(button) {
    const text = button.dataset.copy;
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
    } else { // a page without https has no clipboard object
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 1500);
    toast(`${words.copied}: ${text}`);
  }

  document.addEventListener("click", (event) => {
    const hit = (selector) => event.target.closest(selector);
    if (hit("[data-copy]")) copy(hit("[data-copy]"));
    if (hit("[data-dismiss]")) hit("[data-toast]").remove();
    if (hit("[data-show-keys]")) document.getElementById("keys").showModal();
    if (hit("[data-fold]")) {
      const root = document.documentElement;
      const folded = root.dataset.menu !== "folded";
      root.dataset.menu = folded ? "folded" : "";
      try { localStorage.setItem("menu", root.dataset.menu); } catch { /* not kept, that is all */ }
    }
    const menu = document.getElementById("menu");
    if (hit("[data-open]")) menu.classList.toggle("opened");
    else if (!hit("#menu")) menu.classList.remove("opened");
  });

  // A file that the server would refuse is not sent at all; in the capture phase, so that htmx hears nothing.
  document.addEventListener("submit", (event) => {
    const files = [...event.target.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files]);
    if (files.reduce((sum, file) => sum + file.size, 0) <= words.limit * 1048576) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    toast(words.heavy, "error");
  }, true);

  // A text that the server would refuse is told at its field; nothing of it is cut.
  document.addEventListener("submit", (event) => {
    for (const area of event.target.querySelectorAll("textarea[data-limit]")) {
      const long = area.value.replaceAll("\n", "\r\n").length > Number(area.dataset.limit);
      let told = area.parentElement.querySelector("[data-limit-told]");
      if (!long) told?.remove();
      area.classList.toggle("is-invalid", long);
      if (!long) continue;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!told) {
        told = Object.assign(document.createElement("div"), { className: "invalid-feedback d-block", role: "alert" });
        told.dataset.limitTold = "";
        told.textContent = area.dataset.limitSays;
        area.after(told);
      }
      area.focus();
    }
  }, true);

  // Unsaved changes: asked once, when a form marked data-guard was touched and is left without sending.
  let touched = null;
  document.addEventListener("input", (event) => {
    touched = event.target.closest("form[data-guard]") || touched;
  });
  document.addEventListener("submit", (event) => {
    if (event.target === touched) touched = null;
  });
  window.addEventListener("beforeunload", (event) => {
    if (touched && touched.isConnected) event.preventDefault();
  });

  // A page that comes back from the browser's own cache shows old rows: load it again.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && !document.querySelector("form[data-guard]")) location.reload();
  });

  document.querySelectorAll("[data-toast]").forEach(fade);
  document.querySelector("[data-focus]")?.focus({ preventScroll: false });

  // Signed out meanwhile: the answer is the sign-in page, which belongs into the whole window.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (new URL(event.detail.xhr.responseURL).pathname.startsWith("/account/login")) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });
  // Filters that say nothing don't stand in the address.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") return;
    for (const [key, value] of [...event.detail.formData.entries()]) {
      if (value === "") event.detail.formData.delete(key);
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    event.detail.target.removeAttribute?.("aria-busy");
  });

  function failed(event, text) {
    const box = event.detail.elt.closest(".lazy");
    if (!box) return toast(text, "error");
    const again = Object.assign(document.createElement("button"), {
      type: "button", className: "btn btn-sm btn-quiet", textContent: words.again,
    });
    again.addEventListener("click", () => window.htmx.ajax("GET", box.getAttribute("hx-get"), { target: box, source: box }));
    const line = Object.assign(document.createElement("p"), { className: "lazy-failed", textContent: `${text} ` });
    line.append(again);
    box.replaceChildren(line);
  }
  document.addEventListener("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    const told = { 403: words.denied, 404: words.gone, 413: words.large }[status];
    failed(event, told || words.trouble);
  });
  document.addEventListener("htmx:sendError", (event) => failed(event, words.failed));
  document.addEventListener("htmx:timeout", (event) => failed(event, words.failed));
  document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.kind)); // HX-Trigger: {"toast": {…}}
})();
