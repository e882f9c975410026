// Four concurrent tests, each in its own world: it meets only its own fault and sees only its own lists.
import { expect, MOCK_URL, test } from "./mock";

const FAULTS = [401, 409, 500, 503];

for (const [number, status] of FAULTS.entries()) {
  test(`world ${number + 1} of 4`, async ({ page, request, mock }, testInfo) => {
    const name = (i: number) => `list ${i} of world ${number + 1}`;
    await mock.setFaults({ status, times: 1 });
    await page.goto("/");
    const create = async (list: string) => {
      await page.getByLabel("Name").fill(list);
      const answered = page.waitForResponse((response) => response.request().method() === "POST");
      await page.getByRole("button", { name: "Create" }).click();
      return (await answered).status();
    };
    expect(await create(name(0))).toBe(status);
    await expect(page.getByRole("alert")).toBeVisible();
    for (let i = 0; i <= number; i++) expect(await create(name(i))).toBe(201);
    // A request of the test itself has the same user and world; without the user, it would get 401.
    expect((await request.post(`${MOCK_URL}/api/v1/entities/leadlists`, { data: {} })).status()).toBe(400);

    // Check the worlds only after all four have their state, so that they had time to disturb each other.
    await mock.control("PUT", `snapshots/${number}?world=barrier`);
    await expect.poll(async () => {
      return (await mock.control("GET", "snapshots?world=barrier")).snapshots.length;
    }, { timeout: 120_000 }).toBe(FAULTS.length);

    const names = Array.from({ length: number + 1 }, (_, i) => name(i));
    await expect(page.getByRole("listitem")).toHaveText(names);
    expect((await mock.lists()).map((list: { name: string }) => list.name)).toEqual(names);
    expect((await mock.requests("method=POST")).map((each: { answer: { status: number } }) => each.answer.status)).toEqual([
      400, ...names.map(() => 201), status,
    ]);
    console.log(`worker ${testInfo.parallelIndex}, world ${number + 1}: one ${status}, ${names.length} lists of its own`);
  });
}
