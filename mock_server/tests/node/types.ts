// Code of a frontend with the generated types. A line below `@ts-expect-error` must not compile.
import type { components, paths } from "./leadlists-api.js";

type Call = paths["/api/v1/entities/leadlists"]["post"];
type NewLeadList = Call["requestBody"]["content"]["application/json"];
type Answer<Status extends keyof Call["responses"]> = Call["responses"][Status]["content"]["application/json"];

// -- the API page's examples

export const request: NewLeadList = {
  name: "Q1 2024 Tech Startups",
  type: "person",
  icpId: "660e8400-e29b-41d4-a716-446655440001",
  startDate: "2024-01-01T00:00:00.000Z",
  endDate: "2024-03-31T23:59:59.000Z",
  personIds: ["lead_abc123", "lead_def456"],
  companyIds: [],
};
export const response: Answer<201> = {
  id: "550e8400-e29b-41d4-a716-446655440000",
  icpId: "660e8400-e29b-41d4-a716-446655440001",
  name: "Q1 2024 Tech Startups",
  type: "person",
  startDate: "2024-01-01T00:00:00.000Z",
  endDate: "2024-03-31T23:59:59.000Z",
  personIds: ["lead_abc123", "lead_def456"],
  companyIds: [],
  userIds: ["user_xyz789"],
  createdAt: "2024-01-02T10:30:00.000Z",
  updatedAt: "2024-01-02T10:30:00.000Z",
};
export const fields: Record<keyof Answer<200>, true> = {
  id: true, icpId: true, name: true, type: true, startDate: true, endDate: true, personIds: true, companyIds: true,
  userIds: true, createdAt: true, updatedAt: true,
};

// -- other valid code

const { type, companyIds, ...shortest } = request;
export const withoutDefaults: NewLeadList = shortest;
export const withoutIcp: NewLeadList = { ...shortest, icpId: null };
export const refusal: Answer<400> = {
  error: { code: "BAD_REQUEST", message: "No", details: [{ path: "/name", message: "name is 5", got: "5" }] },
};
export const errorsByField = (refused: Answer<400>): Record<string, string> =>
  Object.fromEntries((refused.error.details ?? []).map(({ path, message }) => [path.slice(1), message]));
export const unknown: Answer<401> = { error: { code: "UNAUTHORIZED", message: "Who?" } };
export const failed: Answer<500> = { error: { code: "INTERNAL_ERROR", message: "Oh" } };

export function told(error: Answer<400> | Answer<401> | Answer<500>): string {
  switch (error.error.code) {
    case "BAD_REQUEST": return "a";
    case "UNAUTHORIZED": return "b";
    case "INTERNAL_ERROR": return "c"; // and nothing after it: TypeScript knows that these are all
  }
}

// -- invalid requests

// @ts-expect-error an unknown type
export const otherType: NewLeadList = { ...shortest, type: "people" };
// @ts-expect-error one ID instead of an array
export const textForIds: NewLeadList = { ...shortest, personIds: "lead_abc123" };
// @ts-expect-error no name
export const nullName: NewLeadList = { ...shortest, name: null };
// @ts-expect-error no type
export const nullType: NewLeadList = { ...shortest, type: null };
// @ts-expect-error a number as a date
export const numberForDate: NewLeadList = { ...shortest, startDate: 1704067200000 };
// @ts-expect-error a missing field
export const noIds: NewLeadList = { name: "n", icpId: null, startDate: "2024-01-01", endDate: "2024-01-02" };
// @ts-expect-error a missing field that may be null
export const noIcp: NewLeadList = { name: "n", startDate: "2024-01-01", endDate: "2024-01-02", personIds: [] };
// @ts-expect-error a field with another name
export const otherName: NewLeadList = { ...shortest, icpID: null };

// -- wrong uses of responses

// @ts-expect-error an unknown code
export const otherCode: Answer<400>["error"]["code"] = "VALIDATION_ERROR";
// @ts-expect-error the code of another status
export const codeOf401: Answer<400> = { error: { code: "UNAUTHORIZED", message: "Who?" } };
// @ts-expect-error the code of another status
export const codeOf500: Answer<401> = { error: { code: "INTERNAL_ERROR", message: "Oh" } };
// @ts-expect-error a missing message
export const noMessage: Answer<500> = { error: { code: "INTERNAL_ERROR" } };
// @ts-expect-error a problem without its path
export const noPath: Answer<400> = { error: { code: "BAD_REQUEST", message: "No", details: [{ message: "x" }] } };
// @ts-expect-error an undocumented status
export type Answer422 = Answer<422>;
// @ts-expect-error an undocumented method
export const get: paths["/api/v1/entities/leadlists"]["get"] = { responses: {} };
// @ts-expect-error an undocumented path
export type Other = paths["/api/v1/entities/leads"];
// @ts-expect-error a field that the response does not have
export const owner = response.ownerId;
// @ts-expect-error a list of several types
export const mixed: components["schemas"]["LeadList"]["type"] = "mixed";
