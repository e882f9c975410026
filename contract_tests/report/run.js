"use strict";
const search = document.getElementById("search");
const count = document.getElementById("count");
const searched = [...document.querySelectorAll("[data-text]")];
const reported = [...document.querySelectorAll(".reported")];

search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const element of searched) {
    const text = element.dataset.text.toLowerCase();
    element.hidden = !words.every((word) => text.includes(word));
    shown += element.hidden ? 0 : 1;
  }
  for (const table of document.querySelectorAll("table")) {
    table.hidden = table.querySelector("tbody tr:not([hidden])") === null;
  }
  count.textContent = words.length ? `${shown} of ${searched.length}` : "";
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA)$/.test(event.target.tagName)) {
    if (event.key === "Escape") search.blur();
    return;
  }
  const visible = reported.filter((clause) => !clause.hidden);
  const at = visible.indexOf(document.activeElement.closest(".reported"));
  const move = { n: at + 1, p: Math.max(at - 1, 0) }[event.key];
  if (event.key === "/") {
    event.preventDefault();
    search.focus();
  } else if (move !== undefined && visible[move]) {
    visible[move].focus();
    visible[move].scrollIntoView({ block: "start" });
  }
});

for (const button of document.querySelectorAll(".copy")) {
  button.addEventListener("click", async () => {
    const command = button.parentElement.querySelector("pre");
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = "Copied";
    } catch {
      // A web page that was opened from a file may have no clipboard: select the text, for the user to copy.
      getSelection().selectAllChildren(command);
      button.textContent = "Selected; copy it";
    }
  });
}
