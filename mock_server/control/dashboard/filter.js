/** Which of the requests are shown. */

/** @import { Exchange } from "./types.js" */

/** @typedef {{text: string, status: string, verdict: string}} Filter */

/** What a text is looked for in, by exchange: made once. @type {WeakMap<Exchange, string>} */
const searched = new WeakMap();

/** @param {Exchange} exchange */
function textOf(exchange) {
  let text = searched.get(exchange);
  if (text === undefined) {
    const { method, path, query, answer, user, fault, request, problems } = exchange;
    const told = problems.flatMap((each) => [each.path, each.message]);
    const parts = [method, `${path}?${query}`, answer.status, user, fault?.what, request.body, answer.body, ...told];
    text = parts.filter((each) => each !== null && each !== undefined).join("\n").toLowerCase();
    searched.set(exchange, text);
  }
  return text;
}

/** @param {Exchange} exchange */
function isPreflight({ method, request }) {
  return method === "OPTIONS" && request.headers.some(([name]) => name === "access-control-request-method");
}

/** @param {Exchange} exchange @param {Filter} filter */
export function fits(exchange, { text, status, verdict }) {
  const { answer, fault } = exchange;
  const hasStatus = status === "none" ? answer.status === null : String(answer.status ?? "").startsWith(status);
  const hasVerdict =
    verdict === "" ||
    (verdict === "not-preflight" && !isPreflight(exchange)) ||
    (verdict === "fault" && fault !== null) ||
    (verdict === "answer" && exchange.verdict.answer === "invalid") ||
    exchange.verdict.request === verdict;
  return hasStatus && hasVerdict && (text === "" || textOf(exchange).includes(text.toLowerCase()));
}
