/**
 * "Copy as": a recorded exchange as a text that, pasted as it is, sends the same request again.
 *
 * The body goes byte for byte, with one liberty: but for curl, JSON is written as a value where that gives the same
 * text except for spaces and escapes.
 *
 * @import { Exchange } from "./types.js"
 * @import { Body, Headers, Request } from "./replay.js"
 */

import { JS, PYTHON, isSameInPython, jsText, literal, printfFormat, pyBytes, pyText, shellWord } from "./literals.js";
import { expectation, has, requestOf, withoutCookies } from "./replay.js";

export const FORMATS = [
  { id: "curl", label: "curl" },
  { id: "fetch", label: "fetch" },
  { id: "playwright", label: "Playwright" },
  { id: "pytest", label: "pytest" },
  { id: "hypothesis", label: "Hypothesis @example" },
];

/**
 * An exchange of the control API in one of FORMATS.
 * @param {string} id
 * @param {Exchange} exchange
 * @param {{url: string, token: string | null, cookieName?: string}} mock Where it is, and the login of the user.
 */
export function snippet(id, exchange, { url, token, cookieName = "__session" }) {
  const { write, comment } = WRITERS[id];
  if (!exchange.path.startsWith("/")) return `${comment} This was no HTTP request; it cannot be sent again.\n`;
  const { notes, code } = write(requestOf(exchange, { url, token, cookieName }));
  return `${[...notes.map((note) => `${comment} ${note}`), code].join("\n")}\n`;
}

// -- curl

/** @param {Request} request */
function curl({ method, url, headers, body, notes }) {
  const isHead = method === "HEAD" && !body;
  let first = `curl ${isHead ? "-I" : "-i"} ${shellWord(url)}`;
  if (!isHead && method !== (body ? "POST" : "GET")) first += ` -X ${shellWord(method)}`;
  if (/[[\]{}]/.test(url)) first += " --globoff";
  if (DOTS.test(url)) first += " --path-as-is";
  const lines = headers.map(([name, value]) => `-H ${shellWord(value === "" ? `${name};` : `${name}: ${value}`)}`);
  if (body && !has(headers, "Content-Type")) lines.push("-H 'Content-Type:'"); // else curl says that it is a form
  const isArgument = !body || (!body.bytes.includes("\0") && body.bytes.length <= ARGUMENT_BYTES);
  if (body) lines.push(isArgument ? `--data-raw ${shellWord(body.bytes)}` : "--data-binary @-");
  const command = [first, ...lines].join(" \\\n  ");
  return { notes, code: isArgument ? command : `printf -- ${printfFormat(body.bytes)} | ${command}` };
}

const ARGUMENT_BYTES = 100_000; // Linux takes 128 KiB in one argument
const DOTS = /\/(\.|%2e){1,2}(\/|\?|$)/i;

/** What no client but curl can send as it was. @param {string} url */
function dotNotes(url) {
  return DOTS.test(url) ? ["The path had dots, which are resolved before it is sent."] : [];
}

// -- JavaScript

const isRedirect = (/** @type {number | null} */ status) => status !== null && status >= 300 && status < 400;

/** @param {string} url @param {Headers} headers */
function javaScriptNotes(url, headers) {
  const notes = dotNotes(url);
  if (new Set(headers.map(([name]) => name)).size < headers.length) {
    notes.push("A header that came in several lines goes in one.");
  }
  return notes;
}

/** @param {Headers} headers @param {string} indent */
function jsHeaders(headers, indent) {
  /** @type {Record<string, string>} */
  const found = {};
  for (const [name, value] of headers) {
    found[name] = Object.hasOwn(found, name) ? found[name] + (name === "Cookie" ? "; " : ", ") + value : value;
  }
  return literal(found, JS, indent, indent.length + 10);
}

/** @param {Headers} headers */
function withoutJsonType(headers) {
  return headers.filter(([name, value]) => !(name === "Content-Type" && value === "application/json"));
}
/** @param {Request} request */
function fetchCall({ method, url, headers: asSent, body, status, notes, cookieName }) {
  if (["CONNECT", "TRACE", "TRACK"].includes(method)) return { notes, code: `// fetch refuses the method ${method}.` };
  const sendsBody = body && method !== "GET" && method !== "HEAD";
  const headers = withoutCookies(asSent, cookieName);
  const told = [...notes, ...javaScriptNotes(url, headers)];
  if (has(asSent, "Cookie")) told.push("A browser sends only its own cookies; other headers take the place of these.");
  if (body && !sendsBody) told.push(`fetch sends no body with ${method}; this request had one.`);
  const options = [`method: ${jsText(method)}`];
  if (headers.length) options.push(`headers: ${jsHeaders(headers, "  ")}`);
  if (isRedirect(status)) options.push('redirect: "manual"');
  if (sendsBody) options.push(`body: ${fetchBody(body, has(headers, "Content-Type"))}`);
  const lines = options.map((option) => `  ${option},\n`).join("");
  const sent = `const response = await fetch(${jsText(url)}, {\n${lines}});`;
  return { notes: told, code: `${sent}\nconsole.log(response.status, await response.text());` };
}

/** @param {Body} body @param {boolean} hasType */
function fetchBody(body, hasType) {
  if (body.text === undefined) return `Uint8Array.from(${jsText(body.bytes)}, (byte) => byte.charCodeAt(0))`;
  const text = body.json === undefined ? jsText(body.text) : `JSON.stringify(${literal(body.json, JS, "  ", 24)})`;
  return hasType ? text : `new TextEncoder().encode(${text})`; // of a text, fetch says text/plain
}

/** @param {Request} request */
function playwright({ method, url, headers, body, status, breaks, isSlow, notes }) {
  const named = { GET: "get", POST: "post", PUT: "put", PATCH: "patch", DELETE: "delete", HEAD: "head" }[method];
  const isValue = body && body.json !== null && typeof body.json === "object";
  const told = [...notes, ...javaScriptNotes(url, headers)];
  if (body && !has(headers, "Content-Type")) told.push("There was no Content-Type; Playwright sends one with a body.");
  const kept = isValue ? withoutJsonType(headers) : headers;
  const options = named ? [] : [`method: ${jsText(method)}`];
  if (kept.length) options.push(`headers: ${jsHeaders(kept, "    ")}`);
  if (isValue) options.push(`data: ${literal(body.json, JS, "    ", 10)}`);
  else if (body?.text !== undefined) options.push(`data: Buffer.from(${jsText(body.text)})`);
  else if (body) options.push(`data: Buffer.from(${jsText(body.bytes)}, "latin1")`);
  if (isRedirect(status)) options.push("maxRedirects: 0");
  const lines = options.map((option) => `    ${option},\n`).join("");
  const call = `request.${named ?? "fetch"}(${jsText(url)}${lines && `, {\n${lines}  }`})`;
  const expected = expectation(status, breaks, told.length > notes.length);
  const steps = {
    breaks: [`await expect(${call}).rejects.toThrow();`],
    nothing: [`await ${call};`],
    status: [`const response = await ${call};`, `expect(response.status()).toBe(${status});`],
  }[expected];
  if (isSlow) steps.unshift("test.setTimeout(90_000);");
  const code = [
    'import { expect, test } from "@playwright/test";\n',
    `test("the request is answered as it was", async ({ request }) => {`,
    ...steps.map((step) => `  ${step}`),
    "});",
  ];
  return { notes: told, code: code.join("\n") };
}

// -- Python

/**
 * The argument name of httpx2 for a body, and the body as a literal, at an indent and after this many characters.
 * @param {Request} request @returns {[string, (indent: string, used: number) => string]}
 */
function pythonBody({ body, headers }) {
  const value = body?.json ?? null;
  if (value !== null && isSameInPython(value) && has(headers, "Content-Type")) {
    return ["json", (indent, used) => literal(value, PYTHON, indent, used)];
  }
  const text = body === null ? "None" : body.text === undefined ? pyBytes(body.bytes) : pyText(body.text);
  return ["content", () => text];
}

/** @param {Request} request @param {string} indent @param {string} [bodyName] */
function httpx2Call(request, indent, bodyName) {
  const { method, url, body, isSlow } = request;
  const named = ["POST", "PUT", "PATCH"].includes(method);
  const [argument, written] = pythonBody(request);
  const headers = argument === "json" ? withoutJsonType(request.headers) : request.headers;
  const inner = `${indent}    `;
  const lines = [...(named ? [] : [pyText(method)]), pyText(url)];
  if (headers.length) lines.push(`headers=${pyHeaders(headers, inner)}`);
  if (body) lines.push(`${argument}=${bodyName ?? written(inner, inner.length + argument.length + 2)}`);
  if (isSlow) lines.push("timeout=90");
  const called = named ? method.toLowerCase() : "request";
  return `httpx2.${called}(\n${lines.map((line) => `${inner}${line},\n`).join("")}${indent})`;
}

/** @param {Headers} headers @param {string} indent */
function pyHeaders(headers, indent) {
  const isPlain = headers.every(([, value]) => /^[\x00-\x7f]*$/.test(value));
  const isSingle = new Set(headers.map(([name]) => name)).size === headers.length;
  if (isPlain && isSingle) return literal(Object.fromEntries(headers), PYTHON, indent, indent.length + 9);
  // Several lines of a name need pairs, and what is no ASCII needs bytes.
  const text = isPlain ? pyText : pyBytes;
  const pairs = headers.map(([name, value]) => `${indent}    (${text(name)}, ${text(value)}),\n`);
  return `[\n${pairs.join("")}${indent}]`;
}

/**
 * A test file: its imports, the code before its function, and the function.
 * @param {Request} request @param {string[]} imports @param {string[]} head @param {string} [bodyName]
 */
function pythonTest(request, imports, head, bodyName) {
  const { url, status, breaks } = request;
  const notes = [...request.notes, ...dotNotes(url)];
  const expected = expectation(status, breaks, notes.length > request.notes.length);
  const call = httpx2Call(request, expected === "breaks" ? "        " : "    ", bodyName);
  const steps = {
    breaks: ["    with pytest.raises(httpx2.TransportError):", `        ${call}`],
    nothing: [`    ${call}`],
    status: [`    response = ${call}`, `    assert response.status_code == ${status}`],
  }[expected];
  const imported = ["import httpx2", ...(breaks ? ["import pytest"] : []), ...imports];
  return { notes, code: [...imported, "\n", ...head, ...steps].join("\n") };
}

/** @param {Request} request */
function pytest(request) {
  return pythonTest(request, [], ["def test_the_request_is_answered_as_it_was():"]);
}

/** @param {Request} request */
function hypothesis(request) {
  const [, written] = pythonBody(request);
  const imports = ["from hypothesis import Phase, example, given, settings", "from hypothesis import strategies as st"];
  const head = [
    "@settings(phases=[Phase.explicit], deadline=None)  # without the phases, bodies of the strategy are sent as well",
    "@given(body=st.none())  # put your strategy in its place",
    `@example(body=${written("", 15)})`,
    "def test_the_body_is_answered_as_it_was(body):",
  ];
  return pythonTest(request, imports, head, "body");
}

/** @type {Record<string, {write: (request: Request) => {notes: string[], code: string}, comment: string}>} */
const WRITERS = {
  curl: { write: curl, comment: "#" },
  fetch: { write: fetchCall, comment: "//" },
  playwright: { write: playwright, comment: "//" },
  pytest: { write: pytest, comment: "#" },
  hypothesis: { write: hypothesis, comment: "#" },
};
