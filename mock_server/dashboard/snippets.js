/**
 * A recorded request as text to paste elsewhere.
 * @import { Exchange } from "./types.js"
 */

export const FORMATS = [{ id: "curl", label: "curl" }];

/**
 * @param {string} _id One of FORMATS.
 * @param {Exchange} exchange
 * @param {{url: string, token: string | null, cookieName?: string}} mock Where it is, and the login of the user.
 */
export function snippet(_id, exchange, { url, token }) {
  const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const parts = ["curl", "-i", "-X", exchange.method, quoted(url + exchange.path)];
  if (token) parts.push("-H", quoted(`Authorization: Bearer ${token}`));
  if (exchange.request.body) {
    parts.push("-H", quoted("Content-Type: application/json"), "--data-binary", quoted(exchange.request.body));
  }
  return parts.join(" ");
}
