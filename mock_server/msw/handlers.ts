/**
 * The lead list mock as request handlers for MSW (https://mswjs.io), for web pages and tests without a server.
 *
 * They parse a request from its bytes and return the same response as the mock server. `leadlists-mock msw` prints this
 * file with the data of its contract at the end: generate it again instead of editing it.
 */
/* eslint-disable */
import { http, HttpResponse, type HttpHandler } from "msw";

export interface Options {
  /** The address of the API, such as `https://api.example.com`; any address if omitted. */
  url?: string;
  /** Session token -> user ID. The token `expired` is an expired session. */
  users?: Users;
  /** The name of the cookie with a session token, as the alternative to `Authorization: Bearer`. */
  cookieName?: string;
  /** Lead lists at the start and after each reset. */
  lists?: readonly LeadList[];
  now?: () => Date;
  newId?: () => string;
}

/** A fault as in the control API of the mock; without `times` it applies until the next reset. */
export interface Fault {
  times?: number;
  status?: number;
  delayMs?: number;
  session?: "expired";
  answer?: "hang" | "reset" | "empty" | "not-json";
  body?: unknown;
  headers?: Record<string, string>;
}

export interface LeadListMock {
  /** For `setupServer(...handlers)` and `setupWorker(...handlers)`. */
  readonly handlers: HttpHandler[];
  /** The stored lead lists, oldest first. */
  readonly lists: LeadList[];
  /** Replace all faults; the first one that is not used up applies. */
  setFaults(...faults: Fault[]): void;
  /** Add a fault `{ status, times }` after the current ones. */
  failNext(status: number, times?: number): void;
  /** Restore the initial lead lists and remove all faults. */
  reset(): void;
}

export function createLeadListMock({
  url: address = "*",
  users = CONTRACT.users,
  cookieName = CONTRACT.cookieName,
  lists: initial = [],
  now = () => new Date(),
  newId = () => crypto.randomUUID(),
}: Options = {}): LeadListMock {
  const url = address.replace(/\/+$/, "");
  const lists: LeadList[] = [...initial];
  const faults: Fault[] = [];

  async function answer(request: Request, cookies: Cookies): Promise<Response> {
    // MSW ignores case and a trailing slash.
    const path = decodeURIComponent(new URL(request.url).pathname);
    if (!path.endsWith(CONTRACT.path)) throw new Refused(404, [], nothingAt(path));
    if (request.method !== CONTRACT.method) throw new Refused(405, [], CONTRACT.noMethod, { Allow: CONTRACT.method });
    const user = signedIn(request, cookies, users, cookieName);
    checkMediaType(request.headers);
    const body = validated(parse(new Uint8Array(await request.arrayBuffer())));
    const list = build(body, user, now(), newId());
    lists.push(list);
    return respond(CONTRACT.successStatus, list);
  }

  async function rendered(request: Request, cookies: Cookies): Promise<Response> {
    try {
      return await answer(request, cookies);
    } catch (error) {
      return refusalOf(error, request.method);
    }
  }

  async function handled({ request, cookies }: { request: Request; cookies: Cookies }): Promise<Response> {
    let applied: Applied | null;
    try {
      applied = requestedFault(request.headers, cookies) ?? nextFault(faults);
    } catch (error) {
      return refusalOf(error, request.method);
    }
    return applied ? withFault(applied, request, () => rendered(request, cookies)) : rendered(request, cookies);
  }

  return {
    handlers: [
      http.all(url + CONTRACT.path, handled),
      http.all(`${url}/__mock__/sessions`, ({ request, cookies }) => sessions(request, cookies, users, cookieName)),
      http.all(`${url}/__mock__/*`, ({ request }) => {
        const call = `${request.method} ${new URL(request.url).pathname}`;
        const message = `The handlers for MSW have no ${call}; use the object that createLeadListMock returns`;
        return respond(501, { error: { code: "NOT_IMPLEMENTED", message } });
      }),
    ],
    lists,
    setFaults: (...given) => void faults.splice(0, faults.length, ...given.map(inForce)),
    failNext: (status, times = 1) => void faults.push(inForce({ status, times })),
    reset: () => void (lists.splice(0, lists.length, ...initial), faults.splice(0)),
  };
}

// -- sessions: the calls for the sign-in of web pages

async function sessions(request: Request, cookies: Cookies, users: Users, cookieName: string): Promise<Response> {
  const { method } = request;
  try {
    if (method === "GET" || method === "HEAD") {
      const tokens = cookieValues(cookieHeader(request, cookies), cookieName);
      const user = tokens.map((token) => users[token]).find((each) => each !== undefined) ?? null;
      return respond(200, { user, expired: user === null && tokens.includes(CONTRACT.expiredToken) });
    }
    if (method !== "POST" && method !== "DELETE") throw new Refused(405, [], "", { Allow: "GET, POST, DELETE, HEAD" });
    if (!request.headers.get("X-Mock-Control")) throw new Refused(403, [], CONTRACT.needsControlHeader);
    if (method === "DELETE") return withCookie(new HttpResponse(null, { status: 204 }), `${cookieName}=; Max-Age=0`);
    const { user, expired } = (await request.json()) as { user: string; expired?: boolean };
    const token = Object.keys(users).find((each) => users[each] === user);
    if (token === undefined) {
      const want = [...new Set(Object.values(users))].map((each) => JSON.stringify(each)).join(" or ");
      throw new Refused(400, [problem("enum", ["user"], { got: quoted(`${user}`), want })]);
    }
    const given = expired ? CONTRACT.expiredToken : token;
    return withCookie(respond(200, { user, token: given }), `${cookieName}=${given}`);
  } catch (error) {
    return refusalOf(error, method);
  }
}

/** Not HttpOnly: a worker sets cookies in the same way as scripts. */
function withCookie(response: Response, cookie: string): Response {
  return new HttpResponse(response.body, {
    status: response.status,
    headers: [...response.headers, ["Set-Cookie", `${cookie}; Path=/; SameSite=Lax`]],
  });
}

// -- faults

interface Applied {
  fault: Fault;
  door: string;
  preferences?: string;
}

const SUPPORTED = ["status", "delayMs", "session", "answer", "body", "headers"];
const WITHOUT_BODY = [204, 205, 304];
const ANSWERS = ["hang", "reset", "empty", "not-json"];

function inForce(fault: Fault): Fault {
  if (Array.isArray(fault)) throw new Error("the fault is an array; pass each fault as an argument of its own");
  const unknown = Object.keys(fault).find((name) => name !== "times" && !SUPPORTED.includes(name));
  if (unknown) throw new Error(`the handlers for MSW have no faults with ${unknown}; they have ${SUPPORTED.join(", ")}`);
  if (fault.answer && !ANSWERS.includes(fault.answer)) throw new Error(noSuchAnswer(fault.answer));
  const wrong = wrongIn(fault);
  if (wrong) throw new Error(`the fault has ${wrong}`);
  return { ...fault };
}

/** Return what is wrong in a fault, by the bounds of the control API; undefined if nothing is. */
function wrongIn({ times, status, delayMs, session, answer, body, headers }: Fault): string | undefined {
  const isWithin = (number: number | undefined, least: number, most: number) =>
    number === undefined || (number >= least && number <= most);
  if (!isWithin(status, 200, 599) || !Number.isInteger(status ?? 200)) return `status ${status}; give an integer from 200 to 599`;
  if (!isWithin(delayMs, 0, 60_000)) return `delayMs ${delayMs}; give a number from 0 to 60000`;
  if (!isWithin(times, 1, 1_000_000) || !Number.isInteger(times ?? 1)) return `times ${times}; give an integer from 1 to 1000000`;
  if (session !== undefined && session !== "expired") return `session ${session}; give expired`;
  if (body !== undefined && status === undefined) return "a body without a status; give a status as well";
  if (session !== undefined && status !== undefined) return `status ${status} with a session; give one of them`;
  const hidden = { status, session, body, headers };
  for (const [name, value] of Object.entries(hidden)) {
    const isHidden = answer !== undefined && (answer !== "not-json" || name === "body");
    if (isHidden && value !== undefined) return `a ${name} with answer ${answer}; give one of them`;
  }
  if (body !== undefined && WITHOUT_BODY.includes(status!)) return `a body with the status ${status}; give another status`;
  const effects = [status, delayMs, session, answer, headers];
  if (effects.every((each) => each === undefined)) return "no effect; give status, delayMs, session, answer or headers";
  return undefined;
}

function noSuchAnswer(answer: string): string {
  return `the handlers for MSW do not support answer=${answer}, only ${ANSWERS.join(", ")}`;
}

function nextFault(faults: Fault[]): Applied | null {
  const fault = faults.find((each) => each.times !== 0);
  if (!fault) return null;
  if (fault.times !== undefined) fault.times--;
  return { fault, door: "control" };
}

/** Return the fault that a request asks for with X-Mock-Fault, Prefer or the cookie. */
function requestedFault(headers: Headers, cookies: Cookies): Applied | null {
  const header = headers.get("X-Mock-Fault");
  if (header) return { fault: faultOf(header), door: "header" };
  const given = new Map<string, string>();
  for (const [preference] of (headers.get("Prefer") ?? "").matchAll(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g)) {
    const [name, value] = (preference.split(";")[0] ?? "").split("=").map((part) => part.trim().replace(/^"|"$/g, ""));
    if (name && !given.has(name.toLowerCase())) given.set(name.toLowerCase(), value ?? "");
  }
  const status = numberOf(given.get("code"), 200, 599, true);
  const waitS = numberOf(given.get("wait"), 0, 60, false);
  if (status !== undefined || waitS !== undefined) {
    const fault = { ...(status !== undefined && { status }), ...(waitS !== undefined && { delayMs: waitS * 1000 }) };
    const honoured = [status !== undefined && `code=${given.get("code")}`, waitS !== undefined && `wait=${given.get("wait")}`];
    return { fault, door: "prefer", preferences: honoured.filter(Boolean).join(", ") };
  }
  const cookie = cookies["mock_fault"];
  return cookie ? { fault: faultOf(cookie), door: "cookie" } : null;
}

function numberOf(text: string | undefined, least: number, most: number, isWhole: boolean): number | undefined {
  const number = text && /^[ ]*[+-]?[0-9.]+[ ]*$/.test(text) ? Number(text) : NaN;
  return number >= least && number <= most && (!isWhole || Number.isInteger(number)) ? number : undefined;
}

/** Parse a fault in the form of a query; refuse effects that the handlers do not support. */
function faultOf(text: string): Fault {
  const fault: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (!SUPPORTED.includes(name) || (name === "answer" && !ANSWERS.includes(value))) {
      const why = name === "answer" ? noSuchAnswer(value) : `the handlers for MSW have no ${name} in X-Mock-Fault`;
      throw new Refused(400, [], `${why[0]!.toUpperCase()}${why.slice(1)}`);
    }
    fault[name] = name === "status" || name === "delayMs" ? Number(value) : value;
    if (name === "body" || name === "headers") fault[name] = jsonOf(name, value);
  }
  const wrong = wrongIn(fault as Fault);
  if (wrong) throw new Refused(400, [], `The fault in X-Mock-Fault has ${wrong}`);
  return fault as Fault;
}

function jsonOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(400, [], `The fault in X-Mock-Fault has ${name} ${text}; give JSON`);
  }
}

async function withFault(applied: Applied, request: Request, work: () => Promise<Response>): Promise<Response> {
  const { fault } = applied;
  if (fault.delayMs) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  if (fault.answer === "hang") return new Promise<never>(() => {});
  if (fault.answer === "reset" || fault.answer === "empty") return HttpResponse.error();
  const response = await faulty(fault, request, work);
  const headers = new Headers([...response.headers, ...Object.entries(fault.headers ?? {})]);
  for (const [name, value] of Object.entries(fault.headers ?? {})) headers.set(name, value);
  const { times: _, ...effects } = fault;
  const told = new URLSearchParams();
  for (const [name, value] of Object.entries(effects)) {
    told.set(name, typeof value === "object" ? JSON.stringify(value) : `${value}`);
  }
  headers.set("X-Mock-Fault", `${told}; door=${applied.door}`);
  if (applied.preferences) headers.set("Preference-Applied", applied.preferences);
  if (fault.answer !== "not-json" || !response.body) {
    return new HttpResponse(response.body, { status: response.status, headers });
  }
  headers.set("Content-Type", "text/html; charset=utf-8");
  return new HttpResponse(CONTRACT.notJson, { status: response.status, headers });
}

async function faulty(fault: Fault, request: Request, work: () => Promise<Response>): Promise<Response> {
  if (fault.session) return new Refused(401, [], CONTRACT.expired).response(request.method);
  if (fault.status === undefined) return work();
  if (WITHOUT_BODY.includes(fault.status)) return new HttpResponse(null, { status: fault.status });
  if (fault.body === undefined) return forced(fault.status, request.method);
  const type = Object.entries(fault.headers ?? {}).find(([name]) => name.toLowerCase() === "content-type")?.[1];
  const isText = typeof fault.body === "string" && type !== undefined && !type.includes("json");
  const body = isText ? (fault.body as string) : JSON.stringify(fault.body);
  return new HttpResponse(body, { status: fault.status, headers: { "Content-Type": type ?? "application/json" } });
}

// -- refusals

type Rule =
  | "content_encoding" | "media_type" | "size" | "empty" | "byte_order_mark" | "encoding" | "json" | "surrogate" | "depth"
  | "required" | "type" | "enum" | "uuid" | "date" | "more";

interface Problem {
  path: string;
  rule: string;
  got: string;
  want: string;
  message: string;
}

class Refused extends Error {
  readonly status: number;
  readonly problems: readonly Problem[];
  readonly headers: Record<string, string>;

  constructor(status: number, problems: readonly Problem[] = [], message = "", headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.problems = problems;
    this.headers = headers;
  }

  response(method: string): Response {
    const [code, standard] = CONTRACT.errors[this.status] ?? [`HTTP_${this.status}`, `HTTP ${this.status}`];
    const { listed, more } = listedOf(this.problems);
    const first = listed[0];
    const count = more.length ? `more than ${listed.length}` : listed.length;
    const summary = first && `${standard}; ${count} problems, the first: ${first.message}`;
    const message = this.message || (listed.length > 1 ? summary : first?.message) || standard;
    const details = this.status === 400 ? { details: [...listed, ...more] } : {};
    const challenge: Record<string, string> = this.status === 401 ? { "WWW-Authenticate": "Bearer" } : {};
    const error = { error: { code, message, ...details } };
    return respond(this.status, method === "HEAD" ? null : error, { ...challenge, ...this.headers });
  }
}

function nothingAt(path: string): string {
  return `${CONTRACT.errors[404]![1]}; did you mean ${CONTRACT.path} instead of ${quoted(path, 200).slice(1, -1)}?`;
}

function refusalOf(error: unknown, method: string): Response {
  if (error instanceof Refused) return error.response(method);
  throw error;
}

function forced(status: number, method: string): Response {
  if (status < 300) return respond(status, CONTRACT.createdExample);
  const retryAfter = CONTRACT.retryAfter[status];
  const problems = status === 400 ? CONTRACT.documentedProblems : [];
  return new Refused(status, problems, "", retryAfter ? { "Retry-After": retryAfter } : {}).response(method);
}

function respond(status: number, body: object | null, headers: Record<string, string> = {}): Response {
  return new HttpResponse(body && JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json", ...headers },
  });
}

/** Return a refusal for one problem of the request as a whole. */
function refused(rule: Rule, places: Record<string, string | number> = {}): Refused {
  return new Refused(400, [problem(rule, [], places)]);
}

function problem(rule: Rule, path: Path, places: Record<string, string | number>): Problem {
  const field = path.reduce<string>((words, part) => {
    return typeof part === "number" ? `${words}[${part}]` : words ? `${words}.${part}` : part;
  }, "");
  const filled = { field: field || "the body", got: "", example: "", ...places };
  const [want, sentence] = CONTRACT.words[rule];
  let message = fill(sentence, filled);
  if (!field) message = message.charAt(0).toUpperCase() + message.slice(1);
  return { path: path.map((part) => `/${part}`).join(""), rule, got: `${filled.got}`, want: fill(want, filled), message };
}

function fill(template: string, places: Record<string, string | number>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => `${places[name]}`);
}

/** Return the reported problems, and a note for each field that has more of them. */
function listedOf(problems: readonly Problem[]): { listed: Problem[]; more: Problem[] } {
  const limit = CONTRACT.problemsListedOfAField;
  const listed: Problem[] = [];
  const more: Problem[] = [];
  const counts = new Map<string, number>();
  for (const each of problems) {
    const field = each.path.split("/")[1] ?? "";
    const count = (counts.get(field) ?? 0) + 1;
    counts.set(field, count);
    if (!field || count <= limit) listed.push(each);
    else if (count === limit + 1) {
      more.push(problem("more", [field], { got: `more than ${limit} problems`, limit, where: ` in ${field}` }));
    }
  }
  return { listed, more };
}

// -- who is signed in

type Users = Readonly<Record<string, string>>;
type Cookies = Readonly<Record<string, string | undefined>>;

/** Return the user of the first valid login; a request can have both a cookie and a bearer token. */
function signedIn(request: Request, cookies: Cookies, users: Users, cookieName: string): string {
  const refusals: Refused[] = [];
  const header = cookieHeader(request, cookies);
  for (const login of [
    () => cookieLogin(header, users, cookieName),
    () => bearerLogin(request.headers.get("Authorization"), users),
  ]) {
    try {
      const user = login();
      if (user !== null) return user;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refusals.push(error);
    }
  }
  throw refusals.pop() ?? new Refused(401);
}

function bearerLogin(header: string | null, users: Users): string | null {
  if (header === null) return null;
  const [, scheme, token] = /^([^ ]*) ?[ \t]*(.*)$/.exec(header)!;
  if (scheme!.toLowerCase() !== "bearer" || !token) throw new Refused(401, [], "Authorization must be: Bearer <token>");
  return userOf(token, users);
}

function cookieLogin(header: string, users: Users, name: string): string | null {
  const values = cookieValues(header, name);
  if (!values.length) return null;
  const tokens = values.filter(Boolean);
  const good = tokens.find((token) => has(users, token));
  if (!tokens.length) throw new Refused(401, [], `The cookie ${name} is empty`);
  return userOf(good ?? tokens[0]!, users);
}

/** Browsers hide the Cookie header from web pages; MSW has the cookies separately. */
function cookieHeader(request: Request, cookies: Cookies): string {
  return request.headers.get("Cookie") ?? Object.entries(cookies).map((pair) => pair.join("=")).join(";");
}

function cookieValues(header: string, name: string): string[] {
  return header
    .split(";")
    .map((pair) => /^([^=]*)=(.*)$/.exec(pair))
    .filter((pair) => pair?.[1]?.trim() === name)
    .map((pair) => pair![2]!.trim().replace(/^"+|"+$/g, ""));
}

function userOf(token: string, users: Users): string {
  if (token === CONTRACT.expiredToken) throw new Refused(401, [], CONTRACT.expired);
  if (has(users, token)) return users[token]!;
  throw new Refused(401, [], "The session token is unknown; the mock prints its tokens at the start");
}

function has(record: object, name: string): boolean {
  return Object.prototype.hasOwnProperty.call(record, name);
}

// -- is the body JSON?

function checkMediaType(headers: Headers): void {
  const coding = (headers.get("Content-Encoding") ?? "").trim().toLowerCase();
  if (coding && coding !== "identity") throw refused("content_encoding", { got: quoted(coding) });
  const sent = headers.get("Content-Type");
  if (sent === null) return;
  const [type, ...parameters] = sent.split(";");
  const charsets = parameters.map((parameter) => /^\s*charset\s*=(.*)$/i.exec(parameter)?.[1]).filter(Boolean);
  const charset = (charsets.pop() ?? "").trim().replace(/^"+|"+$/g, "").toLowerCase();
  const isJson = CONTRACT.mediaTypes.includes(type!.trim().toLowerCase());
  if (!isJson || !["", "utf-8", "utf8"].includes(charset)) {
    throw refused("media_type", { got: quoted(sent), want: CONTRACT.mediaTypes[0]! });
  }
}

/** A number is kept as text: no field is a number, so it is only shown in messages. */
class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
type Json = null | boolean | string | Digits | Json[] | Map<string, Json>;

/** Parse bytes strictly by RFC 8259: `request.json()` would hide a byte order mark, wrong UTF-8 and more. */
function parse(bytes: Uint8Array): Json {
  if (bytes.length > CONTRACT.maxBodyBytes) {
    throw refused("size", { got: `${bytes.length} bytes`, limit: CONTRACT.maxBodyBytes });
  }
  if (bytes.every((byte) => byte === 32 || (byte >= 9 && byte <= 13))) {
    throw refused("empty", { got: bytes.length ? "only whitespace" : "nothing" });
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) throw refused("byte_order_mark", { got: "U+FEFF" });
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  checkEncoding(bytes, text);
  const { value, depth } = new JsonReader(text).whole();
  const pairsAndHalves = /\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})/g;
  for (const match of text.matchAll(pairsAndHalves)) if (match[1]) throw refused("surrogate", { got: match[1] });
  if (depth > CONTRACT.maxDepth) throw tooDeep();
  return value;
}

function tooDeep(): Refused {
  return refused("depth", { got: `more than ${CONTRACT.maxDepth} levels`, limit: CONTRACT.maxDepth });
}

/** Refuse bytes that are not UTF-8. `text` is the output of a lenient decoder, with U+FFFD at the first error. */
function checkEncoding(bytes: Uint8Array, text: string): void {
  let at = 0;
  for (const character of text) {
    if (character === "\ufffd" && !(bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd)) {
      const byte = bytes[at]!.toString(16).toUpperCase().padStart(2, "0");
      throw refused("encoding", { got: `byte 0x${byte} at offset ${at}` });
    }
    const point = character.codePointAt(0)!;
    at += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
}

const SPACE = /[ \t\n\r]*/y;
const SIMPLE = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;
const NO_NUMBER = /NaN|-?Infinity/y;
const CHARACTERS = /[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*/y;
const NESTING_READ = 960; // roughly the limit of Python's parser

/** Parses a JSON text; its errors are those of Python's parser. */
class JsonReader {
  private readonly text: string;
  private at = 0;
  private depth = 0;
  private deepest = 0;

  constructor(text: string) {
    this.text = text;
  }

  whole(): { value: Json; depth: number } {
    const value = this.value();
    this.skip();
    if (this.at < this.text.length) throw this.error("Extra data");
    return { value, depth: this.deepest };
  }

  private value(): Json {
    this.skip();
    const first = this.text[this.at];
    if (first === "{" || first === "[") {
      this.deepest = Math.max(this.deepest, ++this.depth);
      if (this.depth > NESTING_READ) throw tooDeep();
      const read = first === "{" ? this.object() : this.array();
      this.depth--;
      return read;
    }
    if (first === '"') return this.string();
    const found = this.take(SIMPLE);
    if (found === undefined) {
      const constant = this.take(NO_NUMBER);
      if (constant) throw refused("json", { got: `${constant} is not a JSON number (RFC 8259 §6)` });
      throw this.error("Expecting value");
    }
    return found === "null" ? null : found === "true" ? true : found === "false" ? false : new Digits(found);
  }

  private array(): Json[] {
    const items: Json[] = [];
    this.at++;
    for (let more = !this.next("]"); more; more = !this.next("]")) {
      if (items.length && !this.next(",")) throw this.error("Expecting ',' delimiter");
      items.push(this.value());
    }
    return items;
  }

  private object(): Map<string, Json> {
    const members = new Map<string, Json>(); // not an object, because of keys such as __proto__
    this.at++;
    for (let more = !this.next("}"); more; more = !this.next("}")) {
      if (members.size && !this.next(",")) throw this.error("Expecting ',' delimiter");
      this.skip();
      if (this.text[this.at] !== '"') throw this.error("Expecting property name enclosed in double quotes");
      const name = this.string();
      if (!this.next(":")) throw this.error("Expecting ':' delimiter");
      members.set(name, this.value()); // of two equal keys the last value counts, at the position of the first
    }
    return members;
  }

  private string(): string {
    const start = this.at++;
    this.take(CHARACTERS);
    const [end, behind] = [this.text[this.at], this.text[this.at + 1]];
    if (end === undefined || (end === "\\" && behind === undefined)) throw this.error("Unterminated string", start);
    if (end === "\\" && behind === "u") throw this.error("Invalid \\uXXXX escape", this.at + 1);
    if (end === "\\") throw this.error("Invalid \\escape");
    if (end !== '"') throw this.error("Invalid control character");
    return JSON.parse(this.text.slice(start, ++this.at)) as string;
  }

  private next(sign: string): boolean {
    this.skip();
    const is = this.text[this.at] === sign;
    if (is) this.at++;
    return is;
  }

  private skip(): void {
    this.take(SPACE);
  }

  private take(form: RegExp): string | undefined {
    form.lastIndex = this.at;
    const found = form.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  private error(words: string, at = this.at): Refused {
    if (this.text === "[object Object]") {
      return refused("json", { got: `it is the text ${this.text}; pass JSON.stringify(body)` });
    }
    const lines = this.text.slice(0, at).split("\n");
    return refused("json", { got: `${words}, line ${lines.length}, column ${[...lines.pop()!].length + 1}` });
  }
}

// -- does the body keep the schema?

type Path = readonly (string | number)[];

interface Wanted {
  types: string[];
  enum?: string[];
  format?: string;
  pattern?: string;
  items?: Wanted;
  want: string;
  example: string;
}

function validated(body: Json): Map<string, Json> {
  if (!(body instanceof Map)) throw new Refused(400, [problem("type", [], { ...shown(body), want: CONTRACT.wanted })]);
  const problems: Problem[] = [];
  for (const name of CONTRACT.required) {
    const { want, example } = CONTRACT.fields[name]!;
    if (!body.has(name)) problems.push(problem("required", [name], { got: "nothing", want, example }));
  }
  const known = new Map(Object.entries(CONTRACT.fields)); // an object inherits names such as "constructor"
  for (const [name, value] of body) {
    const wanted = known.get(name);
    if (wanted) for (const each of problemsOf(value, wanted, [name])) problems.push(each);
  }
  if (problems.length) throw new Refused(400, problems);
  return body;
}

function* problemsOf(value: Json, wanted: Wanted, path: Path): Generator<Problem> {
  const told = (rule: Rule, reason = "") =>
    problem(rule, path, { ...shown(value), want: wanted.want, example: wanted.example, reason });
  if (!wanted.types.includes(typeOf(value))) yield told("type");
  else if (typeof value === "string") {
    if (wanted.enum && !wanted.enum.includes(value)) yield told("enum");
    if (wanted.pattern && !new RegExp(wanted.pattern).test(value)) yield told("uuid");
    const reason = wanted.format === "date-time" ? whyNoDate(value) : "";
    if (reason) yield told("date", reason);
  } else if (Array.isArray(value) && wanted.items) {
    for (const [i, item] of value.entries()) yield* problemsOf(item, wanted.items, [...path, i]);
  }
}

function typeOf(value: Json): string {
  if (value === null) return "null";
  if (value instanceof Digits) return "number";
  return Array.isArray(value) ? "array" : value instanceof Map ? "object" : typeof value;
}

/** Return a value as JSON, shortened for a message, with its type in words. */
function shown(value: Json): { got: string; kind: string } {
  if (typeof value === "string") return { got: quoted(value), kind: `the string ${quoted(value)}` };
  if (value instanceof Digits) return { got: asNumber(value.text), kind: `the number ${asNumber(value.text)}` };
  if (Array.isArray(value)) {
    const kind = value.length ? `an array of ${value.length}` : "an empty array";
    return { got: value.length ? kind : "[]", kind };
  }
  if (value instanceof Map) return { got: value.size ? "an object" : "{}", kind: "an object" };
  return { got: `${value}`, kind: `${value}` };
}

function quoted(text: string, most = CONTRACT.gotCharacters): string {
  const characters = [...text];
  return JSON.stringify(characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`);
}

/** Return a number as the mock writes it: a 64-bit integer unchanged, any other as the nearest float in Python's form. */
function asNumber(text: string): string {
  if (/^-?\d+$/.test(text)) {
    const integer = BigInt(text);
    if (BigInt.asIntN(64, integer) === integer || BigInt.asUintN(64, integer) === integer) return `${integer}`;
  }
  const number = Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, Number(text)));
  const [digits, power] = number.toExponential().split("e") as [string, string];
  if (number && (Number(power) < -4 || Number(power) >= 16)) {
    return `${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
  }
  return Number.isInteger(number) ? `${Object.is(number, -0) ? "-" : ""}${number.toFixed(1)}` : `${number}`;
}

// -- dates

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?)?$/;
const MONTHS =
  "January February March April May June July August September October November December".split(" ");

class NotADate extends Error {}

function whyNoDate(text: string): string {
  try {
    instant(text);
    return "";
  } catch (error) {
    if (error instanceof NotADate) return error.message;
    throw error;
  }
}

// Not only Z: clients mostly have the time of the user's time zone, which Z would move.
const ZONE = "the offset from UTC, such as +02:00, or Z if the time is in UTC";

/** Return the instant of a date text in milliseconds; throw NotADate with the reason. */
function instant(text: string): Date {
  const form = DATE.exec(text);
  if (!form) {
    const isLocal = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text);
    throw new NotADate(isLocal ? `has no seconds and no time zone (append :00 and ${ZONE})` : "does not have the form 2024-01-31T23:59:59.000Z");
  }
  const [year, month, day] = form.slice(1, 4).map(Number) as [number, number, number];
  const midnight = dayOf(year, month, day);
  if (form[4] === undefined) return midnight;
  if (form[8] === undefined) throw new NotADate(`has no time zone (append ${ZONE})`);
  const [hour, minute, second] = form.slice(4, 7).map(Number) as [number, number, number];
  checkTime(hour, minute, second, form[7] ?? "");
  const seconds = midnight.getTime() / 1000 + hour * 3600 + minute * 60 + second - offsetSeconds(form[8]);
  const moment = new Date(seconds * 1000 + Number((form[7] ?? "").slice(0, 3).padEnd(3, "0")));
  if (!(moment.getUTCFullYear() >= 1 && moment.getUTCFullYear() <= 9999)) {
    throw new NotADate("is outside the years 0001 to 9999 in UTC");
  }
  return moment;
}

function dayOf(year: number, month: number, day: number): Date {
  if (year < 1) throw new NotADate("has a year outside 0001 to 9999");
  if (month < 1 || month > 12) throw new NotADate(`has the month ${two(month)}`);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (day < 1 || date.getUTCDate() !== day) {
    throw new NotADate(`names a day that does not exist (${MONTHS[month - 1]} ${day})`);
  }
  return date;
}

function checkTime(hour: number, minute: number, second: number, fraction: string): void {
  if (hour === 24 && !minute && !second && !/[1-9]/.test(fraction)) {
    throw new NotADate("has the hour 24 (write 00:00:00 of the next day)");
  }
  if (hour > 23 || minute > 59) throw new NotADate(`has the time of day ${two(hour)}:${two(minute)}`);
  if (second === 60) throw new NotADate("has a leap second (write second 59)");
  if (second > 59) throw new NotADate(`has the second ${second}`);
}

function two(number: number): string {
  return `${number}`.padStart(2, "0");
}

function offsetSeconds(zone: string): number {
  if (zone === "Z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4))];
  if (hours > 23 || minutes > 59) throw new NotADate(`has the offset ${zone}`);
  return (zone[0] === "-" ? -60 : 60) * (hours * 60 + minutes);
}

// -- the lead list

function build(sent: Map<string, Json>, user: string, now: Date, id: string): LeadList {
  const text = (name: string) => sent.get(name) as string;
  const icpId = sent.get("icpId") as string | null;
  return {
    id,
    icpId: icpId && icpId.toLowerCase(),
    name: text("name"),
    type: (sent.get("type") ?? "person") as LeadList["type"],
    startDate: instant(text("startDate")).toISOString(),
    endDate: instant(text("endDate")).toISOString(),
    personIds: sent.get("personIds") as string[],
    companyIds: ((sent.get("companyIds") ?? []) as string[]).map((each) => each.toLowerCase()),
    userIds: [user],
    createdAt: now.toISOString(),
    updatedAt: now.toISOString(),
  };
}

// -- the contract, as the mock server has it

interface Contract {
  path: string;
  method: string;
  mediaTypes: string[];
  successStatus: number;
  users: Record<string, string>;
  expiredToken: string;
  cookieName: string;
  maxBodyBytes: number;
  maxDepth: number;
  gotCharacters: number;
  problemsListedOfAField: number;
  wanted: string;
  noMethod: string;
  required: string[];
  fields: Record<string, Wanted>;
  errors: Record<number, [code: string, message: string]>;
  retryAfter: Record<number, string>;
  words: Record<Rule, [want: string, message: string]>;
  documentedProblems: Problem[];
  createdExample: object;
  expired: string;
  notJson: string;
  needsControlHeader: string;
}
