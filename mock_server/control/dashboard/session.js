/** Who is signed in in this browser, by the cookie of the mock's host, and the buttons that change it. */

/** @import { Api } from "./api.js" */

import { button, byId, fill, refill } from "./dom.js";
import { attempt, tell } from "./notice.js";
import { short } from "./showing.js";

export class Session {
  #api;
  /** @type {string[]} */
  #users = [];
  #shown = "";

  /** @param {Api} api */
  constructor(api) {
    this.#api = api;
  }

  /** @param {string[]} users */
  async load(users = this.#users) {
    this.#users = users;
    const { user, expired } = await this.#api.get("sessions");
    const written = JSON.stringify([users, user, expired]);
    if (written === this.#shown) return; // keep the button that the user is about to press
    this.#shown = written;
    const state = expired ? "An expired session" : user === null ? "Not signed in" : `Signed in as ${short(user)}`;
    fill(byId("session-state", HTMLElement), `${state} on ${location.hostname}`);
    const choice = (/** @type {string} */ label, /** @type {boolean} */ isOn, /** @type {() => Promise<unknown>} */ work) =>
      button(label, () => this.#change(work), { "aria-pressed": String(isOn) });
    refill(
      byId("session", HTMLElement),
      ...users.map((each) => choice(short(each), each === user, () => this.#api.post("sessions", { user: each }))),
      choice("Expired", expired, () => this.#api.post("sessions", { user: users[0], expired: true })),
      choice("Signed out", user === null && !expired, () => this.#api.delete("sessions")),
    );
  }

  /** @param {() => Promise<unknown>} work */
  #change(work) {
    return attempt(async () => {
      await work();
      await this.load();
      tell(byId("session-state", HTMLElement).textContent ?? "");
    });
  }
}
