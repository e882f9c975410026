// The colours that were chosen here before; not a module, so that it runs before anything is shown.
try {
  const chosen = localStorage.getItem("leadlists-mock-theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing follows the system.
}
