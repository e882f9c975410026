/**
 * A SharedWorker: one event stream for all tabs that follow the same world. A browser keeps at most six connections
 * to a host over HTTP/1.1, of all its tabs together; a stream for each dashboard would leave none for the product.
 *
 * A tab sends `{follow: address}` and `{leave: true}`, and answers each `"ping"` with `"pong"`; it gets
 * `["hello"]`, `["request", data]`, `["change", data]`, `["lost"]`, and `["full"]` if there are too many streams.
 */

const STREAMS_MOST = 4; // of different worlds; the rest of the six connections are for the product and the tabs' calls
const KEPT = 500; // requests, for tabs that come later; a dashboard shows no more
const CHARACTERS_KEPT = 16_000_000;
const PING_MS = 20_000; // a tab that was closed without a word misses two

/** @typedef {{source: EventSource, isOpen: boolean, requests: string[], characters: number, tabs: Set<Tab>}} Stream */
/** @typedef {{port: MessagePort, address: string, missed: number}} Tab */

/** @type {Map<string, Stream>} by address */
const streams = new Map();

addEventListener("connect", (event) => {
  const port = /** @type {MessageEvent} */ (event).ports[0];
  /** @type {Tab} */
  const tab = { port, address: "", missed: 0 };
  port.addEventListener("message", ({ data }) => {
    tab.missed = 0;
    if (data.follow) follow(tab, data.follow);
    else if (data.leave) leave(tab);
  });
  port.start();
});

/** @param {Tab} tab @param {string} address */
function follow(tab, address) {
  leave(tab);
  if (!streams.has(address) && streams.size >= STREAMS_MOST) return tab.port.postMessage(["full"]);
  tab.address = address;
  const stream = streams.get(address) ?? open(address);
  stream.tabs.add(tab);
  if (!stream.isOpen) return;
  tab.port.postMessage(["hello"]);
  for (const each of stream.requests) tab.port.postMessage(["request", each]);
}

/** @param {Tab} tab */
function leave(tab) {
  const stream = streams.get(tab.address);
  if (!stream?.tabs.delete(tab) || stream.tabs.size) return;
  stream.source.close();
  streams.delete(tab.address);
}

/** @param {string} address @returns {Stream} */
function open(address) {
  const source = new EventSource(address);
  /** @type {Stream} */
  const stream = { source, isOpen: false, requests: [], characters: 0, tabs: new Set() };
  streams.set(address, stream);
  /** @param {string[]} message */
  const tell = (...message) => {
    for (const { port } of stream.tabs) port.postMessage(message);
  };
  source.addEventListener("hello", () => {
    stream.isOpen = true;
    tell("hello");
  });
  source.addEventListener("request", ({ data }) => {
    keep(stream, data);
    tell("request", data);
  });
  source.addEventListener("change", ({ data }) => {
    if (JSON.parse(data).of === "requests") stream.requests.length = stream.characters = 0;
    tell("change", data);
  });
  // Its own way to connect again asks for what came after an id; a mock that was restarted counts from 1.
  source.addEventListener("error", () => {
    source.close();
    streams.delete(address);
    tell("lost");
  });
  return stream;
}

/** @param {Stream} stream @param {string} request */
function keep(stream, request) {
  stream.requests.push(request);
  stream.characters += request.length;
  while (stream.requests.length > KEPT || (stream.characters > CHARACTERS_KEPT && stream.requests.length > 1)) {
    stream.characters -= String(stream.requests.shift()).length;
  }
}

setInterval(() => {
  for (const { tabs } of [...streams.values()]) {
    for (const tab of [...tabs]) {
      if (tab.missed === 2) leave(tab);
      tab.missed += 1;
      tab.port.postMessage(["ping"]);
    }
  }
}, PING_MS);
