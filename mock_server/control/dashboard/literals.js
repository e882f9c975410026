/**
 * Texts, bytes and JSON values as literals of a shell, of JavaScript and of Python. Bytes are texts of one character a
 * byte.
 *
 * What cannot be seen (controls, marks that reverse a line) is always written as an escape: it would mislead who reads,
 * and a control character pasted into a terminal is a command to it.
 *
 * @typedef {{text: (text: string) => string, key: (text: string) => string, open: string, close: string, step: string,
 *   words: Record<string, string>}} Language
 */

const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]/u;
const WIDTH = 100;

/**
 * The value of JSON if writing it again gives the same text except for spaces and escapes; otherwise undefined.
 * @param {string} text
 */
export function plainJson(text) {
  try {
    const value = JSON.parse(text);
    // Token by token: otherwise 1.0, duplicate keys, and keys that JavaScript reorders would change.
    const rewritten = (/** @type {string} */ token) => (token[0] === '"' ? JSON.stringify(JSON.parse(token)) : "");
    const tight = text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, rewritten);
    return tight === JSON.stringify(value) && depth(value) <= 50 ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @param {unknown} value @returns {number} */
function depth(value) {
  return value !== null && typeof value === "object" ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0;
}

/** @param {string} text */
export function bytesOf(text) {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
}

/** The text that bytes are in UTF-8; undefined where they are none. @param {string} bytes */
export function textOf(bytes) {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return decoder.decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

const hex = (/** @type {number} */ code, /** @type {number} */ digits) => code.toString(16).padStart(digits, "0");
/** @type {Record<string, string>} */
const SHORT = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", '"': '\\"' };

// -- shell

/** Bytes, but NUL, as one word of bash or zsh. @param {string} bytes */
export function shellWord(bytes) {
  const text = textOf(bytes);
  if (text !== undefined && !HIDDEN.test(text.replaceAll("\n", ""))) {
    return `'${text.replaceAll("'", "'\\''")}'`;
  }
  // No quote and no exclamation mark, so that no part of a shell can take one for its own.
  return `$'${escaped(bytes, /['!]/, (byte) => SHORT[byte] ?? `\\x${hex(byte.charCodeAt(0), 2)}`)}'`;
}

/** Any bytes as the format of printf. @param {string} bytes */
export function printfFormat(bytes) {
  const octal = (/** @type {string} */ byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, "0")}`;
  return `'${escaped(bytes, /['%]/, (byte) => (byte === "%" ? "%%" : byte === "\\" ? "\\\\" : octal(byte)))}'`;
}

/**
 * Bytes with an escape for each that is hidden, not whole UTF-8, a backslash or `special`.
 * @param {string} bytes @param {RegExp} special @param {(byte: string) => string} escape
 */
function escaped(bytes, special, escape) {
  const text = textOf(bytes);
  return Array.from(text ?? bytes, (character) => {
    const plain = (text !== undefined || character < "\x7f") && !HIDDEN.test(character);
    if (plain && character !== "\\" && !special.test(character)) return character;
    return Array.from(text === undefined ? character : bytesOf(character), escape).join("");
  }).join("");
}

// -- JavaScript and Python

/** @param {string} text @param {(character: string) => string} escape */
function quoted(text, escape) {
  return `"${Array.from(text, (each) => (HIDDEN.test(each) || /["\\]/.test(each) ? escape(each) : each)).join("")}"`;
}

/** @param {(code: number) => string} wide How a character beyond U+FFFF is written. */
function escapeWith(wide) {
  return (/** @type {string} */ character) => {
    const code = character.codePointAt(0) ?? 0;
    if (character in SHORT) return SHORT[character];
    return code < 0x100 ? `\\x${hex(code, 2)}` : code < 0x10000 ? `\\u${hex(code, 4)}` : wide(code);
  };
}

/** A text as a literal of JavaScript that is also safe in HTML. @param {string} text */
export function jsText(text) {
  return quoted(text, escapeWith((code) => `\\u{${hex(code, 1)}}`)).replace(/<(?=[/!])/g, "\\x3c");
}

/** A text without halves of a pair as a literal of Python. @param {string} text */
export function pyText(text) {
  return quoted(text, escapeWith((code) => `\\U${hex(code, 8)}`));
}

/** @param {string} bytes */
export function pyBytes(bytes) {
  return `b${pyText(bytes).replace(/[^\x00-\x7e]/g, (byte) => `\\x${hex(byte.charCodeAt(0), 2)}`)}`;
}

const jsKey = (/** @type {string} */ name) =>
  name === "__proto__" ? '["__proto__"]' : /^[A-Za-z_$][\w$]*$/.test(name) ? name : jsText(name);

/** @type {Language} */
export const JS = { text: jsText, key: jsKey, open: "{ ", close: " }", step: "  ", words: {} };
/** @type {Language} */
export const PYTHON = {
  text: pyText,
  key: pyText,
  open: "{",
  close: "}",
  step: "    ",
  words: { true: "True", false: "False", null: "None" },
};

/**
 * Whether Python's json writes a value of JSON as JavaScript does: it has other small numbers, and no half of a pair.
 * @param {unknown} value @returns {boolean}
 */
export function isSameInPython(value) {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value === "number") return value === 0 || Math.abs(value) >= 1e-4;
  if (value === null || typeof value !== "object") return true;
  return Object.entries(value).every(([key, each]) => key.isWellFormed() && isSameInPython(each));
}

/**
 * A value as a literal: on one line if it fits after `used` characters, else one member per line.
 * @param {unknown} value @param {Language} language
 * @returns {string}
 */
export function literal(value, language, indent = "", used = indent.length) {
  if (typeof value === "string") return language.text(value);
  if (value === null || typeof value !== "object") return language.words[String(value)] ?? String(value);
  const isArray = Array.isArray(value);
  const named = (/** @type {string} */ key) => (isArray ? "" : `${language.key(key)}: `);
  const members = Object.entries(value).map(([key, each]) => /** @type {const} */ ([named(key), each]));
  const [open, close] = isArray ? ["[", "]"] : ["{", "}"];
  if (members.length === 0) return open + close;
  const [first, last] = isArray ? ["[", "]"] : [language.open, language.close];
  const line = first + members.map(([key, each]) => key + literal(each, language, "", -Infinity)).join(", ") + last;
  if (used + line.length <= WIDTH) return line;
  const deeper = indent + language.step;
  const below = (/** @type {string} */ key) => deeper.length + key.length + 1;
  const lines = members.map(([key, each]) => deeper + key + literal(each, language, deeper, below(key)));
  return `${open}\n${lines.join(",\n")},\n${indent}${close}`;
}
