/** Tabs after the ARIA pattern: the arrow keys choose, Tab goes on into what is shown. */

import { byId } from "./dom.js";

/** @param {HTMLElement} list @param {(panel: string) => void} shown Called with the panel that is now visible. */
export function tabs(list, shown) {
  const all = [...list.querySelectorAll("button")];
  /** @param {HTMLButtonElement} chosen */
  const choose = (chosen) => {
    for (const tab of all) {
      const panel = String(tab.getAttribute("aria-controls"));
      tab.setAttribute("aria-selected", String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      byId(panel, HTMLElement).hidden = tab !== chosen;
      if (tab === chosen) shown(panel);
    }
  };
  list.addEventListener("click", (event) => {
    const tab = event.target instanceof Element && event.target.closest("button");
    if (tab) choose(tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const here = all.findIndex((each) => each === document.activeElement);
    const there = { Home: 0, End: all.length - 1 }[event.key] ?? (step && (here + step + all.length) % all.length);
    if (there === undefined) return;
    event.preventDefault();
    const tab = /** @type {HTMLButtonElement} */ (all[there]);
    tab.focus();
    choose(tab);
  });
}
