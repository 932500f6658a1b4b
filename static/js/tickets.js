// Tickets: drafts kept by themselves, "is writing", N for the next one, the address of a chosen client.
(() => {
  const KEEP_DAYS = 14;
  const QUIET = 30_000; // who has not typed for so long is not writing
  let typed = 0;

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
  const keyOf = (area) => `draft:${area.dataset.draft}`;

  // What was sent is no draft any more: the page after it says which (?said=ticket:5:answer).
  function forgetSaid() {
    const address = new URL(location);
    const said = address.searchParams.get("said");
    if (!said) return;
    store(`draft:${said}`, "");
    address.searchParams.delete("said");
    history.replaceState(history.state, "", address);
  }

  function restore(area) {
    const kept = recall(keyOf(area));
    if (!kept || area.value) return;
    if (Date.now() - kept.at > KEEP_DAYS * 86_400_000) return void store(keyOf(area), "");
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
    const area = event.target.closest?.("[data-draft]");
    if (!area) return;
    typed = Date.now();
    if (store(keyOf(area), area.value)) told(area);
  });

  // "is writing" goes with the next question about who is here.
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id === "presence" && Date.now() - typed < QUIET) event.detail.parameters.writing = "1";
  });

  document.addEventListener("keydown", (event) => {
    if (event.code !== "KeyN" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=checkbox]), textarea, select") || document.querySelector("dialog[open]")) return;
    document.querySelector("[data-next]")?.click();
  });

  // The files chosen for an answer, by name.
  document.addEventListener("change", (event) => {
    const names = event.target.closest?.("[data-files]")?.querySelector("[data-names]");
    if (names) names.textContent = [...event.target.files].map((file) => file.name).join(", ") || names.dataset.names;
  });

  // A client chosen for a new ticket brings his address when none is typed.
  document.addEventListener("change", (event) => {
    const address = event.target.dataset?.address;
    const to = document.getElementById("id_to");
    if (!address || !to || to.value) return;
    to.value = address;
    document.getElementById("id_send").checked = true;
  });

  forgetSaid();
  document.querySelectorAll("[data-draft]").forEach(restore);
})();
