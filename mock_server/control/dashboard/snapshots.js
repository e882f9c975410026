/** The snapshots of a world: take one, bring its lead lists back, forget it. */

/** @import { Api } from "./api.js" */

import { button, byId, el, refill } from "./dom.js";
import { attempt, tell } from "./notice.js";
import { counted, short } from "./showing.js";

export class Snapshots {
  #api;

  /** @param {Api} api */
  constructor(api) {
    this.#api = api;
    const name = byId("snapshot-name", HTMLInputElement);
    byId("snapshot-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(async () => {
        await api.put(call(name.value));
        tell(`Snapshot ${name.value} taken`);
        name.value = "";
      });
    });
  }

  async load() {
    /** @type {{name: string, lists: number}[]} */
    const snapshots = (await this.#api.get("snapshots")).snapshots;
    refill(byId("snapshots", HTMLElement), ...snapshots.map((each) => this.#item(each)));
  }

  /** @param {{name: string, lists: number}} snapshot */
  #item({ name, lists }) {
    const shown = short(name);
    const restore = () =>
      attempt(async () => {
        await this.#api.post(`${call(name)}/restore`);
        tell(`Snapshot ${shown} restored: ${counted(lists, "lead list")}`);
      });
    const drop = () =>
      attempt(async () => {
        await this.#api.delete(call(name));
        byId("snapshot-name", HTMLElement).focus();
      });
    return el(
      "li",
      {},
      el("span", {}, el("strong", {}, shown), el("small", {}, counted(lists, "lead list"))),
      button("Restore", restore, { "aria-label": `Restore snapshot ${shown}` }),
      button("Drop", drop, { "aria-label": `Drop snapshot ${shown}` }),
    );
  }
}

/** @param {string} name */
function call(name) {
  return `snapshots/${encodeURIComponent(name)}`;
}
