/**
 * The request that repeats a recorded exchange, and the expected response: the input of every snippet.
 *
 * @import { Exchange, Message } from "./types.js"
 * @typedef {[name: string, value: string][]} Headers
 * @typedef {{bytes: string, text?: string, json?: unknown}} Body `text` if it is UTF-8, `json` if it is plain JSON.
 * @typedef {ReturnType<typeof requestOf>} Request
 */

import { bytesOf, plainJson } from "./literals.js";

const MASK = "[masked]";
const NOT_KEPT = "[not kept]";
const SLOW_MS = 2000;

// Of the connection, or made by each client for itself; the mock looks at none of them.
const CLIENT_S_OWN = new RegExp(
  "^(host|content-length|transfer-encoding|connection|keep-alive|proxy-.*|te|trailer|(x-)?upgrade|http2-settings|" +
    "expect|user-agent|accept-(encoding|language)|referer|sec-.*|dnt|priority|pragma|cache-control)$",
);

/**
 * What is to be sent and expected: all that the formats have in common.
 * @param {Exchange} exchange
 * @param {{url: string, token: string | null, cookieName: string}} mock
 */
export function requestOf(exchange, { url, token, cookieName }) {
  const path = exchange.rawPath ?? encodeURI(exchange.path).replace(/[?#]/g, encodeURIComponent);
  const query = exchange.query.replace(/[^!-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
  // Only browsers and curl know the names below .localhost; the world that they name goes in a header.
  const base = url.replace(/\/\/[^/:@]+\.localhost(?=[:/]|$)/i, "//localhost");
  const headers = headersOf(exchange, exchange.user === null ? null : token, cookieName);
  const body = bodyOf(exchange.request);
  const breaks = /\banswer=(reset|empty|half|bad-chunk)\b/.test(exchange.fault?.what ?? "");
  const notes = [];
  if ([path, query, body?.bytes ?? "", ...headers.flat()].some((text) => text.includes(MASK))) {
    notes.push(`${MASK} hides a secret that the journal does not tell: put yours in its place.`);
  }
  if (body?.text === NOT_KEPT) notes.push(`The journal did not keep the whole body: put it in place of ${NOT_KEPT}.`);
  return {
    method: exchange.method,
    url: base + path + (query && `?${query}`),
    headers,
    body,
    breaks,
    status: exchange.answer.complete && !breaks ? exchange.answer.status : null,
    isSlow: exchange.elapsedMs > SLOW_MS,
    notes,
    cookieName,
  };
}

/**
 * The headers for a web page, in which a browser drops Cookie: other headers carry the session, the world and the fault.
 * @param {Headers} headers @param {string} cookieName @returns {Headers}
 */
export function withoutCookies(headers, cookieName) {
  const carriers = { [cookieName]: "Authorization", mock_world: "X-Mock-World", mock_fault: "X-Mock-Fault" };
  const found = headers.filter(([name]) => name !== "Cookie");
  for (const pair of headers.filter(([name]) => name === "Cookie").flatMap(([, value]) => value.split(";"))) {
    const [name, value] = [pair.slice(0, pair.indexOf("=")).trim(), pair.slice(pair.indexOf("=") + 1).trim()];
    const carrier = Object.hasOwn(carriers, name) ? carriers[name] : "";
    if (carrier && !has(found, carrier)) found.push([carrier, carrier === "Authorization" ? `Bearer ${value}` : value]);
  }
  return found;
}

/** @param {Headers} headers @param {string} wanted */
export function has(headers, wanted) {
  return headers.some(([name]) => name === wanted);
}


/** @param {Exchange} exchange @param {string | null} token @param {string} cookieName @returns {Headers} */
function headersOf({ request, fault }, token, cookieName) {
  const headers = request.headers
    .filter(([name, value]) => !CLIENT_S_OWN.test(name) && !(name === "accept" && value === "*/*"))
    .map(([name, value]) => /** @type {Headers[0]} */ ([
      titled(name),
      token ? signedIn(name, value, token, cookieName) : value,
    ]));
  const host = request.headers.find(([name]) => name === "host")?.[1] ?? "";
  const world = /^(.+)\.localhost(:\d+)?$/.exec(host.toLowerCase())?.[1];
  if (world && !has(headers, "X-Mock-World")) headers.push(["X-Mock-World", world]);
  // What the control API put in force, or what was drawn, happens again.
  if (fault === null || !["control", "header"].includes(fault.door)) return headers;
  return [...headers.filter(([name]) => name !== "X-Mock-Fault"), ["X-Mock-Fault", fault.what]];
}

/** A name as it is usually written; `__proto__` would be no key of an object. @param {string} name */
function titled(name) {
  if (name === "__proto__") return "__Proto__";
  return /^[a-z0-9-]+$/.test(name) ? name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()) : name;
}

/**
 * The value of a header, with the login in place of its mask.
 * @param {string} name @param {string} value @param {string} token @param {string} cookieName
 */
function signedIn(name, value, token, cookieName) {
  if (name === "authorization") return value.replace(/^(bearer )\[masked\]$/i, (_, scheme) => scheme + token);
  if (name !== "cookie") return value;
  const isLogin = (/** @type {string} */ pair) => pair.trim() === `${cookieName}=${MASK}`;
  return value.split(";").map((pair) => (isLogin(pair) ? pair.replace(MASK, () => token) : pair)).join(";");
}

/** The body; null if there was none. @param {Message} message @returns {Body | null} */
function bodyOf({ headers, body, bodyBase64, bodyBytes }) {
  const promised = headers.find(([name]) => name === "content-length")?.[1] ?? bodyBytes;
  const isWhole = Number(promised) === bodyBytes && (bodyBase64 ?? body) !== null;
  if (isWhole && bodyBytes === 0) return null;
  if (isWhole && bodyBase64 !== undefined) return { bytes: atob(bodyBase64) };
  const text = isWhole && body !== null ? body : NOT_KEPT;
  return { text, bytes: bytesOf(text), json: plainJson(text) };
}

/**
 * What a test expects of the response: nothing if its client cannot send this request unchanged.
 * @param {number | null} status @param {boolean} breaks @param {boolean} isOther
 */
export function expectation(status, breaks, isOther) {
  return breaks ? "breaks" : status === null || isOther ? "nothing" : "status";
}
