/** The list of requests: live, the newest first, filtered, no longer than anybody reads. */

/** @import { Exchange } from "./types.js" */

import { byId, el, fill } from "./dom.js";
import { fits } from "./filter.js";
import { NEWEST } from "./live.js";
import { counted, durationOf, statusView } from "./showing.js";

const BODY_CHARACTERS = 90;

/** @typedef {{exchange: Exchange, item: HTMLLIElement, button: HTMLButtonElement}} Row */

export class Requests {
  #choose;
  /** @type {Row[]} the newest first */
  #rows = [];
  /** @type {Exchange[]} the oldest first */
  #waiting = [];
  #isPaused = false;
  #isAsked = false;
  #isBeginning = false;
  #list = byId("journal", HTMLUListElement);
  #text = byId("filter-text", HTMLInputElement);
  #status = byId("filter-status", HTMLSelectElement);
  #verdict = byId("filter-verdict", HTMLSelectElement);

  /** @param {(exchange: Exchange) => void} choose */
  constructor(choose) {
    this.#choose = choose;
    const form = byId("filter", HTMLFormElement);
    form.addEventListener("input", () => this.#filter());
    form.addEventListener("submit", (event) => event.preventDefault());
    const pause = byId("pause", HTMLButtonElement);
    pause.addEventListener("click", () => {
      this.#isPaused = !this.#isPaused;
      pause.setAttribute("aria-pressed", String(this.#isPaused));
      fill(pause, this.#isPaused ? "Go on" : "Pause");
      this.#ask();
    });
    this.#list.addEventListener("keydown", (event) => this.#move(event));
  }

  /** The journal begins anew: what is in it follows. */
  begin() {
    this.#waiting = [];
    this.#isBeginning = true;
    this.#ask();
  }

  /** @param {Exchange} exchange */
  add(exchange) {
    this.#waiting.push(exchange);
    if (this.#waiting.length > NEWEST) this.#waiting.shift();
    this.#ask();
  }

  /** Go back to the row of a request, if it is still there. @param {Exchange | null} exchange */
  focus(exchange) {
    const row = this.#rows.find((each) => each.exchange === exchange) ?? this.#rows[0];
    row?.button.focus();
  }

  #ask() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    // A frame may be long in coming, as in a tab that nobody looks at; the list is then bounded as well.
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#flush();
    });
  }

  #flush() {
    if (this.#isBeginning && !this.#isPaused) {
      this.#isBeginning = false;
      this.#rows = [];
      fill(this.#list);
    }
    if (!this.#isPaused) {
      const rows = this.#waiting.map((each) => this.#row(each)).reverse();
      this.#waiting = [];
      this.#list.prepend(...rows.map((each) => each.item));
      this.#rows.unshift(...rows);
      for (const gone of this.#rows.splice(NEWEST)) gone.item.remove();
    }
    this.#tellState();
  }

  #filter() {
    const filter = this.#chosen();
    for (const row of this.#rows) row.item.hidden = !fits(row.exchange, filter);
    this.#tellState();
  }

  #chosen() {
    return { text: this.#text.value, status: this.#status.value, verdict: this.#verdict.value };
  }

  #tellState() {
    const shown = this.#rows.filter((each) => !each.item.hidden);
    const all = this.#rows.length;
    const waiting = this.#isPaused ? ` · ${this.#waiting.length} waiting` : "";
    const count = shown.length === all ? `${all} shown` : `${shown.length} of ${all} shown`;
    fill(byId("journal-state", HTMLElement), count + waiting);
    byId("journal-empty", HTMLElement).hidden = all > 0;
    const at = (/** @type {Element | null} */ button) => shown.find((each) => each.button === button);
    const stop = at(document.activeElement) ?? at(this.#list.querySelector("[aria-current]")) ?? shown[0];
    if (stop) this.#reach(stop.button);
  }

  /** @param {Exchange} exchange @returns {Row} */
  #row(exchange) {
    const { method, path, query, answer, user, fault, verdict, problems } = exchange;
    const { body, bodyBytes } = exchange.request;
    const about = problems[0]?.message ?? body?.slice(0, BODY_CHARACTERS) ?? counted(bodyBytes, "byte");
    const button = el(
      "button",
      { type: "button", class: "row", tabindex: -1 },
      statusView(answer.status),
      el("span", { class: "method" }, method || "?"),
      el("span", { class: "path" }, path + (query && `?${query}`)),
      el("span", { class: "duration" }, durationOf(exchange)),
      el("span", { class: `about ${problems.length ? "invalid" : ""}` }, about),
      el("span", { class: "who" }, user ?? "nobody"),
      (fault || verdict.answer === "invalid") &&
        el(
          "span",
          { class: "marks" },
          fault && el("span", { class: "fault" }, fault.what),
          verdict.answer === "invalid" && el("span", { class: "wrong-answer" }, "answer breaks the spec"),
        ),
    );
    const item = el("li", {}, button);
    item.hidden = !fits(exchange, this.#chosen());
    button.addEventListener("click", () => this.#take({ exchange, item, button }));
    return { exchange, item, button };
  }

  /** @param {Row} row */
  #take(row) {
    this.#list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    row.button.setAttribute("aria-current", "true");
    this.#reach(row.button);
    this.#choose(row.exchange);
  }

  /** One row at a time is reached by Tab; the arrow keys lead to the others. @param {HTMLButtonElement} button */
  #reach(button) {
    for (const each of this.#list.querySelectorAll("button[tabindex='0']")) each.setAttribute("tabindex", "-1");
    button.tabIndex = 0;
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const shown = this.#rows.filter((each) => !each.item.hidden).map((each) => each.button);
    const here = shown.findIndex((each) => each === document.activeElement);
    const there = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: shown.length - 1 }[event.key];
    const button = there === undefined ? undefined : shown[there];
    if (!button) return;
    event.preventDefault();
    this.#reach(button);
    button.focus();
  }
}
