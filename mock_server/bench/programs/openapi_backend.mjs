// The contract served by openapi-backend over Node's own HTTP server: `node openapi_backend.mjs PORT SPEC_FOLDER`.
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { join } from "node:path";

// The package lies in the cache folder of the benchmark, which NODE_PATH names; only require looks there.
const require = createRequire(import.meta.url);
const { OpenAPIBackend } = require("openapi-backend");
const addFormats = require("ajv-formats");

const [port, specFolder] = process.argv.slice(2);
const SESSIONS = new Map([["xyz789-session", "user_xyz789"], ["abc123-session", "user_abc123"]]);
const MAX_LISTS = 10_000;
const stored = [];
let created = 0;

const refuse = (status, code, message, details) => [status, { error: { code, message, ...(details && { details }) } }];

const api = new OpenAPIBackend({
  definition: join(specFolder, "openapi.yaml"),
  quick: true, // does not check the spec itself
  ajvOpts: { allErrors: true },
  customizeAjv: (ajv) => addFormats(ajv, ["date-time", "uuid"]),
});
api.registerSecurityHandler("sessionBearer", (c) =>
  SESSIONS.get(/^bearer (.+)$/i.exec(c.request.headers.authorization ?? "")?.[1]));
api.registerSecurityHandler("sessionCookie", (c) => SESSIONS.get(c.request.cookies.__session));
api.register({
  createLeadList: (c) => {
    const now = new Date().toISOString();
    const user = c.security.sessionBearer || c.security.sessionCookie;
    const { name, type = "person", icpId, startDate, endDate, personIds, companyIds = [] } = c.request.requestBody;
    const list = {
      id: randomUUID(), icpId, name, type,
      startDate: new Date(startDate).toISOString(), endDate: new Date(endDate).toISOString(),
      personIds, companyIds, userIds: [user], createdAt: now, updatedAt: now,
    };
    stored[created++ % MAX_LISTS] = list;
    return [201, list];
  },
  unauthorizedHandler: () => refuse(401, "UNAUTHORIZED", "User is not authenticated"),
  validationFail: (c) => refuse(400, "BAD_REQUEST", "Request body validation failed",
    c.validation.errors.map((e) => ({ path: e.instancePath, rule: e.keyword, message: e.message }))),
  notFound: () => refuse(404, "NOT_FOUND", "There is no such path"),
  methodNotAllowed: () => refuse(405, "METHOD_NOT_ALLOWED", "Only POST is allowed here"),
});
await api.init();

createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", async () => {
    const { method, url: path, headers } = request;
    const [status, body] = await api.handleRequest({ method, path, headers, body: Buffer.concat(parts).toString() });
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
}).listen(Number(port), "127.0.0.1");
