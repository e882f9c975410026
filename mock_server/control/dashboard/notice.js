/** What the dashboard has to say to its user, and what it asks. */

import { Refused } from "./api.js";
import { byId, button, el, fill } from "./dom.js";

const SHOWN_MS = 4000;

const place = byId("notice", HTMLElement);
let timer = 0;

/** Say that something was done. @param {string} text */
export function tell(text) {
  clearTimeout(timer);
  fill(place, el("p", {}, text));
  timer = setTimeout(() => fill(place), SHOWN_MS);
}

/** Do something; if it fails, say why, until it is read. @param {() => Promise<void>} work */
export async function attempt(work) {
  const before = document.activeElement;
  try {
    await work();
  } catch (error) {
    clearTimeout(timer);
    const dismiss = () => {
      fill(place);
      if (before instanceof HTMLElement) before.focus();
    };
    fill(place, el("div", { class: "error" }, ...inWords(error)), button("Dismiss", dismiss));
  }
}

/** An error of a call as paragraphs: each problem where there are several. @param {unknown} error */
export function inWords(error) {
  const message = error instanceof Error ? error.message : String(error);
  const details = error instanceof Refused ? error.details : [];
  return (details.length > 1 ? details.map((each) => each.message) : [message]).map((each) => el("p", {}, each));
}

/** Ask before something is lost. @param {string} text @param {string} yes The text of the button that confirms. */
export function ask(text, yes) {
  const dialog = byId("question", HTMLDialogElement);
  fill(byId("question-text", HTMLElement), text);
  fill(byId("question-yes", HTMLElement), yes);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((/** @type {(isYes: boolean) => void} */ resolve) =>
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }),
  );
}
