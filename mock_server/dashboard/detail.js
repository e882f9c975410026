/** One exchange in full: what it was, why it was refused, both messages with their problems, and copies of it. */

/** @import { Api } from "./api.js" */
/** @import { Exchange, FoundProblem, Message } from "./types.js" */

import { bodyView } from "./body.js";
import { copyMenu } from "./copying.js";
import { button, byId, el, fill } from "./dom.js";
import { durationOf, statusView } from "./showing.js";

const DOORS = {
  prefer: "the header Prefer",
  header: "the header X-Mock-Fault",
  cookie: "the cookie mock_fault",
  control: "the switches",
};
const JUDGED = { valid: "keeps the spec", invalid: "breaks the spec", unjudged: "not judged" };

export class Detail {
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

  /** @param {Exchange} exchange */
  show(exchange) {
    this.#shown = exchange;
    const of = (/** @type {"request" | "answer"} */ kind) => exchange.problems.filter((each) => each.of === kind);
    fill(
      this.#place,
      this.#head(exchange),
      facts(exchange, this.#api.world ?? byId("world-name", HTMLElement).textContent ?? ""),
      reasons(exchange),
      copyMenu(exchange, this.#api),
      messageView("Request", exchange.request, of("request")),
      messageView("Answer", exchange.answer, of("answer")),
    );
    this.#place.parentElement?.classList.add("chosen");
    this.#place.scrollTop = 0;
    this.#place.focus({ preventScroll: true });
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
    ["Took", durationOf(exchange)],
    ["At", at.replace("T", " ").replace("Z", " UTC")],
    ["User", user ?? "nobody"],
    ["World", world],
    ["Operation", operation ?? "none of the spec"],
    ["Request", el("span", { class: `verdict ${verdict.request}` }, JUDGED[verdict.request])],
    ["Answer", el("span", { class: `verdict ${verdict.answer}` }, JUDGED[verdict.answer])],
  ];
  if (fault) told.push(["Fault", el("span", {}, el("span", { class: "fault" }, fault.what), ` by ${door}`)]);
  if (!answer.complete) told.push(["Broken off", answer.status === null ? "before any answer" : "before its end"]);
  return el("dl", { class: "facts" }, ...told.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/** Why it was refused, or is wrong: what the answer says, and each problem. @param {Exchange} exchange */
function reasons({ answer, problems }) {
  const said = (answer.status ?? 0) >= 400 ? messageOf(answer.body) : null;
  if (!said && !problems.length) return null;
  const list = problems.map((each) =>
    el("li", {}, el("code", {}, each.of === "answer" ? `answer ${each.path}` : each.path || "/"), " ", each.message),
  );
  return el(
    "section",
    { class: "why" },
    el("h3", {}, (answer.status ?? 0) >= 400 ? "Why it was refused" : "What is wrong"),
    said && el("p", {}, said),
    list.length > 0 && el("ul", {}, ...list),
  );
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
  const whole = problems.filter((each) => each.path === "");
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
    whole.length > 0 && el("ul", { class: "problems whole" }, ...whole.map((each) => el("li", {}, each.message))),
    bodyView(message, problems.filter((each) => each.path !== ""), `${title} body`),
  );
}
