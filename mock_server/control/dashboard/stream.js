/** The event stream of a world: shared with the other tabs of this browser, or of this tab alone where it cannot be. */

/**
 * @typedef {object} Listener
 * @property {() => void} hello The first event: the stream gets through.
 * @property {(data: string) => void} request
 * @property {(data: string) => void} change
 * @property {() => void} lost
 * @property {() => void} full This browser follows as many worlds as it can.
 */

/** @typedef {{close: () => void}} Stream */

/** @type {MessagePort | null | undefined} undefined: not asked for yet */
let sharing;
/** @type {Listener | null} of the stream that is followed now */
let listening = null;

/**
 * Follow the stream at an address until it is closed or lost.
 * @param {string} address @param {Listener} listener @returns {Stream}
 */
export function follow(address, listener) {
  const port = (sharing ??= portToWorker());
  if (!port) return alone(address, listener);
  listening = listener;
  port.postMessage({ follow: address });
  return {
    close: () => {
      if (listening !== listener) return;
      listening = null;
      port.postMessage({ leave: true });
    },
  };
}

/** @returns {MessagePort | null} null where this browser has no SharedWorker */
function portToWorker() {
  if (!("SharedWorker" in globalThis)) return null;
  const name = "/__mock__/stream_worker.js"; // a policy: the web page takes only addresses that are meant as scripts
  const { trustedTypes } = /** @type {any} */ (globalThis);
  const url = trustedTypes?.createPolicy("stream", { createScriptURL: () => name }).createScriptURL(name) ?? name;
  const { port } = new SharedWorker(url, { type: "module", name: "leadlists-mock" });
  port.addEventListener("message", ({ data: [of, data] }) => {
    if (of === "ping") port.postMessage("pong");
    else if (listening) listening[/** @type {keyof Listener} */ (of)](data);
  });
  port.start();
  addEventListener("pagehide", () => port.postMessage({ leave: true }));
  return port;
}

/** @param {string} address @param {Listener} listener @returns {Stream} */
function alone(address, listener) {
  const source = new EventSource(address);
  source.addEventListener("hello", () => listener.hello());
  source.addEventListener("request", ({ data }) => listener.request(data));
  source.addEventListener("change", ({ data }) => listener.change(data));
  source.addEventListener("error", () => {
    source.close();
    listener.lost();
  });
  return source;
}
