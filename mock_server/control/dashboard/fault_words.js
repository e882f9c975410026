/** Faults in words, and the choices that a form has of them. */

/** @import { Fault } from "./types.js" */

import { short } from "./showing.js";

/** @type {Record<string, string>} the effect on a client, by the `answer` of a fault */
export const ANSWERS = {
  hang: "no response, ever",
  reset: "connection reset",
  empty: "closed without a response",
  half: "half of the body",
  dribble: "body in a slow dribble",
  "bad-chunk": "a bad chunk",
  "not-json": "a body that is not JSON",
};
export const EXPIRED = "session expired";
// Statuses of gateways and sibling endpoints; the spec has none of them here.
export const OTHER_STATUSES = [403, 404, 409, 413, 422, 429, 502, 503, 504];

/** @param {Fault} fault */
export function effectOf({ status, session, answer, delayMs, p99Ms, body, headers }) {
  const effects = [];
  if (status !== undefined) effects.push(body === undefined ? `status ${status}` : `status ${status} with its own body`);
  if (headers !== undefined) effects.push(`header ${short(Object.keys(headers).join(", "))}`);
  if (session !== undefined) effects.push(EXPIRED);
  if (answer !== undefined) effects.push(ANSWERS[answer] ?? answer);
  if (delayMs !== undefined) {
    const often = p99Ms === undefined ? "" : `, one in 100 over ${inMs(p99Ms)}`;
    effects.push(p99Ms === undefined ? `after ${inMs(delayMs)}` : `after about ${inMs(delayMs)}${often}`);
  }
  return effects.join(", ");
}

/** The effects that a response names, such as `status=409&body=%7B%7D`, for people. @param {string} what */
export function readable(what) {
  return short([...new URLSearchParams(what)].map(([name, value]) => `${name}=${value}`).join(" "));
}

/** @param {Fault} fault */
export function reachOf({ times, share, match, remaining }) {
  const conditions = [match?.method, match?.path, match?.user && `by ${match.user}`];
  if (match?.body !== undefined) conditions.push(`with ${JSON.stringify(match.body)}`);
  const of = short(conditions.filter(Boolean).join(" "));
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
 *   method: string, path: string, user: string, sent: string, body: string, headers: string}} filled
 * @returns {Fault}
 */
export function faultOf({ what, delayMs, p99Ms, often, times, percent, method, path, user, sent, body, headers }) {
  const [kind, value] = what.split("=");
  /** @type {Fault} */
  const fault = {};
  const wanted = sent.trim() ? { body: jsonOf(sent) } : {};
  const match = { ...(method && { method }), ...(path && { path }), ...(user && { user }), ...wanted };
  if (Object.keys(match).length) fault.match = match;
  if (body.trim()) fault.body = looseJsonOf(body);
  if (headers.trim()) fault.headers = headersOf(headers);
  if (kind === "status") fault.status = Number(value);
  if (kind === "session") fault.session = "expired";
  if (kind === "answer" && value) fault.answer = value;
  if (delayMs !== "") fault.delayMs = Number(delayMs);
  if (p99Ms !== "") fault.p99Ms = Number(p99Ms);
  if (often === "times") fault.times = Number(times);
  if (often === "share") fault.share = Number(percent) / 100;
  return fault;
}

/** @param {string} text */
function jsonOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`"${short(text, 40)}" is not JSON; write for example {"name": "Q1"}.`);
  }
}

/** A body as JSON, or as the text that it is, unless it begins like JSON. @param {string} text */
function looseJsonOf(text) {
  if (/^\s*[[{"]/.test(text)) return jsonOf(text);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @param {string} text Lines such as `Retry-After: 3`. */
function headersOf(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([^:]+):(.*)$/.exec(line.trim()) ?? [];
      if (name === undefined) throw new Error(`"${short(line, 40)}" is not a header; write for example Retry-After: 3.`);
      return [name.trim(), String(value).trim()];
    }),
  );
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
