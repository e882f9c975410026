/** Small things that are shown in several places, always in the same way. */

/** @import { Exchange } from "./types.js" */

import { el } from "./dom.js";

/** @param {number | null} status */
export function statusView(status) {
  return el("span", { class: `status s${String(status ?? 0)[0]}` }, status ?? "—");
}

/** @param {Exchange} exchange */
export function durationOf({ elapsedMs }) {
  return elapsedMs < 10 ? `${elapsedMs.toFixed(1)} ms` : `${Math.round(elapsedMs).toLocaleString("en")} ms`;
}

/** The time of day of an instant. @param {string} at */
export function timeOf(at) {
  return at.slice(11, 19);
}

/** The beginning of what may be megabytes; never half of a character. @param {string} text */
export function short(text, most = 120) {
  return text.length > most ? `${text.slice(0, most).replace(/[\ud800-\udbff]$/, "")}…` : text;
}

/** @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
