/** The stored lead lists of a world, the newest first; each opens to its JSON. */

/** @import { Api } from "./api.js" */
/** @import { LeadList } from "./types.js" */

import { bodyView } from "./body.js";
import { button, byId, el, fill, refill } from "./dom.js";
import { counted, short } from "./showing.js";

const SHOWN_AT_ONCE = 100;
const COLUMNS = ["Name", "Type", "From", "To", "Persons", "Companies", "Users", "Created"];

export class Lists {
  #api;
  /** @type {LeadList[]} the newest first */
  #lists = [];
  #most = SHOWN_AT_ONCE;
  #text = byId("lists-text", HTMLInputElement);
  #place = byId("lists-table", HTMLElement);
  /** @type {Set<string>} ids of those that are open */
  #open = new Set();

  /** @param {Api} api */
  constructor(api) {
    this.#api = api;
    this.#text.addEventListener("input", () => this.#show());
  }

  /** Whether the lists are visible; while they are not, they are not requested. */
  get isShown() {
    return !byId("lists", HTMLElement).hidden;
  }

  async load() {
    if (!this.isShown) return;
    this.#lists = (await this.#api.get("lists")).lists.reverse();
    this.#show();
  }

  #show() {
    const wanted = this.#text.value.toLowerCase();
    const found = wanted
      ? this.#lists.filter((each) => JSON.stringify(each).toLowerCase().includes(wanted))
      : this.#lists;
    const count = counted(found.length, "lead list");
    fill(byId("lists-state", HTMLElement), wanted ? `${count} of ${this.#lists.length}` : count);
    if (!found.length) {
      const none = this.#lists.length ? "None has this text." : "None yet. Create one, or seed some.";
      fill(this.#place, el("p", { class: "empty" }, none));
      return;
    }
    const rows = found.slice(0, this.#most).flatMap((each) => this.#rows(each));
    const head = el("tr", {}, ...COLUMNS.map((each) => el("th", { scope: "col" }, each)));
    const more = button(`Show more of ${found.length.toLocaleString("en")}`, () => {
      this.#most *= 4;
      this.#show();
    });
    const table = el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
    refill(this.#place, table, found.length > this.#most && more);
  }

  /** @param {LeadList} list */
  #rows(list) {
    const isOpen = this.#open.has(list.id);
    const named = { class: "name", "data-key": list.id, "aria-expanded": String(isOpen) };
    const name = button(short(list.name) || "(empty)", () => toggle(), named);
    const whole = el("td", { colspan: COLUMNS.length });
    const below = el("tr", { class: "whole" }, whole);
    const show = (/** @type {boolean} */ isOpen) => {
      name.setAttribute("aria-expanded", String(isOpen));
      below.hidden = !isOpen;
      const body = JSON.stringify(list);
      const bodyBytes = new TextEncoder().encode(body).length;
      fill(whole, isOpen && bodyView({ headers: [], body, bodyBytes }, [], "The lead list"));
    };
    const toggle = () => {
      if (!this.#open.delete(list.id)) this.#open.add(list.id);
      show(this.#open.has(list.id));
    };
    show(isOpen);
    const cells = [
      name,
      list.type,
      list.startDate.slice(0, 10),
      list.endDate.slice(0, 10),
      list.personIds.length,
      list.companyIds.length,
      list.userIds.join(", "),
      list.createdAt.slice(0, 19).replace("T", " "),
    ];
    return [el("tr", {}, ...cells.map((each) => el("td", { class: typeof each === "number" ? "number" : "" }, each))), below];
  }
}
