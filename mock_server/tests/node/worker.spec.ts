// The handlers in a web page, in the service worker of MSW: cookies are hidden there, and bodies arrive in another way.
import { expect, test } from "@playwright/test";

const LIST = { name: "Ω", icpId: null, startDate: "2024-01-01", endDate: "2024-03-31", personIds: [] };

test("a web page signs in by cookie, creates, and gets an error for wrong bytes", async ({ page }) => {
  await page.goto("/worker.html");
  await expect(page).toHaveTitle("ready");
  const post = (origin: string, text: string, bytes: number[] = []) =>
    page.evaluate(async ({ origin, text, bytes }) => {
      const answer = await fetch(`${origin}/api/v1/entities/leadlists`, {
        method: "POST",
        credentials: "include",
        headers: { "Content-Type": "application/json" },
        body: new Blob([new Uint8Array(bytes), text]),
      });
      const { error, ...list } = await answer.json();
      return { status: answer.status, rules: error?.details?.map(({ rule }: { rule: string }) => rule), ...list };
    }, { origin, text, bytes });

  for (const origin of ["", "http://localhost:9"]) {
    await page.evaluate(() => void (document.cookie = "__session=; max-age=0"));
    expect(await post(origin, "{}")).toEqual({ status: 401 });
    await page.evaluate(() => void (document.cookie = "__session=abc123-session"));
    const created = await post(origin, JSON.stringify(LIST));
    expect(created).toMatchObject({ status: 201, name: "Ω", userIds: ["user_abc123"], startDate: "2024-01-01T00:00:00.000Z" });
    expect(await post(origin, JSON.stringify(LIST), [0xef, 0xbb, 0xbf])).toEqual({ status: 400, rules: ["byte_order_mark"] });
    expect(await post(origin, "", [0xff])).toEqual({ status: 400, rules: ["encoding"] });
    expect(await post(origin, '{"name": "\\ud800"}')).toEqual({ status: 400, rules: ["surrogate"] });
  }
  expect(await page.evaluate(() => (window as any).mock.lists.length)).toBe(2);
});
