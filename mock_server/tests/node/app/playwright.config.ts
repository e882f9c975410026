import { defineConfig } from "@playwright/test";

const { APP_URL, LEADLISTS_MOCK_URL, MOCK_COMMAND, BROWSER_PATH } = process.env;
const { hostname, port } = new URL(APP_URL!);

export default defineConfig({
  testDir: "tests",
  fullyParallel: true,
  workers: Number(process.env.WORKERS), // each starts a browser
  timeout: 240_000,
  expect: { timeout: 60_000 }, // four browsers are slow on a small machine
  reporter: [["json"]],
  use: {
    baseURL: APP_URL,
    ignoreHTTPSErrors: true,
    launchOptions: { executablePath: BROWSER_PATH, args: ["--no-sandbox", "--disable-dev-shm-usage"], timeout: 240_000 },
  },
  webServer: [
    { command: MOCK_COMMAND!, url: `${LEADLISTS_MOCK_URL}/__mock__/ready`, ignoreHTTPSErrors: true, timeout: 120_000 },
    { command: `node ${process.env.VITE_PROGRAM} --port ${port} --strictPort --host ${hostname}`, url: APP_URL, ignoreHTTPSErrors: true, timeout: 120_000 },
  ],
});
