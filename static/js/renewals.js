// The board of renewals: one tick above the column ticks all its clients.
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-tick-all]");
  if (!all) return;
  for (const one of all.closest("form").querySelectorAll('input[name="ids"]')) one.checked = all.checked;
});
