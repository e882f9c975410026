// A proxy that holds every response back until it is complete, or has so many bytes, as some that compress do.
import http from "node:http";

const [port, mock, pieceBytes = "Infinity"] = process.argv.slice(2);
http
  .createServer((request, response) => {
    const asked = http.request(mock + request.url, { method: request.method, headers: request.headers }, (answer) => {
      let held = Buffer.alloc(0);
      const write = () => {
        if (!response.headersSent) response.writeHead(answer.statusCode, answer.headers);
        response.write(held);
        held = Buffer.alloc(0);
      };
      answer.on("data", (chunk) => {
        held = Buffer.concat([held, chunk]);
        if (held.length >= Number(pieceBytes)) write();
      });
      answer.on("end", () => {
        write();
        response.end();
      });
    });
    asked.on("error", () => response.destroy());
    request.pipe(asked);
  })
  .listen(Number(port), "localhost");
