// Replaces Cypress, whose program is in no package: runs a test file and prints what its cy.request would send.
const requests = [];
const chain = new Proxy({}, { get: () => () => chain });
globalThis.cy = new Proxy({}, {
  get: (_, name) => (...given) => {
    if (name === "request") requests.push(given[0]);
    return chain;
  },
});
globalThis.beforeEach = (run) => run();
globalThis.it = (_, run) => run();
await import(process.argv[2]);
console.log(JSON.stringify(requests));
