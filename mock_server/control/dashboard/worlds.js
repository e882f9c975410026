/** The worlds that there are: look at another one, or drop one. */

/** @import { Api } from "./api.js" */
/** @import { WorldEntry } from "./types.js" */

import { button, byId, el, fill, refill } from "./dom.js";
import { ask, attempt, tell } from "./notice.js";
import { counted, short } from "./showing.js";

export class Worlds {
  #api;
  #switchTo;
  #shown = "";

  /** @param {Api} api @param {(world: string) => void} switchTo */
  constructor(api, switchTo) {
    this.#api = api;
    this.#switchTo = switchTo;
  }

  /** @param {string} world The one looked at. @returns {Promise<number>} the ID of its newest request */
  async load(world) {
    /** @type {WorldEntry[]} */
    const worlds = (await this.#api.get("worlds")).worlds;
    const [first, ...others] = worlds; // that of the name default comes first, then the one used longest ago
    const sorted = first ? [first, ...others.reverse()] : [];
    const entry = worlds.find((each) => each.name === world);
    const newest = entry?.newest ?? 0;
    for (const of of /** @type {const} */ (["requests", "lists"])) {
      fill(byId(`count-${of}`, HTMLElement), entry?.counts[of].toLocaleString("en") ?? "");
    }
    // Rebuild only what changed, so that the button that the user is about to press stays.
    const written = JSON.stringify([world, sorted.map(({ name, counts }) => [name, counts])]);
    if (written === this.#shown) return newest;
    this.#shown = written;
    refill(byId("worlds", HTMLElement), ...sorted.map((each) => this.#item(each, world)));
    return newest;
  }

  /** @param {WorldEntry} entry @param {string} world */
  #item({ name, counts }, world) {
    const has = [counted(counts.lists, "list"), counted(counts.requests, "request"), counted(counts.faults, "fault")];
    const shown = short(name);
    const look = button(shown, () => this.#switchTo(name), { class: "name", "aria-pressed": String(name === world) });
    const drop = () =>
      attempt(async () => {
        if (!(await ask(`Drop the world ${shown} with ${has.join(", ")} and its snapshots?`, "Drop"))) return;
        if (name === world) this.#switchTo("default"); // first: the web page's event stream would make the world again
        await this.#api.delete(`worlds/${encodeURIComponent(name)}`);
        tell(`World ${shown} dropped`);
        this.#switchTo(name === world ? "default" : world);
      });
    return el(
      "li",
      {},
      el("span", {}, look, el("small", {}, has.join(" · "))),
      button("Drop", drop, { "aria-label": `Drop world ${shown}` }),
    );
  }
}
