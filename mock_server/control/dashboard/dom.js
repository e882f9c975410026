/** Elements out of names, attributes and children. Text is only ever text: it passes `visible`, never a parser. */

import { plain, visible } from "./visible.js";

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} attributes
 *   A function listens to the event of that name; false and null leave the attribute out.
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(name, value === true ? "" : plain(String(value)));
    }
  }
  fill(made, ...children);
  return made;
}

/**
 * Put children in place of those that there are.
 * @param {Element} parent
 * @param {...Child} children
 */
export function fill(parent, ...children) {
  parent.replaceChildren(
    ...children
      .filter((each) => each !== null && each !== undefined && each !== false)
      .map((each) => (each instanceof Node ? each : visible(String(each)))),
  );
}

const PRESSED_MS = 50; // looked at again after so long

/** The newest children of a place, which may not be there yet. @type {WeakMap<HTMLElement, Child[]>} */
const newest = new WeakMap();

/**
 * Put children in place of those that there are, and the focus where it was: on what has the same name. While a button
 * of the place is pressed it waits: else it would be pressed and released on two buttons, and nothing would happen.
 * @param {HTMLElement} place
 * @param {...Child} children
 */
export function refill(place, ...children) {
  newest.set(place, children);
  const work = () => {
    if (newest.get(place) !== children) return;
    if (place.matches(":active")) setTimeout(work, PRESSED_MS);
    else replace(place, children);
  };
  work();
}

/** @param {HTMLElement} place @param {Child[]} children */
function replace(place, children) {
  const focused = document.activeElement;
  const name = place.contains(focused) && nameOf(focused);
  fill(place, ...children);
  if (!name) return;
  if (place.tabIndex < 0) place.tabIndex = -1; // where nothing has that name any more, no other button shall be pressed in its stead
  const again = [...place.querySelectorAll("button")].find((each) => nameOf(each) === name);
  (again ?? place).focus({ preventScroll: true });
}

/** @param {Element | null} element */
function nameOf(element) {
  return element?.getAttribute("data-key") ?? element?.getAttribute("aria-label") ?? element?.textContent;
}

/**
 * The element of the dashboard with that id, of which the kind is known.
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the dashboard has no ${kind.name} #${id}`);
  return found;
}

/** @param {string} label @param {(event: Event) => void} click @param {Record<string, string | boolean>} [attributes] */
export function button(label, click, attributes = {}) {
  return el("button", { type: "button", click, ...attributes }, label);
}
