/** A readable body with each problem next to its line. A long body is shown in part first. */

/** @import { FoundProblem, Message } from "./types.js" */
/** @import { Line } from "./json_lines.js" */

import { button, el, fill } from "./dom.js";
import { jsonLines } from "./json_lines.js";
import { short } from "./showing.js";

const LINES_AT_FIRST = 200;
const LINES_AROUND_A_PROBLEM = 2;
const CHARACTERS_AT_FIRST = 1000; // of a line
const LINES_IN_A_FRAME = 400;
const DEEPEST_INDENT = 24;

/**
 * @param {Message} message
 * @param {FoundProblem[]} problems Those of this message.
 * @param {string} name What the body is called.
 */
export function bodyView(message, problems, name) {
  const text = message.body ?? (message.bodyBase64 === undefined ? null : fromBytes(atob(message.bodyBase64)));
  const isJson = message.body !== null && isJsonText(message.body);
  const view = el("div", { class: "body" }, el("p", { class: "muted kind" }, kindOf(message, isJson)));
  if (problems.length && !isJson) view.append(told(problems, "whole")); // there are no lines to put them at
  if (!text) return view;
  const code = el("div", { class: "code", role: "region", "aria-label": name, tabindex: 0 });
  view.append(code);
  show(view, code, isJson ? jsonLines(text, problems) : rawLines(text));
  return view;
}

/** @param {Message} message @param {boolean} isJson */
function kindOf({ body, bodyBase64, bodyBytes }, isJson) {
  if (!bodyBytes) return "No body";
  const size = `${bodyBytes.toLocaleString("en")} bytes`;
  if (body === null && bodyBase64 === undefined) return `${size}, more than the journal keeps`;
  return `${isJson ? "JSON" : body === null ? "Not UTF-8" : "Text"} · ${size}`;
}

/** @param {string} text */
function isJsonText(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // also where it is nested deeper than the parser goes
  }
}

/** @param {string} text @returns {Line[]} */
function rawLines(text) {
  return text.split(/\r?\n/).map((each) => ({ depth: 0, parts: [["string", each]], problems: [], isMissing: false }));
}

/** What is no UTF-8, with each byte beyond ASCII as `\xff`. @param {string} bytes One character for each. */
function fromBytes(bytes) {
  return bytes.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}

/** @param {HTMLElement} view @param {HTMLElement} code @param {Line[]} lines */
function show(view, code, lines) {
  let hidden = 0;
  let isCut = false;
  const near = nearProblems(lines);
  for (const [i, line] of lines.entries()) {
    if (i >= LINES_AT_FIRST && !near.has(i)) {
      hidden += 1;
      continue;
    }
    if (hidden) code.append(gap(hidden));
    hidden = 0;
    isCut ||= line.parts.some(([, text]) => text.length > CHARACTERS_AT_FIRST);
    code.append(row(line, CHARACTERS_AT_FIRST));
  }
  if (hidden) code.append(gap(hidden));
  if (lines.length <= LINES_AT_FIRST && !isCut) return;
  const label = lines.length > 1 ? `Show all ${lines.length.toLocaleString("en")} lines` : "Show all";
  const all = button(label, () => {
    all.remove();
    code.focus();
    fill(code);
    showAll(code, lines);
  });
  view.append(all);
}

/** @param {Line[]} lines */
function nearProblems(lines) {
  /** @type {Set<number>} */
  const near = new Set();
  for (const [i, line] of lines.entries()) {
    if (!line.problems.length) continue;
    for (let j = i - LINES_AROUND_A_PROBLEM; j <= i + LINES_AROUND_A_PROBLEM; j += 1) near.add(j);
  }
  return near;
}

/** All lines, some in each frame, so that the dashboard stays usable. @param {HTMLElement} code @param {Line[]} lines */
function showAll(code, lines) {
  let shown = 0;
  const more = () => {
    const block = el("div", { class: "block" });
    for (const line of lines.slice(shown, shown + LINES_IN_A_FRAME)) block.append(row(line, Infinity));
    code.append(block);
    shown += LINES_IN_A_FRAME;
    if (shown < lines.length && code.isConnected) requestAnimationFrame(more);
  };
  more();
}

/** @param {number} hidden */
function gap(hidden) {
  return el("p", { class: "gap" }, `⋯ ${hidden.toLocaleString("en")} ${hidden === 1 ? "line" : "lines"}`);
}

/** @param {Line} line @param {number} most Characters of a text. */
function row(line, most) {
  const texts = line.parts.map(([kind, text]) => el("span", { class: kind }, short(text, most)));
  const code = el("code", {}, ...texts, line.isMissing && el("span", { class: "absent" }, "missing"));
  if (!line.problems.length) return indented(el("div", { class: "line" }, code), line.depth);
  const kind = line.isMissing ? "line wrong missing" : "line wrong";
  return indented(el("div", { class: kind }, code, told(line.problems, "beside")), line.depth);
}

/** @param {FoundProblem[]} problems @param {string} place */
function told(problems, place) {
  return el("ul", { class: `problems ${place}` }, ...problems.map((each) => el("li", {}, each.message)));
}

/** @param {HTMLElement} line @param {number} depth */
function indented(line, depth) {
  line.style.setProperty("--depth", String(Math.min(depth, DEEPEST_INDENT)));
  return line;
}
