// Runs before the page is painted, so that a dark page never flashes white and a folded menu never jumps.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const wanted = root.dataset.theme;
    root.dataset.bsTheme = wanted === "light" || wanted === "dark" ? wanted : dark.matches ? "dark" : "light";
  };
  paint();
  dark.addEventListener("change", paint);
  try {
    if (localStorage.getItem("menu") === "folded") root.dataset.menu = "folded";
  } catch { /* storage is forbidden: the menu stays unfolded */ }
})();
