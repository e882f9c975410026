/**
 * JSON split into lines as sent: duplicate keys stay, numbers and escapes keep their spelling. Problems are
 * put at the line that their pointer names; a missing value gets a separate line at its place.
 */

/** @import { FoundProblem } from "./types.js" */

/** @typedef {"key" | "string" | "atom" | "punctuation"} Kind */
/** @typedef {{depth: number, parts: [Kind, string][], problems: FoundProblem[], isMissing: boolean}} Line */

/** What is wrong below a place. @typedef {{problems: FoundProblem[], below: Map<string, Mark>}} Mark */
/** @typedef {{isArray: boolean, index: number, mark: Mark | undefined, seen: Set<string>}} Open */

const TOKEN = /\s*(?:([{}[\],:])|("[^"\\]*(?:\\.[^"\\]*)*")|([^\s{}[\],:"]+))/y;

/** @param {FoundProblem[]} problems @returns {Mark} */
function marks(problems) {
  /** @type {Mark} */
  const root = { problems: [], below: new Map() };
  for (const problem of problems) {
    let mark = root;
    for (const part of problem.path.split("/").slice(1)) {
      const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
      let next = mark.below.get(name);
      if (!next) mark.below.set(name, (next = { problems: [], below: new Map() }));
      mark = next;
    }
    mark.problems.push(problem);
  }
  return root;
}

/** @param {Mark} mark @returns {FoundProblem[]} */
function allOf(mark) {
  return [...mark.problems, ...[...mark.below.values()].flatMap(allOf)];
}

/**
 * The lines of a text that JSON.parse takes. No recursion: a hostile text may be nested as deep as it is long.
 * @param {string} text
 * @param {FoundProblem[]} problems
 * @returns {Line[]}
 */
export function jsonLines(text, problems) {
  /** @type {Line[]} */
  const lines = [];
  /** @type {Open[]} */
  const open = [];
  /** @type {Line} */
  let line = { depth: 0, parts: [], problems: [], isMissing: false };
  /** @type {Mark | undefined} of the value that comes next */
  let mark = marks(problems);
  let isKey = false; // a text that comes next is one

  const next = () => {
    lines.push(line);
    line = { depth: open.length, parts: [], problems: [], isMissing: false };
  };
  /** @param {string} name */
  const goTo = (name) => {
    const inside = open.at(-1);
    inside?.seen.add(name);
    mark = inside?.mark?.below.get(name);
    line.problems = mark?.problems ?? [];
  };
  const begin = () => {
    const inside = open.at(-1);
    if (inside?.isArray) goTo(String(inside.index));
  };
  line.problems = mark.problems;

  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found; found = TOKEN.exec(text)) {
    const [, punctuation, string, atom] = found;
    const inside = open.at(-1);
    if (string !== undefined && isKey) {
      isKey = false;
      line.parts.push(["key", string]);
      goTo(JSON.parse(string));
    } else if (string !== undefined || atom !== undefined) {
      begin();
      if (mark) line.problems = allOf(mark); // also of what was looked for within it
      line.parts.push(string !== undefined ? ["string", string] : ["atom", String(atom)]);
    } else if (punctuation === ":") {
      line.parts.push(["punctuation", ": "]);
    } else if (punctuation === ",") {
      line.parts.push(["punctuation", ","]);
      next();
      if (inside) inside.index += 1;
      isKey = !inside?.isArray;
    } else if (punctuation === "{" || punctuation === "[") {
      begin();
      line.parts.push(["punctuation", punctuation]);
      open.push({ isArray: punctuation === "[", index: 0, mark, seen: new Set() });
      next();
      isKey = punctuation === "{";
    } else if (inside) {
      close(/** @type {string} */ (punctuation), inside);
    }
  }
  lines.push(line);
  return lines;

  /** @param {string} bracket @param {Open} inside */
  function close(bracket, inside) {
    if (line.parts.length) next();
    const missing = [...(inside.mark?.below ?? [])].filter(([name]) => !inside.seen.has(name));
    for (const [name, absent] of missing) {
      /** @type {[Kind, string][]} */
      const parts = inside.isArray ? [] : [["key", JSON.stringify(name)]];
      lines.push({ depth: open.length, parts, problems: allOf(absent), isMissing: true });
    }
    open.pop();
    isKey = false;
    const isEmpty = inside.index === 0 && !inside.seen.size && !missing.length;
    if (isEmpty) line = /** @type {Line} */ (lines.pop());
    else line = { depth: open.length, parts: [], problems: [], isMissing: false };
    line.parts.push(["punctuation", bracket]);
  }
}
