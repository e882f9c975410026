// Posts twice with a pause between, through the pools that frontends use; prints what each attempt met.
import http from "node:http";

const [endpoint, pauseMs] = process.argv.slice(2);
const headers = { Authorization: "Bearer xyz789-session", "Content-Type": "application/json" };
const body = JSON.stringify({ name: "n", icpId: null, startDate: "2024-01-01", endDate: "2024-01-02", personIds: [] });
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function withAgent() {
  return new Promise((resolve) => {
    const request = http.request(endpoint, { method: "POST", headers, agent }, (answer) => {
      answer.resume().on("end", () => resolve([answer.statusCode, request.reusedSocket, answer.headers["keep-alive"]]));
    });
    request.on("error", (error) => resolve([error.code]));
    request.end(body);
  });
}

async function withFetch() {
  try {
    const answer = await fetch(endpoint, { method: "POST", headers, body });
    await answer.text();
    return [answer.status, answer.headers.get("keep-alive")];
  } catch (error) {
    return [error.cause?.code ?? String(error)];
  }
}

const met = { agent: [await withAgent()], fetch: [await withFetch()] };
await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)));
met.agent.push(await withAgent());
met.fetch.push(await withFetch());
agent.destroy();
console.log(JSON.stringify(met));
