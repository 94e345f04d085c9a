/** Photos are picked and called something; the word finds others, is corrected, forgotten, and goes with the library. */

import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import {
  addPhotos,
  cells,
  DEFAULT,
  expect,
  names,
  open,
  ready,
  sample,
  search,
  test,
} from "../page/fixtures";

const PHOTOS = ["astronaut", "carrots", "cat", "coffee", "lemons", "oranges", "pineapples"];

test.beforeEach(async ({ page }) => {
  await open(page, DEFAULT);
  await addPhotos(page, PHOTOS.map(sample));
  // Another photo of the same cat: turned round, and a part of it only.
  const cat = readFileSync(sample("cat")).toString("base64");
  const turned = await page.evaluate(async (cat) => {
    const bytes = Uint8Array.from(atob(cat), (c) => c.charCodeAt(0));
    const photo = await createImageBitmap(new Blob([bytes]));
    const canvas = new OffscreenCanvas(0.8 * photo.width, 0.8 * photo.height);
    const context = canvas.getContext("2d")!;
    context.scale(-1, 1);
    context.drawImage(photo, -0.9 * photo.width, -0.1 * photo.height);
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 });
    return [...new Uint8Array(await blob.arrayBuffer())];
  }, cat);
  await addPhotos(page, {
    name: "the-same-cat.jpg",
    mimeType: "image/jpeg",
    buffer: Buffer.from(turned),
  });
});

/** Picks photos by their marks. */
async function pick(page: Page, ...wanted: string[]): Promise<void> {
  for (const name of wanted) {
    const cell = page.locator(`.cell[data-name="${name}"]`);
    await cell.hover();
    await cell.locator(".pick").click();
    await expect(cell).toHaveAttribute("aria-selected", "true");
  }
}

/** Calls the photos that are picked something. */
async function call(page: Page, word: string): Promise<void> {
  await page.getByLabel("What you call it").fill(word);
  await page.getByRole("button", { name: "Find more of it" }).click();
  await expect(page.locator("#results-title")).toContainText(`“${word}”`);
  await expect(page.locator("#picked")).toBeHidden();
}

const chips = (page: Page) => page.locator("#word-list .word");

test("a word is taught by a photo, and finds another one of the same", async ({ page }) => {
  await expect(page.locator("#words")).toBeHidden();
  await pick(page, "cat.jpg");
  await expect(page.locator("#picked-count")).toHaveText("1 photo picked");
  await call(page, "Whiskers");
  await expect(page.getByRole("searchbox")).toHaveValue("Whiskers");
  await expect.poll(() => names(page)).toContain("the-same-cat.jpg");
  expect((await names(page)).slice(0, 2)).toEqual(["cat.jpg", "the-same-cat.jpg"]);
  await expect(chips(page)).toHaveText(["Whiskers1"]);
  // It says why.
  await cells(page).nth(1).click();
  await expect(page.locator("#details .explanation")).toContainText("what you call “Whiskers”");
  await expect(page.locator("#details .told")).toHaveCount(0);
  await page.getByRole("button", { name: "Photo before" }).click();
  await expect(page.locator("#details .told")).toHaveText("You called this “Whiskers” yourself.");
  await page.keyboard.press("Escape");

  // Small letters are the same, and what else is said counts too.
  await search(page, "a photo of whiskers");
  expect((await names(page))[0]).toBe("cat.jpg");
  // A word that nobody taught finds nothing like it.
  await search(page, "Whisky");
  expect((await names(page)).slice(0, 2)).not.toEqual(["cat.jpg", "the-same-cat.jpg"]);

  // It is there the next time.
  await page.reload();
  await ready(page);
  await chips(page).first().click();
  await expect.poll(async () => (await names(page))[0]).toBe("cat.jpg");
});

test("not this one: it is gone from the word, and can be taught again", async ({ page }) => {
  await pick(page, "cat.jpg");
  await call(page, "Whiskers");
  const rest = page.locator("#show-rest");
  if (await rest.isVisible()) await rest.click();
  await expect(cells(page)).toHaveCount(PHOTOS.length + 1);
  await pick(page, "coffee.jpg", "lemons.jpg");
  await page.getByRole("button", { name: "Not “Whiskers”" }).click();
  await expect(cells(page).and(page.locator("[data-name='coffee.jpg']"))).toHaveCount(0);
  expect(await names(page)).not.toContain("lemons.jpg");
  expect((await names(page))[0]).toBe("cat.jpg");
  await expect(chips(page).first()).toHaveAttribute("title", /not by 2/);

  // In the details of one.
  await page.locator(".cell[data-name='the-same-cat.jpg']").click();
  await page.locator("#details").getByRole("button", { name: "Not “Whiskers”" }).click();
  await expect(page.locator(".cell[data-name='the-same-cat.jpg']")).toHaveCount(0);
  await page.keyboard.press("Escape");
  // The focus goes back to the photos.
  await expect(page.locator(".cell:focus")).toHaveCount(1);
  // It was one, after all.
  await page.getByRole("searchbox").fill("");
  await expect(cells(page)).toHaveCount(PHOTOS.length + 1);
  await pick(page, "the-same-cat.jpg");
  await call(page, "Whiskers");
  await expect(chips(page)).toHaveText(["Whiskers2"]);
  expect((await names(page)).slice(0, 2).sort()).toEqual(["cat.jpg", "the-same-cat.jpg"]);
});

test("a word is forgotten; and comes back with the library that it was exported with", async ({
  page,
}) => {
  await pick(page, "cat.jpg", "the-same-cat.jpg");
  await call(page, "Whiskers");
  await page.getByText("More", { exact: true }).click();
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export as Parquet" }).click();
  const file = readFileSync(await (await downloading).path());

  await page.getByRole("button", { name: "Forget Whiskers" }).click();
  await page.getByRole("button", { name: "Forget", exact: true }).click();
  await expect(page.locator("#words")).toBeHidden();
  await expect.poll(async () => (await names(page))[0]).not.toBe("cat.jpg");

  await page.setInputFiles("#import-file", {
    name: "photos.parquet",
    mimeType: "application/octet-stream",
    buffer: file,
  });
  await expect(page.locator("#note")).toHaveText(
    "0 photos imported, 8 were there already; 1 word of yours came along.",
  );
  await expect(chips(page)).toHaveText(["Whiskers2"]);
  await search(page, "whiskers");
  await expect
    .poll(async () => (await names(page)).slice(0, 2).sort())
    .toEqual(["cat.jpg", "the-same-cat.jpg"]);
});

test("photos are picked with keys, and given up", async ({ page }) => {
  await page.locator(".cell[data-name='cat.jpg']").focus();
  await page.keyboard.press("x");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("x");
  await expect(page.locator("#picked-count")).toHaveText("2 photos picked");
  // No word of no letters.
  await page.getByLabel("What you call it").fill("?!");
  await page.keyboard.press("Enter");
  await expect(page.locator("#failure-text")).toContainText("no letter and no digit");
  await page.locator(".cell[data-name='cat.jpg']").focus();
  await page.keyboard.press("Escape");
  await expect(page.locator("#picked")).toBeHidden();
  await page.locator(".cell[data-name='cat.jpg']").click({ modifiers: ["Shift"] });
  await expect(page.locator("#picked-count")).toHaveText("1 photo picked");
  await page.getByRole("button", { name: "Pick none" }).click();
  await expect(page.locator("#picked")).toBeHidden();
});
