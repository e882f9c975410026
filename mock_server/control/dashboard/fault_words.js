/** Faults in words, and the choices that a form has of them. */

/** @import { Fault } from "./types.js" */

import { short } from "./showing.js";

/** @type {Record<string, string>} what a client meets, by the `answer` of a fault */
export const ANSWERS = {
  reset: "connection reset",
  empty: "no answer at all",
  half: "half of the body",
  dribble: "body in a slow dribble",
  "bad-chunk": "a bad chunk",
  "not-json": "a body that is not JSON",
};
export const EXPIRED = "session expired";
// What gateways and sibling endpoints answer; the spec has none of them here.
export const OTHER_STATUSES = [403, 404, 409, 413, 429, 502, 503, 504];

/** @param {Fault} fault */
export function effectOf({ status, session, answer, delayMs, p99Ms }) {
  const effects = [];
  if (status !== undefined) effects.push(`status ${status}`);
  if (session !== undefined) effects.push(EXPIRED);
  if (answer !== undefined) effects.push(ANSWERS[answer] ?? answer);
  if (delayMs !== undefined) {
    const often = p99Ms === undefined ? "" : `, one in 100 over ${inMs(p99Ms)}`;
    effects.push(p99Ms === undefined ? `after ${inMs(delayMs)}` : `after about ${inMs(delayMs)}${often}`);
  }
  return effects.join(", ");
}

/** @param {Fault} fault */
export function reachOf({ times, share, match, remaining }) {
  const of = short([match?.method, match?.path].filter(Boolean).join(" "));
  const shared = share === undefined ? "" : `${Math.round(share * 1000) / 10} % of `;
  const left = remaining ?? times;
  let reach = share === undefined ? "all requests" : `${shared}requests`;
  if (times !== undefined) {
    reach = left === 0 ? "used up" : `${shared}the next ${left}${left === times ? "" : ` (of ${times})`}`;
  }
  return of ? `${reach}: ${of}` : reach;
}

/** @param {number} ms */
function inMs(ms) {
  return `${ms.toLocaleString("en")} ms`;
}

/**
 * The fault that a filled-in form asks for.
 * @param {{what: string, delayMs: string, p99Ms: string, often: string, times: string, percent: string,
 *   method: string, path: string}} filled
 * @returns {Fault}
 */
export function faultOf({ what, delayMs, p99Ms, often, times, percent, method, path }) {
  const [kind, value] = what.split("=");
  /** @type {Fault} */
  const fault = {};
  if (method || path) fault.match = { ...(method && { method }), ...(path && { path }) };
  if (kind === "status") fault.status = Number(value);
  if (kind === "session") fault.session = "expired";
  if (kind === "answer" && value) fault.answer = value;
  if (delayMs !== "") fault.delayMs = Number(delayMs);
  if (p99Ms !== "") fault.p99Ms = Number(p99Ms);
  if (often === "times") fault.times = Number(times);
  if (often === "share") fault.share = Number(percent) / 100;
  return fault;
}

/**
 * The faults to put in force with a new one, or with one less: each with what is left of it.
 * @param {Fault[]} faults
 * @returns {Fault[]}
 */
export function again(faults) {
  return faults
    .filter((each) => each.remaining !== 0)
    .map(({ remaining, ...fault }) => (remaining === undefined ? fault : { ...fault, times: remaining }));
}
