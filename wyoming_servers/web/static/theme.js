// Sets the theme before anything is painted: a page that turns dark after it was light hurts at night.
// `data-theme` is what is shown, `data-chosen` what the user chose: light, dark, or auto, which follows the system.

(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => {
    try {
      return localStorage.getItem("sotto.theme");
    } catch {
      return null; // storage is forbidden here
    }
  };
  const paint = () => {
    const chosen = root.dataset.chosen;
    root.dataset.theme = chosen === "auto" ? (system.matches ? "dark" : "light") : chosen;
  };
  root.dataset.chosen = ["light", "dark"].includes(kept()) ? kept() : "auto";
  paint();
  system.addEventListener("change", paint);
  window.addEventListener("sotto-theme", ({ detail }) => {
    root.dataset.chosen = detail;
    paint();
  });
})();
