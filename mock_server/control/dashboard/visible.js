/** Text of others made inert and honest: characters that no eye sees, or that move others about, are written out. */

// Control and format characters (ANSI escapes, bidi marks, joiners, tags), separators of lines, halves of pairs.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const MAY_BE_UNSEEN = /[^\x20-\x7e]/;
const MARKED_MOST = 500; // in one text; a line of a hundred thousand elements takes a browser a quarter of a minute

/** @param {string} character */
function written(character) {
  const number = /** @type {number} */ (character.codePointAt(0));
  return number > 0xffff ? `\\u{${number.toString(16)}}` : `\\u${number.toString(16).padStart(4, "0")}`;
}

/**
 * The text with what is unseen written out, for attributes and options.
 * @param {string} text
 */
export function plain(text) {
  return MAY_BE_UNSEEN.test(text) ? text.replace(UNSEEN, written) : text;
}

/**
 * The text as nodes, in which what is unseen is written out and marked as such.
 * @param {string} text
 * @returns {Node}
 */
export function visible(text) {
  if (!MAY_BE_UNSEEN.test(text)) return document.createTextNode(text);
  const fragment = document.createDocumentFragment();
  let end = 0;
  let marked = 0;
  for (const found of text.matchAll(UNSEEN)) {
    if (marked++ === MARKED_MOST) break;
    fragment.append(text.slice(end, found.index));
    const mark = document.createElement("span");
    mark.className = "unseen";
    mark.textContent = written(found[0]);
    fragment.append(mark);
    end = found.index + found[0].length;
  }
  fragment.append(plain(text.slice(end)));
  return fragment;
}
