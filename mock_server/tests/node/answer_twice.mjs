// Sends every request of a corpus to the mock and to the MSW handlers in the file that its line names, and prints both
// responses, one line each.
import { createInterface } from "node:readline";
import { getResponse } from "msw";

const HEADERS = [
  "allow", "content-type", "location", "preference-applied", "retry-after", "www-authenticate", "x-mock-fault", "x-trace",
];

const [url, now, atOnce] = process.argv.slice(2);
const mocks = {};
const mockOf = (file) =>
  (mocks[file] ??= import(file).then((made) => made.createLeadListMock({ now: () => new Date(now) })));

async function told(response) {
  const headers = HEADERS.filter((name) => response.headers.has(name)).map((name) => [name, response.headers.get(name)]);
  return { status: response.status, headers, body: await response.text() };
}

// On a busy machine the mock may close an idle connection just as a request goes out on it.
async function sent(request) {
  try {
    return await fetch(request());
  } catch (error) {
    if (error.cause?.code !== "UND_ERR_SOCKET") throw error;
    return fetch(request());
  }
}

async function answerTwice({ file, name, method, target, headers, body }) {
  const request = () =>
    new Request(url + target, { method, headers, body: body === null ? null : Buffer.from(body, "base64") });
  const handled = await getResponse((await mockOf(file)).handlers, request());
  console.log(JSON.stringify({ name, mock: await told(await sent(request)), handlers: await told(handled) }));
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function work() {
  for (let line = await lines.next(); !line.done; line = await lines.next()) await answerTwice(JSON.parse(line.value));
}
await Promise.all(Array.from({ length: Number(atOnce) }, work));
