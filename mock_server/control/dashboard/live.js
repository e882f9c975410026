/** The events of a world, followed until the web page closes; a lost connection is opened again. */

/** @import { Api } from "./api.js" */
/** @import { Exchange } from "./types.js" */

export const NEWEST = 500; // requests that the web page keeps; a longer list is unreadable
const AGAIN_FIRST_MS = 300;
const AGAIN_LAST_MS = 4000;

/**
 * @typedef {object} Follower
 * @property {() => Promise<void>} load Before the stream is asked for; what it throws counts as no connection.
 * @property {() => void} opened The newest requests follow, all that the page shall show.
 * @property {(exchange: Exchange) => void} request
 * @property {(of: string) => void} change
 * @property {(reason: unknown) => boolean} lost Whether to try again.
 */

export class Live {
  #api;
  #follower;
  /** @type {EventSource | null} */
  #source = null;
  #again = 0;
  #againMs = AGAIN_FIRST_MS;
  #attempt = 0;

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
    this.#source?.close();
    this.#attempt += 1;
  }

  #follow() {
    const source = new EventSource(this.#api.address(`events?last=${NEWEST}`));
    this.#source = source;
    source.addEventListener("open", () => {
      this.#againMs = AGAIN_FIRST_MS;
      this.#follower.opened();
    });
    source.addEventListener("request", (event) => this.#follower.request(JSON.parse(event.data)));
    source.addEventListener("change", (event) => this.#follower.change(JSON.parse(event.data).of));
    // Its own way to connect again asks for what came after an id; a mock that was restarted counts from 1.
    source.addEventListener("error", () => {
      source.close();
      if (source === this.#source) this.#lose(null);
    });
  }

  /** @param {unknown} reason */
  #lose(reason) {
    if (!this.#follower.lost(reason)) return;
    this.#again = setTimeout(() => this.start(), this.#againMs);
    this.#againMs = Math.min(this.#againMs * 2, AGAIN_LAST_MS);
  }
}
