/**
 * The lead list mock in Playwright tests: `import { expect, test } from "./mock"`.
 *
 * Each test is signed in and runs in its own world, so that tests can run in parallel. The report of a failed test has
 * its requests attached. `leadlists-mock playwright` prints this file: generate it again instead of editing it.
 */
/* eslint-disable */
import { test as base, expect, type APIRequestContext, type BrowserContext, type TestInfo } from "@playwright/test";

/** The address of the mock. Web pages call it under the same host name, or through their own server. */
export const MOCK_URL = process.env.LEADLISTS_MOCK_URL ?? "http://localhost:8080";
const VERIFIED_WITHIN_MS = 2000;

/** A fault of the control API, such as `{ status: 500, times: 1 }`; see /__mock__/reference/. */
export type Fault = {
  status?: number; delayMs?: number; p99Ms?: number; session?: "expired"; times?: number; share?: number;
  answer?: "hang" | "reset" | "empty" | "half" | "dribble" | "bad-chunk" | "not-json";
  body?: unknown; headers?: Record<string, string>;
  match?: { method?: string; path?: string; user?: string; body?: unknown };
};

/** The expected requests and their number; see /__mock__/reference/. */
export type Question = {
  times?: number; atLeast?: number; atMost?: number; withinMs?: number;
  method?: string; path?: unknown; status?: number; user?: unknown;
  headers?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown;
};

type Near = { id: number; method: string; path: string; status: number | null; differences: Difference[] };
type Difference = { path: string; want: string; got: string };

/** The control API of the mock for the world of one test. */
export class Mock {
  constructor(
    readonly world: string,
    private readonly request: APIRequestContext,
    private readonly context: BrowserContext,
    private readonly page?: string,
  ) {}

  /** Set the session cookie of the browser: of a user (the first one by default), or of an expired session. */
  async signIn(user?: string, { expired = false } = {}): Promise<void> {
    const { users, cookieName } = await this.control("GET", "state");
    const { token } = await this.control("POST", "sessions", { user: user ?? users[0], expired });
    await this.addCookie(cookieName, token);
  }

  /** Set a cookie that the web page sends to the mock; over https also from another site, such as an http page. */
  async addCookie(name: string, value: string): Promise<void> {
    const secure = MOCK_URL.startsWith("https:");
    const sameSite = secure ? ("None" as const) : ("Lax" as const);
    const cookie = { name, value, url: MOCK_URL, httpOnly: true, secure, sameSite };
    // A web page of another site has a partition of its own. A cookie outside it would be sent as well by a browser that
    // does not block third-party cookies, and would outlive a sign-in or sign-out of the web page.
    const isOtherSite = secure && this.page && siteOf(this.page) !== siteOf(MOCK_URL);
    const partition = isOtherSite ? { partitionKey: new URL(this.page!).origin } : {};
    await this.context.addCookies([{ ...cookie, ...partition }]);
  }

  async signOut(): Promise<void> {
    const { cookieName } = await this.control("GET", "state");
    await this.context.clearCookies({ name: cookieName });
  }

  /** Replace all faults: `mock.setFaults({ status: 500, times: 1 })`. */
  async setFaults(...faults: Fault[]): Promise<void> {
    await this.control("PUT", "faults", { faults });
  }

  /** Fail unless the requests arrive within two seconds: `mock.verify({ times: 1, body: { name: "Q1" } })`. */
  async verify(question: Question): Promise<void> {
    const asked = { withinMs: VERIFIED_WITHIN_MS, ...question };
    const outcome = await this.control("POST", "verify", asked, [409]);
    if (!outcome.held) throw errorOfTest(inWords(outcome));
  }

  /** Return the recorded requests, newest first; `filter` is a query, such as `method=POST&status=4xx`. */
  async requests(filter = ""): Promise<any[]> {
    return (await this.control("GET", `requests?${filter}`)).requests;
  }

  /** Return the stored lead lists, oldest first. */
  async lists(): Promise<any[]> {
    return (await this.control("GET", "lists")).lists;
  }

  /** Replace all stored lead lists. */
  async setLists(...lists: object[]): Promise<void> {
    await this.control("PUT", "lists", { lists });
  }

  /** Call the control API: `mock.control("PUT", "clock", { offsetS: 60 })`. */
  async control(method: string, call: string, data?: object, allowed: number[] = []): Promise<any> {
    const response = await this.request.fetch(`/__mock__/${call}`, { method, data });
    if (!response.ok() && !allowed.includes(response.status())) {
      throw errorOfTest(`${method} /__mock__/${call}: ${response.status()} ${refusalIn(await response.text())}`);
    }
    return response.status() === 204 ? null : response.json();
  }
}

function inWords({ expected, count, reason, nearest }: { expected: string; count: number; reason?: string; nearest: Near[] }) {
  const lines = [`expected ${expected} of these requests, got ${count}`];
  if (reason) lines.push(reason);
  for (const { id, method, path, status, differences } of nearest) {
    lines.push(`  request ${id}: ${method} ${path} ${status}`);
    for (const each of differences) lines.push(`    ${each.path}: want ${each.want}, got ${each.got}`);
  }
  return lines.join("\n");
}

/** Return the problems that a refusal names, one on a line; or the text, if it is not a refusal of the mock. */
function refusalIn(text: string): string {
  try {
    const { message, details = [] } = JSON.parse(text).error;
    return details.length > 1 ? details.map((each: { message: string }) => each.message).join("\n") : message;
  } catch {
    return text;
  }
}

/** Return an error at the line of the test: without the lines of this class in its stack. */
function errorOfTest(message: string): Error {
  const error = new Error(message);
  error.stack = error.stack?.split("\n").filter((line) => !/^ *at (async )?(errorOfTest|Mock\.)/.test(line)).join("\n");
  return error;
}

/** Return scheme and registrable domain, without the list of public suffixes. */
function siteOf(url: string): string {
  const { protocol, hostname } = new URL(url);
  return protocol + (/^[\d.]+$|:/.test(hostname) ? hostname : hostname.split(".").slice(-2).join("."));
}

/** Return the name of a test's world: readable on the dashboard, and valid in a cookie. */
function worldOf({ titlePath, line, testId }: TestInfo): string {
  const inAscii = (text: string) =>
    text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  const title = inAscii(titlePath.slice(1).join(" ")) || inAscii(`${titlePath[0]} line ${line}`);
  return `${title.slice(0, 60)}-${testId.slice(-8)}`;
}

export { expect };
export const test = base.extend<{ mock: Mock; mockUser: string | null | undefined }>({
  /** The signed-in user at the start of a test: the first user if undefined, no user if null. */
  mockUser: [undefined, { option: true }],
  /** The requests of a test itself have the cookies of its web pages, so that they are signed in and in its world too. */
  request: ({ context }, use) => use(context.request),
  mock: [
    async ({ baseURL, context, playwright, mockUser }, use, testInfo) => {
      const world = worldOf(testInfo);
      const extraHTTPHeaders = { "X-Mock-Control": process.env.LEADLISTS_MOCK_CONTROL_TOKEN ?? "1", "X-Mock-World": world };
      const request = await playwright.request.newContext({ baseURL: MOCK_URL, ignoreHTTPSErrors: true, extraHTTPHeaders });
      const mock = new Mock(world, request, context, baseURL);
      await mock.control("DELETE", `worlds/${world}`, undefined, [404]);
      // A cookie, because a header for all requests would also go to other hosts and fail their preflights.
      await mock.addCookie("mock_world", world);
      if (mockUser !== null) await mock.signIn(mockUser);
      await use(mock);
      if (testInfo.status !== testInfo.expectedStatus) {
        const body = JSON.stringify(await mock.requests("limit=50"), null, 1);
        await testInfo.attach("requests to the mock", { body, contentType: "application/json" });
      } else {
        await mock.control("DELETE", `worlds/${world}`, undefined, [404]);
      }
      await request.dispose();
    },
    { auto: true },
  ],
});
