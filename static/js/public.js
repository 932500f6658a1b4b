// Copy buttons of the client's page: they show themselves only where copying works.
(function () {
  "use strict";
  if (!navigator.clipboard) return;
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(button.dataset.copy).then(function () {
        button.classList.add("done");
        button.dataset.told = button.dataset.done;
        setTimeout(function () {
          button.classList.remove("done");
        }, 1500);
      });
    });
  });
})();
