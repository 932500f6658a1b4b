// Drafts of answers, notes and letters kept by themselves, also after a crash; who types is "writing".
// A field says data-draft="key", or its form data-drafts="key" for all of its textareas and for inputs marked
// data-drafted.
(() => {
  const KEEP_DAYS = 14;
  const QUIET = 30_000; // who has not typed for so long is not writing
  let typed = 0;
  let sent = []; // keys of the form that htmx is sending

  function store(key, text) {
    try {
      if (text) localStorage.setItem(key, JSON.stringify({ text, at: Date.now() }));
      else localStorage.removeItem(key);
      return true;
    } catch { return false; } // no room or not allowed: the text stands in the page only
  }
  function recall(key) {
    try { return JSON.parse(localStorage.getItem(key) || "null"); } catch { return null; }
  }
  function keyOf(area) {
    if (area.dataset.draft) return `draft:${area.dataset.draft}`;
    const form = area.form?.dataset.drafts;
    return form && area.name ? `draft:${form}:${area.name}` : null;
  }
  const FIELDS = "textarea, input[data-drafted]";
  const areas = (part) => [...part.querySelectorAll("[data-draft]"),
    ...[...part.querySelectorAll("form[data-drafts]"), ...(part.matches?.("form[data-drafts]") ? [part] : [])]
      .flatMap((form) => [...form.querySelectorAll(FIELDS)])];

  // What was sent is no draft any more: the page after it says which (?said=ticket:5:answer), a field or a form.
  function forgetSaid() {
    const address = new URL(location);
    const said = address.searchParams.get("said");
    if (!said) return;
    for (const key of Object.keys(localStorage)) {
      if (key === `draft:${said}` || key.startsWith(`draft:${said}:`)) store(key, "");
    }
    address.searchParams.delete("said");
    history.replaceState(history.state, "", address);
  }

  function restore(area) {
    const key = keyOf(area);
    const kept = recall(key);
    if (!kept || area.value) return;
    if (Date.now() - kept.at > KEEP_DAYS * 86_400_000) return void store(key, "");
    area.value = kept.text;
    const part = area.closest("details");
    if (part) part.open = true;
    told(area);
  }
  function told(area) {
    const note = area.form?.querySelector("[data-draft-kept]");
    if (note) note.hidden = !area.value;
  }

  document.addEventListener("input", (event) => {
    if (event.target.closest?.("form:not(#filters):not([role=search])")) typed = Date.now();
    const area = event.target;
    if (!area.matches?.(`[data-draft], ${FIELDS}`) || !keyOf(area)) return;
    if (store(keyOf(area), area.value)) told(area);
  });

  // "is writing" goes with the next question about who is here.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.matches("[data-presence]") && Date.now() - typed < QUIET) event.detail.parameters.writing = "1";
  });

  // A form that htmx sent and that comes back empty was taken; one that comes back filled was not.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = event.detail.elt;
    if (form instanceof HTMLFormElement) sent = areas(form).map(keyOf);
  });
  for (const trouble of ["htmx:sendError", "htmx:responseError"]) document.addEventListener(trouble, () => { sent = []; });
  document.addEventListener("htmx:load", (event) => {
    const fresh = areas(event.detail.elt);
    for (const area of fresh) {
      if (sent.includes(keyOf(area)) && !area.value) {
        store(keyOf(area), "");
        typed = 0;
      } else restore(area);
    }
    if (fresh.length) sent = [];
  });

  forgetSaid();
})();
