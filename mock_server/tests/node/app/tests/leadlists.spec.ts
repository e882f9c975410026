import type { Page } from "@playwright/test";
import { expect, test } from "./mock";

const FORBIDDEN_HOST = process.env.OTHER_HOST!; // a server that grants no preflight

async function create(page: Page, name: string) {
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: /Create|Try again/ }).click();
}
const lists = (page: Page) => page.getByRole("list", { name: "Lists" }).getByRole("listitem");

test.beforeEach(async ({ page }) => {
  await page.goto("/");
});

test("creates a list", async ({ page, mock }) => {
  await create(page, "Q1");
  await expect(lists(page)).toHaveText("Q1 (person, 0 leads, by user_xyz789)");
  await mock.verify({ times: 1, status: 201, user: "user_xyz789", body: { name: "Q1", icpId: null } });
});

test("is signed in without a word about it", async ({ page }) => {
  await create(page, "Q1");
  await expect(lists(page)).toHaveCount(1);
});

test("shows an error at each field", async ({ page }) => {
  await page.getByLabel("End").fill("2024-02-30");
  await page.getByLabel("ICP").fill("none");
  await create(page, "Q1");
  const field = (name: RegExp) => page.getByRole("textbox", { name });
  await expect(field(/^End/)).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByText(/February 30/).first()).toBeVisible();
  await expect(field(/^ICP/)).toHaveAttribute("aria-invalid", "true");
  await expect(field(/^Name/)).toHaveAttribute("aria-invalid", "false");
});

test("lets the user try again after a failure", async ({ page, mock }) => {
  await mock.setFaults({ status: 500, times: 1 });
  await create(page, "Q1");
  await expect(page.getByRole("alert")).toHaveText("An unexpected server error occurred");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(lists(page)).toHaveCount(1);
  await expect(page.getByRole("alert")).toHaveCount(0);
  await mock.verify({ times: 1, status: 500 });
  await mock.verify({ times: 1, status: 201 });
});

test("says that the server is gone", async ({ page, mock }) => {
  await mock.setFaults({ answer: "empty" });
  await create(page, "Q1");
  await expect(page.getByRole("alert")).toHaveText(/The server (cannot be reached|sent something that is not JSON)/);
});

test("survives the HTML page of a proxy", async ({ page, mock }) => {
  await mock.setFaults({ status: 502, body: "<h1>Bad gateway</h1>", headers: { "Content-Type": "text/html" } });
  await create(page, "Q1");
  await expect(page.getByRole("alert")).toHaveText("The server sent something that is not JSON");
});

test("is busy while it saves", async ({ page, mock }) => {
  await mock.setFaults({ delayMs: 6000 });
  await create(page, "Q1");
  await expect(page.getByRole("button", { name: "Saving" })).toBeDisabled();
  await expect(page.getByRole("button", { name: "Create" })).toBeEnabled();
});

test("tells a user whose session has expired", async ({ page, mock }) => {
  await mock.signIn("user_xyz789", { expired: true });
  await create(page, "Q1");
  await expect(page.getByRole("alert")).toContainText("The session has expired");
});

test("signs in, and creates as that user", async ({ page, mock }) => {
  await page.getByRole("button", { name: "Sign in as Ben" }).click();
  await expect(page.getByText("Signed in as user_abc123")).toBeVisible();
  await create(page, "Q1");
  await expect(lists(page)).toHaveText("Q1 (person, 0 leads, by user_abc123)");
  await mock.verify({ times: 1, user: "user_abc123" });
});

test("signs out", async ({ page }) => {
  const signedOut = page.waitForResponse((response) => response.request().method() === "DELETE");
  await page.getByRole("button", { name: "Sign out" }).click();
  await signedOut;
  await create(page, "Q1");
  await expect(page.getByRole("alert")).toContainText("User is not authenticated");
});

test("sends companies as such, and shows that a name is in use", async ({ page, mock }) => {
  const taken = { error: { code: "TAKEN", message: "There is a list of this name" } };
  await mock.setFaults({ match: { body: { name: "Taken" } }, status: 409, body: taken });
  await page.getByLabel("Type").selectOption("company");
  await page.getByLabel("Leads").fill("660e8400-e29b-41d4-a716-446655440001");
  await create(page, "Taken");
  await expect(page.getByRole("alert")).toHaveText("There is a list of this name");
  await create(page, "Free");
  await expect(lists(page)).toHaveText("Free (company, 1 leads, by user_xyz789)");
  expect((await mock.lists()).map((each) => each.name)).toEqual(["Free"]);
});

test("leaves calls to other hosts alone", async ({ page, mock }) => {
  // A header of the mock on every request would need a preflight there.
  const text = await page.evaluate(async (url) => (await fetch(url)).text(), FORBIDDEN_HOST);
  expect(text).toBe("plain\n");
  expect(mock.world).toMatch(/^leaves-calls-to-other-hosts-alone-/);
});
