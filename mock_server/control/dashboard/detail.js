/** One exchange in full: what it was, why it was refused, both messages with their problems, and copies of it. */

/** @import { Api } from "./api.js" */
/** @import { Exchange, FoundProblem, Message } from "./types.js" */

import { bodyView } from "./body.js";
import { copyMenu } from "./copying.js";
import { button, byId, el, fill } from "./dom.js";
import { readable } from "./fault_words.js";
import { durationOf, short, statusView, timeOf } from "./showing.js";

const DOORS = {
  prefer: "the header Prefer",
  header: "the header X-Mock-Fault",
  cookie: "the cookie mock_fault",
  control: "the faults in force",
};
const JUDGED = { valid: "valid", invalid: "invalid", unjudged: "not judged" };

export class Detail {
  cookieName = ""; // of the mock's sessions
  #api;
  #closed;
  #place = byId("detail", HTMLElement);
  /** @type {Exchange | null} */
  #shown = null;

  /** @param {Api} api @param {(exchange: Exchange | null) => void} closed */
  constructor(api, closed) {
    this.#api = api;
    this.#closed = closed;
    this.#place.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
    this.clear();
  }

  /** Show an exchange that the user has chosen. @param {Exchange} exchange */
  show(exchange) {
    this.#fill(exchange);
    this.#place.parentElement?.classList.add("chosen");
    this.#place.focus({ preventScroll: true });
  }

  /**
   * Show an exchange that just arrived, if there is room next to the list and the user does nothing here.
   * @param {Exchange} exchange
   */
  offer(exchange) {
    const isBesideList = this.#place.checkVisibility();
    const isInUse = this.#place.matches(":hover, :focus-within") || this.#place.contains(getSelection()?.anchorNode ?? null);
    if (!isBesideList || isInUse) return false;
    this.#fill(exchange);
    return true;
  }

  /** @param {Exchange} exchange */
  #fill(exchange) {
    this.#shown = exchange;
    const of = (/** @type {"request" | "answer"} */ kind) => exchange.problems.filter((each) => each.of === kind);
    fill(
      this.#place,
      this.#head(exchange),
      facts(exchange, short(this.#api.world ?? "")),
      reason(exchange),
      copyMenu(exchange, this.#api, this.cookieName),
      messageView("Request", exchange.request, of("request")),
      messageView("Response", exchange.answer, of("answer")),
    );
    this.#place.scrollTop = 0;
  }

  close() {
    const shown = this.#shown;
    this.clear();
    this.#closed(shown);
  }

  /** Show none, and leave the focus where it is. */
  clear() {
    this.#shown = null;
    this.#place.parentElement?.classList.remove("chosen");
    fill(this.#place, el("p", { class: "empty" }, "Choose a request to see all of it."));
  }

  /** @param {Exchange} exchange */
  #head({ id, method, path, query, answer }) {
    return el(
      "header",
      {},
      statusView(answer.status),
      el("h2", {}, `${method || "No HTTP"} ${path}${query && `?${query}`}`),
      el("span", { class: "muted" }, `#${id}`),
      button("Close", () => this.close()),
    );
  }
}

/** @param {Exchange} exchange @param {string} world */
function facts(exchange, world) {
  const { at, user, operation, fault, verdict, answer } = exchange;
  const door = fault && (DOORS[/** @type {keyof DOORS} */ (fault.door)] ?? fault.door);
  /** @type {[string, string | Node][]} */
  const told = [
    ["At", el("time", { datetime: at, title: at }, `${timeOf(at)} UTC`)],
    ["Took", durationOf(exchange)],
    ["User", user ?? "nobody"],
    ["World", world],
    ["Operation", operation ?? "none of the spec"],
    ["Request", el("span", { class: `verdict ${verdict.request}` }, JUDGED[verdict.request])],
    ["Response", el("span", { class: `verdict ${verdict.answer}` }, JUDGED[verdict.answer])],
  ];
  if (fault) told.push(["Fault", el("span", {}, el("span", { class: "fault" }, readable(fault.what)), ` by ${door}`)]);
  if (!answer.complete) told.push(["Cut off", answer.status === null ? "before any response" : "before its end"]);
  return el("dl", { class: "facts" }, ...told.map(([name, value]) => el("div", { class: name }, el("dt", {}, name), el("dd", {}, value))));
}

/** The reason of a refusal, from the response; the body shows the problems. @param {Exchange} exchange */
function reason({ answer }) {
  const said = (answer.status ?? 0) >= 400 ? messageOf(answer.body) : null;
  return said && el("section", { class: "why" }, el("h3", {}, "Why it was refused"), el("p", {}, said));
}

/** @param {string | null} body */
function messageOf(body) {
  try {
    const message = JSON.parse(body ?? "").error.message;
    return typeof message === "string" ? message : null;
  } catch {
    return null;
  }
}

/** @param {string} title @param {Message} message @param {FoundProblem[]} problems */
function messageView(title, message, problems) {
  const count = message.headers.length;
  const rows = message.headers.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)));
  return el(
    "section",
    { class: "message" },
    el("h3", {}, title),
    el(
      "details",
      {},
      el("summary", {}, `${count} ${count === 1 ? "header" : "headers"}`),
      el("dl", { class: "headers" }, ...rows),
    ),
    bodyView(message, problems, `${title} body`),
  );
}
