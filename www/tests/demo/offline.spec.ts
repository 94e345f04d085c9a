/** After the first visit the page needs no network, and a new version waits until it is wanted. */

// A page without a network logs that, so this is not the test that forbids it.
import { expect, test } from "@playwright/test";
import { addPhotos, cells, idle, ready, sample, search } from "../page/fixtures";
import { Site } from "./site";

test("page, engine, model and photos are there without a server", async ({ page }) => {
  const site = await Site.start();
  await page.goto(`${site.url}?device=cpu`);
  await ready(page);
  await addPhotos(page, [sample("cat"), sample("coffee")]);
  await expect(page.locator("body")).toHaveAttribute("data-offline", "ready");
  await site.stop();

  await page.reload();
  await ready(page);
  await expect(cells(page)).toHaveCount(2);
  await search(page, "a cat");
  // The other one is no cat.
  await expect(page.locator(".cell .number")).toHaveCount(1);
  await page.getByRole("searchbox").fill("");
  await addPhotos(page, [sample("rocket")]);
  await expect(cells(page)).toHaveCount(3);
  await page.getByRole("button", { name: /^Samples/ }).click();
  await expect(page.locator("#results-title")).toHaveText("42 photos");
});

test("only the engine that is used is kept", async ({ page }) => {
  const site = await Site.start();
  try {
    await page.goto(`${site.url}?device=cpu`);
    await ready(page);
    await expect(page.locator("body")).toHaveAttribute("data-offline", "ready");
    const engines = new Set(site.asked.filter((asked) => asked.endsWith(".wasm")));
    expect([...engines]).toHaveLength(1);
  } finally {
    await site.stop();
  }
});

test("a new version is offered, and comes when it is wanted", async ({ page }) => {
  const site = await Site.start();
  try {
    await page.goto(`${site.url}?device=cpu`);
    await ready(page);
    await idle(page);
    await expect(page.locator("body")).toHaveAttribute("data-offline", "ready");
    await expect(page.locator("#update")).toBeHidden();

    site.change("index.html", (text) => text.replace(/<title>.*<\/title>/, "<title>newer</title>"));
    site.change("sw.js", (text) =>
      text.replace(/("version":")[0-9a-f]{12}/, (_, before) => `${before}0123456789ab`),
    );
    await page.reload();
    await ready(page);
    // What is open is still the old one, as a whole.
    await expect(page).toHaveTitle(/find your photos/);
    await expect(page.locator("#update")).toBeVisible();
    await expect(page.locator("#update")).toContainText("A new version of this page is ready.");
    await page.getByRole("button", { name: "Later" }).click();
    await expect(page.locator("#update")).toBeHidden();

    await page.reload();
    await ready(page);
    await expect(page.locator("#update")).toBeVisible();
    await page.getByRole("button", { name: "Reload" }).click();
    await expect(page).toHaveTitle("newer");
    await ready(page);
    await expect(page.locator("#update")).toBeHidden();
    await expect(page.locator("#results-title")).toHaveText("42 photos");
  } finally {
    await site.stop();
  }
});
