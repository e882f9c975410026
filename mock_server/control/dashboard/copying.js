/** "Copy as": a request as text to paste elsewhere, put on the clipboard, or selected where there is none. */

/** @import { Api } from "./api.js" */
/** @import { Exchange } from "./types.js" */

import { button, el } from "./dom.js";
import { attempt } from "./notice.js";
import { FORMATS, snippet } from "./snippets.js";

/** @param {Exchange} exchange @param {Api} api @param {string} cookieName */
export function copyMenu(exchange, api, cookieName) {
  const text = el("textarea", { class: "snippet", readonly: true, rows: 6, "aria-label": "The copied text" });
  const state = el("p", { class: "muted", role: "status" });
  text.hidden = true;
  const copy = (/** @type {{id: string, label: string}} */ { id, label }) =>
    attempt(async () => {
      const token = exchange.user === null ? null : await api.tokenOf(exchange.user);
      text.value = snippet(id, exchange, { url: location.origin, token, cookieName });
      text.hidden = false;
      try {
        await navigator.clipboard.writeText(text.value);
        state.textContent = `Copied as ${label}`;
      } catch {
        // Beyond loopback a web page of http has no clipboard.
        text.focus();
        text.select();
        state.textContent = `Here it is as ${label}, selected: copy it with the keyboard`;
      }
    });
  const choices = FORMATS.map((each) => button(each.label, () => copy(each)));
  const group = el("div", { class: "buttons", role: "group", "aria-labelledby": "copy-title" }, ...choices, state);
  return el("section", { class: "copy" }, el("h3", { id: "copy-title" }, "Copy as"), group, text);
}
