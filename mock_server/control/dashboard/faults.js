/** The faults: a form for a new one, and those in force with what is left of them. */

/** @import { Api } from "./api.js" */
/** @import { Fault, Operation } from "./types.js" */

import { button, byId, el, fill, refill } from "./dom.js";
import { ANSWERS, EXPIRED, OTHER_STATUSES, again, effectOf, faultOf, reachOf } from "./fault_words.js";
import { attempt, tell } from "./notice.js";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const WORKS_FIRST = ["hang", "reset", "empty"]; // instead of processing the request; the others corrupt the response of a processed request

export class Faults {
  #api;
  /** @type {Fault[]} */
  #faults = [];
  #seed = 0;
  #form = byId("fault-form", HTMLFormElement);

  /** @param {Api} api */
  constructor(api) {
    this.#api = api;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      attempt(() => this.#add());
    });
    this.#form.addEventListener("input", () => this.#showFields());
  }

  /** Offer the statuses that the spec documents, and the users. @param {Operation[]} operations @param {string[]} users */
  offer(operations, users) {
    if (this.#form.childElementCount) return;
    const documented = [...new Set(operations.flatMap((each) => each.statuses))].sort();
    const others = OTHER_STATUSES.filter((each) => !documented.includes(each));
    const status = (/** @type {number} */ each) => el("option", { value: `status=${each}` }, `status ${each}`);
    const answer = ([name, words] = ["", ""]) => el("option", { value: `answer=${name}` }, words);
    const isFirst = ([name] = ["", ""]) => WORKS_FIRST.includes(name);
    const answers = Object.entries(ANSWERS);
    const what = el(
      "select",
      { name: "what" },
      el("option", { value: "" }, "the usual"),
      el("optgroup", { label: "Documented" }, ...documented.map(status)),
      el("optgroup", { label: "Of gateways and others" }, ...others.map(status)),
      el("optgroup", { label: "Session" }, el("option", { value: "session=expired" }, EXPIRED)),
      el("optgroup", { label: "Instead of processing" }, ...answers.filter(isFirst).map(answer)),
      el("optgroup", { label: "After processing" }, ...answers.filter((each) => !isFirst(each)).map(answer)),
    );
    const often = el(
      "select",
      { name: "often" },
      el("option", { value: "times" }, "the next"),
      el("option", { value: "share" }, "a share of all"),
      el("option", { value: "" }, "all until reset"),
    );
    const method = el(
      "select",
      { name: "method" },
      el("option", { value: "" }, "any"),
      ...METHODS.map((each) => el("option", {}, each)),
    );
    const path = { name: "path", placeholder: "any", pattern: "[\\/*].*", title: "It starts with /; * matches any text" };
    const number = (/** @type {Record<string, string | number | boolean>} */ more) =>
      el("input", { type: "number", min: 0, step: "any", ...more });
    what.value = `status=${documented.at(-1) ?? 500}`;
    fill(
      this.#form,
      el("label", { class: "full" }, "Response ", what),
      el("label", {}, "Delay, ms ", number({ name: "delayMs", max: 60000, placeholder: "none" })),
      el("label", {}, "p99, ms ", number({ name: "p99Ms", max: 60000, placeholder: "fixed", "aria-label": "p99 of the delay, ms" })),
      el("label", {}, "Method ", method),
      el("label", {}, "Path ", el("input", { ...path, autocomplete: "off", spellcheck: "false" })),
      el("label", {}, "For ", often),
      el("label", { "data-for": "times" }, "Requests ", number({ name: "times", min: 1, step: 1, value: 1 })),
      el("label", { "data-for": "share" }, "Percent ", number({ name: "percent", max: 100, value: 30 })),
      own(users),
      el("div", { class: "buttons full" }, el("button", { class: "strong" }, "Add fault"), button("Clear all", () =>
        attempt(async () => {
          await this.#api.delete("faults");
          tell("No more faults");
        }),
      )),
    );
    this.#showFields();
  }

  async load() {
    const { faults, seed } = await this.#api.get("faults");
    this.#faults = faults;
    this.#seed = seed;
    const items = this.#faults.map((fault, place) => this.#item(fault, place));
    refill(byId("faults", HTMLElement), ...(items.length ? items : [el("li", { class: "muted" }, "None in force")]));
  }

  #showFields() {
    const delay = this.#field("delayMs");
    delay.required = this.#value("what") === "" || this.#value("p99Ms") !== "";
    this.#field("p99Ms").min = delay.value || "0";
    if (this.#value("headers") !== "" && this.#value("p99Ms") === "") delay.required = false; // an effect of its own
    this.#field("body").disabled = !this.#value("what").startsWith("status=");
    this.#field("headers").disabled = WORKS_FIRST.includes(this.#value("what").replace("answer=", ""));
    const often = this.#value("often");
    for (const label of this.#form.querySelectorAll("[data-for]")) {
      const isShown = label.getAttribute("data-for") === often;
      label.toggleAttribute("hidden", !isShown);
      for (const input of label.querySelectorAll("input")) {
        input.disabled = !isShown;
        input.required = isShown;
      }
    }
  }

  /** @param {string} name */
  #field(name) {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem(name));
  }

  /** @param {string} name */
  #value(name) {
    return String(new FormData(this.#form).get(name) ?? "");
  }

  async #add() {
    const value = (/** @type {string} */ name) => this.#value(name);
    const fault = faultOf({
      what: value("what"), delayMs: value("delayMs"), p99Ms: value("p99Ms"),
      often: value("often"), times: value("times"), percent: value("percent"),
      method: value("method"), path: value("path"), user: value("user"), sent: value("sent"),
      body: value("body"), headers: value("headers"),
    });
    // At the front: the first match applies, and the user wants to see the newest.
    await this.#put((faults) => [fault, ...faults]);
    tell(`In force: ${effectOf(fault)}`);
  }

  /** @param {(faults: Fault[]) => Fault[]} change */
  async #put(change) {
    await this.load(); // what is left of them may have changed
    await this.#api.put("faults", { faults: again(change(this.#faults)), seed: this.#seed });
    await this.load();
  }

  /** @param {Fault} fault @param {number} place */
  #item(fault, place) {
    const remove = () =>
      attempt(async () => {
        await this.#put((faults) => faults.filter((_, i) => i !== place));
        this.#form.querySelector("select")?.focus();
      });
    return el(
      "li",
      { class: fault.remaining === 0 ? "used" : "" },
      el("span", {}, el("strong", {}, effectOf(fault)), el("small", {}, reachOf(fault))),
      button("Remove", remove, { "aria-label": `Remove ${effectOf(fault)}` }),
    );
  }
}

/** What few faults need: an own response, and more conditions. @param {string[]} users */
function own(users) {
  const text = (/** @type {Record<string, string | number>} */ more) =>
    el("textarea", { rows: 2, spellcheck: "false", autocomplete: "off", ...more });
  return el(
    "details",
    { class: "full" },
    el("summary", {}, "Own response, more conditions"),
    el("label", {}, "Own body, sent with the status ", text({ name: "body", placeholder: '{"error": {"code": "TAKEN"}}' })),
    el("label", {}, "Own headers ", text({ name: "headers", placeholder: "Retry-After: 3" })),
    el("label", {}, "If the body sent has ", text({ name: "sent", placeholder: '{"name": {"$contains": "Q1"}}' })),
    el(
      "label",
      {},
      "If this user is signed in ",
      el("select", { name: "user" }, el("option", { value: "" }, "any"), ...users.map((each) => el("option", {}, each))),
    ),
  );
}
