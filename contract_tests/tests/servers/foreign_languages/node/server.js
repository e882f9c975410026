// A lead list API with Fastify, zod and PostgreSQL.
import Fastify from "fastify";
import { insert, migrate } from "./database.js";
import { createLeadList } from "./schema.js";

const PATH = "/api/v1/entities/leadlists";
const SESSIONS = new Map([
  ["node-session", "user_node"],
  ["deno-session", "user_deno"],
]);

class ApiError extends Error {
  constructor(status, code, message, details) {
    super(message);
    Object.assign(this, { statusCode: status, body: { error: { code, message, details } } });
  }
}

function currentUser(request) {
  const [, bearer] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? "") ?? [];
  const [, cookie] = /(?:^|;\s*)__session=([^;]*)/.exec(request.headers.cookie ?? "") ?? [];
  return SESSIONS.get(bearer) ?? SESSIONS.get(cookie);
}

const app = Fastify({ bodyLimit: 1024 * 1024, forceCloseConnections: true });

app.setErrorHandler((error, request, reply) => {
  if (error instanceof ApiError) {
    return reply.code(error.statusCode).send(error.body);
  }
  // Fastify's own refusals: malformed JSON, wrong media type, body too large.
  if (error.statusCode >= 400 && error.statusCode < 500) {
    const code = error.statusCode === 400 ? "BAD_REQUEST" : error.code;
    const details = [{ path: [], message: error.message }];
    return reply.code(error.statusCode).send({ error: { code, message: error.message, details } });
  }
  console.error(error);
  return reply.code(500).send({ error: { code: "INTERNAL_ERROR", message: "An unexpected error occurred." } });
});

app.setNotFoundHandler((request) => {
  if (request.url.split("?")[0] === PATH) {
    throw new ApiError(405, "METHOD_NOT_ALLOWED", "Use POST.");
  }
  throw new ApiError(404, "NOT_FOUND", "There is nothing at this path.");
});

app.addHook("onSend", async (request, reply) => {
  if (reply.statusCode === 405) reply.header("allow", "POST");
});

app.post(
  PATH,
  {
    // Before the body is read, so that 401 comes before 400.
    onRequest: async (request) => {
      request.userId = currentUser(request);
      if (!request.userId) throw new ApiError(401, "UNAUTHORIZED", "User is not authenticated.");
    },
  },
  async (request, reply) => {
    const result = createLeadList.safeParse(request.body);
    if (!result.success) {
      throw new ApiError(400, "BAD_REQUEST", "Request body validation failed.", result.error.issues);
    }
    reply.code(201);
    return insert(result.data, request.userId);
  },
);

await migrate();
const url = await app.listen({ host: "127.0.0.1", port: Number(process.argv[2]) });
const users = [...SESSIONS].map(([token, id]) => ({ id, token }));
console.log(JSON.stringify({ url, users }));
