/** What is wrong with how clients call the mock, such as a session cookie that the browser drops. */

/** @import { Notice } from "./types.js" */

import { button, byId, el, fill } from "./dom.js";

/** Texts of the notices that were dismissed here. @type {Set<string>} */
const dismissed = new Set();

/** @param {Notice[]} notices */
export function showNotices(notices) {
  const items = notices
    .filter((each) => !dismissed.has(each.text))
    .map(({ text }) => {
      const dismiss = button("Dismiss", () => {
        dismissed.add(text);
        item.remove();
      });
      const item = el("li", {}, el("span", {}, text), dismiss);
      return item;
    });
  fill(byId("notices", HTMLElement), ...items);
}
