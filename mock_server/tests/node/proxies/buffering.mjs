// A proxy that holds every response back until it is complete, as some that compress do.
import http from "node:http";

const [port, mock] = process.argv.slice(2);
http
  .createServer((request, response) => {
    const asked = http.request(mock + request.url, { method: request.method, headers: request.headers }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => response.writeHead(answer.statusCode, answer.headers).end(Buffer.concat(chunks)));
    });
    asked.on("error", () => response.destroy());
    request.pipe(asked);
  })
  .listen(Number(port), "localhost");
