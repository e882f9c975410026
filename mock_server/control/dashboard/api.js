/** Calls of the control API, about one world. What it refuses becomes an error with words to show. */

/** @import { Problem } from "./types.js" */

const BASE = "/__mock__/";
const TOKEN_KEPT = "leadlists-mock-token";

/** A token as it can be sent; what else came along when it was copied is left out. @param {string} text */
const sendable = (text) => text.replace(/[^!-~]/g, "");

/** The mock answered, and refused. */
export class Refused extends Error {
  /** @param {number} status @param {string} message @param {Problem[]} details */
  constructor(status, message, details) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** The mock did not answer. */
export class Unreachable extends Error {}

export class Api {
  /** @type {string | null} null: the world that the address of this web page names, by host or cookie */
  world = new URLSearchParams(location.search).get("world");
  #token = takeToken();

  /** @param {string} token */
  set token(token) {
    this.#token = sendable(token);
    keep(this.#token);
  }

  /** @param {string} call @param {number} [timeoutMs] */
  get(call, timeoutMs) {
    return this.#send("GET", call, undefined, "same-origin", timeoutMs);
  }

  /** @param {string} call @param {unknown} [body] */
  put(call, body) {
    return this.#send("PUT", call, body);
  }

  /** @param {string} call @param {unknown} [body] */
  post(call, body) {
    return this.#send("POST", call, body);
  }

  /** @param {string} call */
  delete(call) {
    return this.#send("DELETE", call);
  }

  /**
   * The login of a user. The cookie of the response is ignored, so that reading a login does not sign in.
   * @param {string} user
   * @returns {Promise<string>}
   */
  async tokenOf(user) {
    return (await this.#send("POST", "sessions", { user }, "omit")).token;
  }

  /** The address of a call that takes no headers, which an event stream does not. @param {string} call */
  address(call) {
    const url = this.#url(call);
    if (this.#token) url.searchParams.set("token", this.#token);
    return url.href;
  }

  /** @param {string} call */
  #url(call) {
    const url = new URL(BASE + call, location.origin);
    if (this.world !== null) url.searchParams.set("world", this.world);
    return url;
  }

  /**
   * @param {string} method @param {string} call @param {unknown} [body] @param {RequestCredentials} [credentials]
   * @param {number} [timeoutMs]
   * @returns {Promise<any>}
   */
  async #send(method, call, body, credentials = "same-origin", timeoutMs) {
    /** @type {Record<string, string>} */
    const headers = { "X-Mock-Control": this.#token || "1" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const sent = body === undefined ? null : JSON.stringify(body);
    let status = 0;
    let text = "";
    const signal = timeoutMs ? AbortSignal.timeout(timeoutMs) : null;
    try {
      const answer = await fetch(this.#url(call), { method, headers, body: sent, credentials, signal });
      status = answer.status;
      text = await answer.text();
    } catch {
      throw new Unreachable(signal?.aborted ? "The mock has not answered in time." : "The mock does not answer.");
    }
    if (status >= 400) throw refusal(status, text);
    try {
      return text ? JSON.parse(text) : null;
    } catch {
      throw new Unreachable(`Something else answers in place of the mock: forward ${BASE} to the mock in your dev server.`);
    }
  }
}

/** @param {number} status @param {string} text */
function refusal(status, text) {
  try {
    const { message, details } = JSON.parse(text).error;
    return new Refused(status, String(message), details ?? []);
  } catch {
    return new Refused(status, `The mock answers ${status}.`, []);
  }
}

/** The token that the address of this web page brings, or brought before. It leaves the address at once. */
function takeToken() {
  const url = new URL(location.href);
  const found = new URLSearchParams(url.hash.slice(1)).get("token") ?? url.searchParams.get("token");
  if (found !== null) {
    const given = sendable(found);
    url.searchParams.delete("token");
    url.hash = "";
    history.replaceState(null, "", url);
    keep(given);
    return given;
  }
  try {
    return sessionStorage.getItem(TOKEN_KEPT) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} token */
function keep(token) {
  try {
    sessionStorage.setItem(TOKEN_KEPT, token);
  } catch {
    // A browser that keeps nothing asks again after a reload.
  }
}
