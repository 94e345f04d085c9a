/** Who comes for the first time finds photos to search, and is told what happens to their own. */

import { cells, expect, idle, names, ready, search, test, withholdWeights } from "../page/fixtures";

test("the samples are shown at once, before the model is there, and can be searched when it is", async ({
  page,
}) => {
  const arrive = await withholdWeights(page);
  await page.goto("./?sw=off&device=cpu");
  await expect(page.locator("#results-title")).toHaveText("42 photos");
  await expect(page.locator(".cell.waiting img").first()).toHaveJSProperty("complete", true);
  await expect(page.locator("#progress-text")).toContainText("model");
  arrive();
  await ready(page);
  await page.getByRole("button", { name: "a dog" }).click();
  await idle(page);
  await expect(page.locator("#results-title")).toHaveText(/^\d photos? for “a dog”: \d p/);
  await expect.poll(async () => (await names(page))[0]).toBe("dog-in-yard.jpg");
});

test("the page says that nothing leaves the device, and where it runs and why", async ({
  page,
}) => {
  await page.goto("./?sw=off");
  await expect(page.getByText("Nothing leaves this device.")).toBeVisible();
  await ready(page);
  await expect(page.locator("#device")).toContainText("Running on the CPU");
  await expect(page.locator("#device")).toContainText("because");
});

test("it says how good the model is, in the words of its package", async ({ page, request }) => {
  const manifest = await (await request.get("models/photo/agff.json")).json();
  await page.goto("./?sw=off&device=cpu");
  await ready(page);
  await expect(page.locator("#untrained")).toBeVisible({ visible: manifest.trained === false });
  await page.getByRole("button", { name: "Model and device" }).click();
  const about = page.getByRole("dialog", { name: "Model and device" });
  await expect(about).toContainText("How good is the model?");
  if (manifest.provenance) await expect(about).toContainText(manifest.provenance);
  await expect(about).toContainText(manifest.name);
  await expect(about).toContainText(manifest.licence);
  await expect(about).toContainText("in this browser, for the next visit");
});

test("the samples can be hidden, and stay so until they are wanted again", async ({ page }) => {
  await page.goto("./?sw=off&device=cpu");
  await ready(page);
  await idle(page);
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("button", { name: "Hide the samples" }).click();
  await expect(page.getByRole("button", { name: /^Samples/ })).toBeHidden();
  await expect(page.getByText("Drop photos or a folder here")).toBeVisible();
  await page.reload();
  await ready(page);
  await expect(cells(page)).toHaveCount(0);
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("button", { name: "Show the samples again" }).click();
  await expect(page.locator("#results-title")).toHaveText("42 photos");
});

test("a second visit has the samples without reading them again", async ({ page }) => {
  await page.goto("./?sw=off&device=cpu");
  await ready(page);
  await idle(page);
  const before = await names(page);
  await page.reload();
  await ready(page);
  await expect(page.locator("#results-title")).toHaveText("42 photos");
  await expect(page.locator("#work")).toBeHidden();
  expect(await names(page)).toEqual(before);
  await search(page, "a photo of a lemon");
  await expect.poll(async () => (await names(page))[0]).toBe("lemons.jpg");
});

test("each suggestion finds what it names among the samples", async ({ page }) => {
  await page.goto("./?sw=off&device=cpu");
  await ready(page);
  await idle(page);
  for (const [text, first] of [
    ["a dog", "dog-in-yard.jpg"],
    ["mountains", "mountain-path.jpg"],
    ["birds", "osprey.jpg"],
    ["a space shuttle", "astronaut.jpg"],
    ["a loudspeaker", "djembe-room.jpg"],
  ] as const) {
    await page.getByRole("searchbox").fill("");
    await page.getByRole("button", { name: text }).click();
    await expect.poll(async () => (await names(page))[0], text).toBe(first);
  }
  await page.getByRole("searchbox").fill("");
  await page.getByRole("button", { name: "more like the boats" }).click();
  await expect
    .poll(async () => (await names(page)).slice(0, 2))
    .toEqual(["boats.jpg", "waterfront.jpg"]);
});
