/**
 * What the control API answers (control.yaml), for the type checker alone: no browser loads this file.
 *
 * @typedef {{path: string, rule: string, got: string, want: string, message: string}} Problem
 * @typedef {Problem & {of: "request" | "answer"}} FoundProblem
 * @typedef {{headers: [string, string][], body: string | null, bodyBase64?: string, bodyBytes: number}} Message
 * @typedef {"valid" | "invalid" | "unjudged"} Judgement
 * @typedef {{
 *   id: number, at: string, elapsedMs: number, method: string, path: string, rawPath?: string, query: string,
 *   request: Message, answer: Message & {status: number | null, complete: boolean},
 *   user: string | null, operation: string | null, fault: {what: string, door: string} | null,
 *   verdict: {request: Judgement, answer: Judgement}, problems: FoundProblem[],
 * }} Exchange
 * @typedef {{
 *   match?: {method?: string, path?: string, user?: string, body?: unknown}, body?: unknown, headers?: Record<string, string>, times?: number, share?: number, status?: number, delayMs?: number,
 *   p99Ms?: number, answer?: string, session?: string, remaining?: number,
 * }} Fault
 * @typedef {{id: string, question: string, option: string, options: Record<string, string>}} Reading
 * @typedef {{id: string, method: string, path: string, statuses: number[]}} Operation
 * @typedef {{at: string, text: string}} Notice
 * @typedef {{lists: number, requests: number, faults: number, snapshots: number}} Counts
 * @typedef {{
 *   version: string, world: string, now: string, cookieName: string, operations: Operation[], users: string[], profile: string,
 *   readings: Reading[], notices: Notice[], scheme: string, port: number, counts: Counts,
 * }} State
 * @typedef {{name: string, idleS: number, newest: number, counts: Counts}} WorldEntry
 * @typedef {{
 *   id: string, name: string, type: string, startDate: string, endDate: string, personIds: string[],
 *   companyIds: string[], userIds: string[], createdAt: string,
 * }} LeadList
 */
export {};
