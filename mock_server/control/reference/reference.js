/** The API reference: Swagger UI over the two documents that the mock serves. It asks nothing of any other host. */

const CONTROL = "/__mock__/";
const world = new URLSearchParams(location.search).get("world");
const token = sessionStorage.getItem("leadlists-mock-token"); // the dashboard keeps it, beyond loopback

/**
 * Whatever server a document names, it is the mock that is asked.
 * @param {{url: string, headers: Record<string, string>}} request
 */
function toTheMock(request) {
  const { pathname, search } = new URL(request.url, location.href);
  request.url = location.origin + pathname + search;
  if (pathname.startsWith(CONTROL)) request.headers["X-Mock-Control"] = token || "1";
  if (world) request.headers["X-Mock-World"] = world;
  return request;
}

globalThis.SwaggerUIBundle({
  domNode: document.getElementById("reference"),
  urls: [
    { name: "The API", url: `${CONTROL}openapi.yaml` },
    { name: "Control of the mock", url: `${CONTROL}control.yaml` },
  ],
  // Its logo brings a style sheet of its own, which the policy of this web page does not take.
  plugins: [() => ({ components: { Logo: () => null } })],
  presets: [globalThis.SwaggerUIBundle.presets.apis, globalThis.SwaggerUIStandalonePreset],
  layout: "StandaloneLayout",
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
  requestInterceptor: toTheMock,
});
