// Not a module, so that it runs before anything is shown, and also where the modules do not load.
try {
  // The colours that were chosen here before.
  const chosen = localStorage.getItem("leadlists-mock-theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that keeps nothing follows the system.
}

{
  const tell = () => {
    const place = document.getElementById("trouble");
    if (!place || document.documentElement.dataset.started) return;
    place.textContent =
      "The scripts of this web page do not load. Something between it and the mock, such as a dev proxy, refuses " +
      "or changes them; open the mock's own address, which its start printed.";
  };
  addEventListener("error", tell, true); // of an element: it does not bubble
  setTimeout(tell, 4000);
}
