/** The clock of a world: what it shows, and by how much it is moved. */

/** @import { Api } from "./api.js" */

import { byId, fill } from "./dom.js";
import { attempt, tell } from "./notice.js";

const UNITS_S = { day: 86_400, hour: 3_600, minute: 60, second: 1 };

export class Clock {
  #api;
  #offsetS = 0;

  /** @param {Api} api */
  constructor(api) {
    this.#api = api;
    byId("clock-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      const amount = byId("clock-amount", HTMLInputElement).valueAsNumber;
      this.#move(this.#offsetS + amount * Number(byId("clock-unit", HTMLSelectElement).value));
    });
    byId("clock-back", HTMLElement).addEventListener("click", async () => {
      await this.#move(0);
      byId("clock-amount", HTMLElement).focus(); // the button is gone
    });
  }

  async load() {
    this.#show(await this.#api.get("clock"));
  }

  /** @param {{now: string, offsetS: number}} clock */
  #show({ now, offsetS }) {
    this.#offsetS = offsetS;
    const shown = now.slice(0, 16).replace("T", " ");
    fill(byId("clock-state", HTMLElement), `${shown} UTC${offsetS ? `, ${inWords(offsetS)}` : ""}`);
    fill(byId("now", HTMLElement), offsetS ? `· clock ${inWords(offsetS)}` : "");
    byId("clock-back", HTMLElement).hidden = !offsetS;
  }

  /** @param {number} offsetS */
  #move(offsetS) {
    return attempt(async () => {
      this.#show(await this.#api.put("clock", { offsetS }));
      tell(offsetS ? `The clock is moved, ${inWords(offsetS)}` : "The clock is back");
    });
  }
}

/** @param {number} offsetS */
function inWords(offsetS) {
  let restS = Math.abs(offsetS);
  const parts = [];
  for (const [unit, unitS] of Object.entries(UNITS_S)) {
    const count = unit === "second" ? Math.round(restS) : Math.floor(restS / unitS);
    restS -= count * unitS;
    if (count) parts.push(`${count.toLocaleString("en")} ${unit}${count === 1 ? "" : "s"}`);
  }
  return `${parts.join(" ")} ${offsetS > 0 ? "ahead" : "late"}`;
}
