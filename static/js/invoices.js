// Frames are as tall as what they show; a paper that is wider than its frame is scaled down like a print.
// A form marked data-once goes once: the answer to a second click would hide what the first one did.
(() => {
  function fit(frame) {
    const page = frame.contentDocument;
    if (!page?.body || page.URL === "about:blank") return;
    const root = page.documentElement;
    root.style.zoom = "1";
    if (frame.dataset.fit === "scaled") root.style.zoom = String(Math.min(1, root.clientWidth / root.scrollWidth));
    frame.style.height = "0"; // a page is never lower than its frame
    frame.style.height = `${Math.ceil(page.body.getBoundingClientRect().height) + 2}px`;
  }
  function watch(frame) {
    let width = 0;
    frame.addEventListener("load", () => fit(frame));
    new ResizeObserver(() => {
      if (frame.clientWidth === width) return;
      width = frame.clientWidth;
      fit(frame);
    }).observe(frame);
  }
  document.querySelectorAll("iframe[data-fit]").forEach(watch);

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!("once" in form.dataset)) return;
    if (form.dataset.once === "gone") event.preventDefault();
    form.dataset.once = "gone";
  });
})();
