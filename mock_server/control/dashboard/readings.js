/** The readings in force: what the API page leaves open, and how this mock takes it. */

/** @import { Reading, State } from "./types.js" */

import { byId, el, fill } from "./dom.js";

/** @param {State} state */
export function showReadings({ readings, profile }) {
  const text = byId("readings-text", HTMLInputElement);
  const show = () => {
    const wanted = text.value.toLowerCase();
    const found = readings.filter((each) => JSON.stringify(each).toLowerCase().includes(wanted));
    fill(byId("readings-state", HTMLElement), `Profile ${profile} · ${found.length} of ${readings.length}`);
    fill(byId("readings-list", HTMLElement), el("ul", { class: "readings" }, ...found.map(readingView)));
  };
  text.oninput = show;
  fill(byId("count-readings", HTMLElement), readings.length);
  show();
}

/** @param {Reading} reading */
function readingView({ id, question, option, options }) {
  const choices = Object.entries(options).map(([name, meaning]) =>
    el(
      "div",
      { class: name === option ? "in-force" : "" },
      el("dt", {}, name, name === option && el("span", { class: "mark" }, "in force")),
      el("dd", {}, meaning),
    ),
  );
  return el("li", {}, el("h2", {}, question), el("code", { class: "id" }, id), el("dl", {}, ...choices));
}
