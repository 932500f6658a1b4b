// Tickets: N for the next one, names of chosen files, the address of a chosen client.
(() => {
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
})();
