/** The list of requests: live, newest first, filtered, bounded in length. */

/** @import { Exchange } from "./types.js" */

import { byId, el, fill } from "./dom.js";
import { readable } from "./fault_words.js";
import { fits } from "./filter.js";
import { NEWEST } from "./live.js";
import { counted, durationOf, short, statusView } from "./showing.js";

const BODY_CHARACTERS_KEPT = 16_000_000; // of all that the dashboard keeps; else 500 large requests are some 400 MB
const BODY_CHARACTERS = 90;
const PATH_CHARACTERS = 300;

/** @typedef {{exchange: Exchange, item: HTMLLIElement, button: HTMLButtonElement}} Row */

export class Requests {
  #choose;
  #offer;
  /** @type {Row[]} the newest first */
  #rows = [];
  /** @type {Exchange[]} the newest first */
  #waiting = [];
  /** @type {Exchange | null} the last exchange that arrived */
  #taken = null;
  #isPaused = false;
  #isAsked = false;
  #isBeginning = false;
  /** The newest request opens itself until the user chooses or closes one. */
  #follows = true;
  #list = byId("journal", HTMLUListElement);
  #pause = byId("pause", HTMLButtonElement);
  #text = byId("filter-text", HTMLInputElement);
  #status = byId("filter-status", HTMLSelectElement);
  #verdict = byId("filter-verdict", HTMLSelectElement);

  /** @param {(exchange: Exchange) => void} choose @param {(exchange: Exchange) => boolean} offer Shows it if the user does nothing there. */
  constructor(choose, offer) {
    this.#choose = choose;
    this.#offer = offer;
    const form = byId("filter", HTMLFormElement);
    form.addEventListener("input", () => this.#filter());
    form.addEventListener("submit", (event) => event.preventDefault());
    this.#pause.addEventListener("click", () => this.#setPaused(!this.#isPaused));
    this.#list.addEventListener("keydown", (event) => this.#move(event));
  }

  /** Show the next request, even if the list is filtered or paused. */
  goOn() {
    this.#taken = null;
    this.#follows = true;
    this.#setPaused(false);
  }

  /** @param {boolean} isPaused */
  #setPaused(isPaused) {
    this.#isPaused = isPaused;
    this.#pause.setAttribute("aria-pressed", String(isPaused));
    fill(this.#pause, isPaused ? "Go on" : "Pause");
    this.#ask();
  }

  /** The journal was cleared; its entries follow. */
  begin() {
    this.#waiting = [];
    this.#isBeginning = true;
    this.#ask();
  }

  /** @param {Exchange} exchange */
  add(exchange) {
    this.#waiting.unshift(exchange);
    this.#waiting.length = countKept(this.#waiting);
    this.#ask();
  }

  /** Go back to the row of a request, if it is still there. @param {Exchange | null} exchange */
  focus(exchange) {
    this.#follows = false;
    const row = this.#rows.find((each) => isSame(each.exchange, exchange)) ?? this.#rows[0];
    row?.button.focus();
  }

  #ask() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    // A frame may come late, as in a hidden tab; the list is bounded then as well.
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
      const rows = this.#waiting.map((each) => this.#row(each));
      this.#waiting = [];
      this.#list.prepend(...rows.map((each) => each.item));
      this.#rows.unshift(...rows);
      const kept = countKept(this.#rows.map((each) => each.exchange));
      for (const gone of this.#rows.splice(kept)) gone.item.remove();
      if (rows.length) this.#follow();
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
    const about = problems[0]?.message ?? (body === null ? null : short(body, BODY_CHARACTERS)) ?? counted(bodyBytes, "byte");
    const button = el(
      "button",
      { type: "button", class: "row", tabindex: -1, "aria-current": isSame(exchange, this.#taken) && "true" },
      statusView(answer.status),
      el("span", { class: "method" }, method || "No HTTP"),
      el("span", { class: "path" }, short(path + (query && `?${query}`), PATH_CHARACTERS)),
      el("span", { class: "duration" }, durationOf(exchange)),
      el("span", { class: `about ${problems.length ? "invalid" : ""}` }, about),
      el("span", { class: "who" }, short(user ?? "nobody")),
      (fault || verdict.answer === "invalid") &&
        el(
          "span",
          { class: "marks" },
          fault && el("span", { class: "fault" }, readable(fault.what)),
          verdict.answer === "invalid" && el("span", { class: "wrong-answer" }, "response breaks the spec"),
        ),
    );
    const item = el("li", {}, button);
    item.hidden = !fits(exchange, this.#chosen());
    button.addEventListener("click", () => this.#take({ exchange, item, button }));
    return { exchange, item, button };
  }

  /** @param {Row} row */
  #take(row) {
    this.#follows = false;
    this.#mark(row);
    this.#reach(row.button);
    this.#choose(row.exchange);
  }

  #follow() {
    const newest = this.#rows.find((each) => !each.item.hidden);
    if (this.#follows && newest && this.#offer(newest.exchange)) this.#mark(newest);
  }

  /** @param {Row} row */
  #mark(row) {
    this.#list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    row.button.setAttribute("aria-current", "true");
    this.#taken = row.exchange;
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

/** Whether it is the same request, sent again after a lost connection. @param {Exchange} one @param {Exchange | null} other */
function isSame(one, other) {
  return one.id === other?.id && one.at === other.at;
}

/** How many of these, the newest first, the dashboard keeps: the newest in any case. @param {Exchange[]} exchanges */
function countKept(exchanges) {
  let characters = 0;
  const end = exchanges.findIndex(({ request, answer }, i) => {
    for (const each of [request, answer]) characters += (each.body ?? each.bodyBase64 ?? "").length;
    return i === NEWEST || (i > 0 && characters > BODY_CHARACTERS_KEPT);
  });
  return end < 0 ? exchanges.length : end;
}
