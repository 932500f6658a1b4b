// Lists: ticks with Shift-range, links that keep the filter, the way back to a list as it was.
(() => {
  const BACK = "back:";

  // The list's whole address is kept for the breadcrumbs of the pages it leads to.
  function remember() {
    if (document.querySelector("[data-list]")) {
      try { sessionStorage.setItem(BACK + location.pathname, location.search); } catch { /* crumbs lead to the start */ }
    }
  }
  document.querySelectorAll("[data-back]").forEach((link) => {
    let kept = null;
    try { kept = sessionStorage.getItem(BACK + link.pathname); } catch { /* as above */ }
    if (kept && !link.search) link.search = kept;
  });

  // The filter bar outlives the table under it, so its links read the address when they are used.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-param]");
    if (!link) return;
    event.preventDefault();
    const wanted = new URL(location);
    for (const gone of ["after", "before"]) wanted.searchParams.delete(gone);
    const [key, value] = link.dataset.param.split(/=(.*)/s);
    if (value) wanted.searchParams.set(key, value); else wanted.searchParams.delete(key);
    location.assign(wanted);
  });

  // What is about the list as it stands now takes the address it has now.
  document.addEventListener("click", (event) => {
    const here = event.target.closest("[data-here]");
    const place = location.pathname + location.search;
    if (here instanceof HTMLFormElement) here.elements.next.value = place;
    else if (here) here.search = new URLSearchParams({ next: place });
  });

  // A table wider than its frame scrolls inside it; one that fits keeps its head under the top bar.
  function fit() {
    for (const frame of document.querySelectorAll(".table-frame")) {
      frame.classList.remove("wide");
      frame.classList.toggle("wide", frame.scrollWidth > frame.clientWidth);
    }
  }
  window.addEventListener("resize", fit);

  function afterSwap() {
    remember();
    fit();
    tellHidden();
    const clear = document.querySelector(".filter-clear");
    const narrowed = [...new URLSearchParams(location.search).keys()].some((key) => !["sort", "cols", "size", "view", "more", "after", "before"].includes(key));
    if (clear) clear.hidden = !narrowed;
    count();
  }

  // Filters behind the button come once; then the button shows and hides them.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-more-filters]");
    if (!button) return;
    event.preventDefault();
    const panel = document.getElementById("more-filters");
    panel.hidden = !panel.hidden;
    button.setAttribute("aria-expanded", !panel.hidden);
    if (!panel.querySelector("fieldset")) window.htmx.ajax("GET", button.dataset.moreFilters, { target: panel, swap: "innerHTML" });
  });
  function tellHidden() {
    const badge = document.querySelector("[data-more-filters] .count");
    if (!badge) return;
    badge.textContent = document.querySelectorAll("[data-list] [data-hidden-filter]").length;
    badge.hidden = badge.textContent === "0";
  }

  let last = null;
  function ticks() {
    return [...document.querySelectorAll('[data-list] tbody input[name="ids"]')];
  }
  function count() {
    const bar = document.querySelector("[data-bulk]");
    if (!bar) return;
    const ticked = ticks().filter((box) => box.checked).length;
    bar.hidden = ticked === 0;
    bar.querySelector("[data-bulk-count]").textContent = ticked;
    const all = bar.querySelector("[data-bulk-all]"); // "all found" is offered when the whole page is ticked
    if (!all) return;
    all.hidden = ticked < ticks().length;
    if (all.hidden) all.querySelector("input").checked = false;
  }
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (box.matches?.("[data-tick-all]")) ticks().forEach((one) => { one.checked = box.checked; });
    if (box.name === "ids") {
      const all = ticks();
      if (event.shiftKey && last) {
        const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
        all.slice(Math.max(from, 0), to + 1).forEach((one) => { one.checked = box.checked; });
      }
      last = box;
    }
    if (box.closest?.("[data-list]")) count();
  });

  document.addEventListener("htmx:afterSettle", afterSwap);
  document.addEventListener("htmx:pushedIntoHistory", afterSwap);
  remember();
  fit();
  tellHidden();
})();
