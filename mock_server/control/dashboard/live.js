/** The events of a world, followed until the web page closes; a lost connection is opened again. */

/** @import { Api } from "./api.js" */
/** @import { Exchange } from "./types.js" */
/** @import { Stream } from "./stream.js" */

import { follow } from "./stream.js";

export const NEWEST = 500; // requests that the web page keeps; a longer list is unreadable
const AGAIN_FIRST_MS = 300;
const AGAIN_LAST_MS = 4000;
const HELLO_MS = 4000; // the first event comes at once, unless something holds the stream back
const EVENT_MS = 2000; // and so does that of each request

/** This browser follows as many worlds as it can. */
export class Full extends Error {}

/** The mock answers, and its events do not arrive. */
export class HeldBack extends Error {}

/**
 * @typedef {object} Follower
 * @property {() => Promise<void>} load Before the stream is asked for; what it throws counts as no connection.
 * @property {() => void} opened The newest requests follow, all that the dashboard shall show.
 * @property {(exchange: Exchange) => void} request
 * @property {(of: string) => void} change
 * @property {() => void} late A request happened, and its event does not come.
 * @property {(reason: unknown) => boolean} lost Whether to try again.
 */

export class Live {
  #api;
  #follower;
  /** @type {Stream | null} */
  #stream = null;
  #again = 0;
  #againMs = AGAIN_FIRST_MS;
  #attempt = 0;
  #hello = 0;
  #received = 0; // the ID of the newest request whose event came
  #expected = 0;

  /** @param {Api} api @param {Follower} follower */
  constructor(api, follower) {
    this.#api = api;
    this.#follower = follower;
  }

  /** Start, or start again with another world. */
  async start() {
    this.rest();
    const attempt = this.#attempt;
    try {
      await this.#follower.load(); // an event stream cannot tell why it was refused; this can
    } catch (error) {
      if (attempt === this.#attempt) this.#lose(error);
      return;
    }
    // Another start may have come in between; only the newest goes on.
    if (attempt === this.#attempt) this.#follow();
  }

  /** Leave the connection to others until the next start. */
  rest() {
    clearTimeout(this.#again);
    clearTimeout(this.#hello);
    this.#stream?.close();
    this.#stream = null;
    this.#attempt += 1;
  }

  /** Report the stream as late unless the event of this request comes soon. @param {number} newest its ID */
  expect(newest) {
    if (newest <= this.#received || newest <= this.#expected) return;
    const attempt = this.#attempt;
    this.#expected = newest;
    setTimeout(() => {
      if (attempt === this.#attempt && this.#expected > this.#received) this.#follower.late();
    }, EVENT_MS);
  }

  #follow() {
    const attempt = this.#attempt;
    let isOpen = false;
    this.#received = this.#expected = 0;
    const ifCurrent = (/** @type {(data: string) => void} */ work) => (data = "") => {
      if (attempt === this.#attempt) work(data);
    };
    this.#hello = setTimeout(ifCurrent(() => {
      this.rest();
      this.#lose(new HeldBack("The mock answers, but its events do not arrive."));
    }), HELLO_MS);
    this.#stream = follow(this.#api.address(`events?last=${NEWEST}`), {
      hello: ifCurrent(() => {
        clearTimeout(this.#hello);
        isOpen = true;
        this.#againMs = AGAIN_FIRST_MS;
        this.#follower.opened();
      }),
      request: ifCurrent((data) => {
        const exchange = JSON.parse(data);
        this.#received = exchange.id;
        this.#follower.request(exchange);
      }),
      change: ifCurrent((data) => {
        const { of } = JSON.parse(data);
        if (of === "requests") this.#expected = 0; // the journal was cleared
        this.#follower.change(of);
      }),
      full: ifCurrent(() => {
        this.rest();
        this.#lose(new Full("Dashboards of four other worlds are open in this browser. Close one: more would take all connections from your web pages."));
      }),
      lost: ifCurrent(() => {
        this.rest();
        this.#lose(isOpen ? null : new HeldBack("The mock answers, but its events are refused."));
      }),
    });
  }

  /** @param {unknown} reason */
  #lose(reason) {
    if (!this.#follower.lost(reason)) return;
    this.#again = setTimeout(() => this.start(), this.#againMs);
    this.#againMs = Math.min(this.#againMs * 2, AGAIN_LAST_MS);
  }
}
