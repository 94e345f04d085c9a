/** Files that mean harm, or are simply broken: shown as text, named, and nothing of them runs. */

import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addPhotos, cells, expect, names, open, sample, search, test } from "../page/fixtures";

const MARK = "window.harmed = true";
const harmed = () => "harmed" in window;

test("broken images, scripts in an SVG and HTML in names do nothing but be listed", async ({
  page,
}) => {
  const dialogs: string[] = [];
  page.on("dialog", (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  const photo = readFileSync(sample("cat"));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" onload="${MARK}">
    <script>${MARK}; alert(1)</script><foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror="${MARK}"/></foreignObject></svg>`;
  const html = `<img src=x onerror="${MARK}"><script>${MARK}</script>.jpg`;
  const random = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251));
  await open(page);
  await addPhotos(page, [
    { name: "picture.svg", mimeType: "image/svg+xml", buffer: Buffer.from(svg) },
    { name: html, mimeType: "image/jpeg", buffer: photo },
    { name: `broken ${html}`, mimeType: "image/jpeg", buffer: photo.subarray(0, 500) },
    {
      name: "page.jpg",
      mimeType: "image/jpeg",
      buffer: Buffer.from(`<html><script>${MARK}</script></html>`),
    },
    { name: "empty.png", mimeType: "image/png", buffer: Buffer.alloc(0) },
    { name: "random.webp", mimeType: "image/webp", buffer: random },
    { name: "half.jpg", mimeType: "image/jpeg", buffer: photo.subarray(0, photo.length / 2) },
  ]);
  await page.locator("#problems summary").click();
  const problems = await page.locator("#problem-list li").allTextContents();
  for (const name of ["picture.svg", "page.jpg", "empty.png", "random.webp", `broken ${html}`]) {
    expect
      .soft(
        problems.some((text) => text.startsWith(name)),
        name,
      )
      .toBe(true);
  }
  for (const text of problems) expect.soft(text).toMatch(/ image-[a-z-]+$/);
  expect(await names(page)).toContain(html);

  await search(page, `<b onclick="${MARK}">cat</b>`);
  await page.locator(".cell", { hasText: "onerror" }).first().click();
  await expect(page.locator("#details").getByRole("heading", { level: 2 })).toHaveText(html);
  await page.getByRole("button", { name: "More like this" }).click();
  await expect(page.locator("#terms")).toContainText("<img src=x");
  await expect(page.locator("#results-title")).toContainText("<img src=x");
  await page.getByRole("button", { name: "Duplicates" }).click();
  await page.getByRole("button", { name: "Map" }).click();
  await expect(page.locator("#map-canvas")).toHaveAttribute("data-points", /[12]/);
  await page.reload();
  await expect(cells(page).first()).toBeVisible();
  expect(await page.evaluate(harmed)).toBe(false);
  expect(await page.locator("main script, main b, main img[onerror]").count()).toBe(0);
  expect(dialogs).toEqual([]);
});

test("a file of 400 MB is refused by its size, and the photos beside it are read", async ({
  page,
}) => {
  const folder = mkdtempSync(join(tmpdir(), "agff-huge-"));
  try {
    const huge = join(folder, "huge.jpg");
    copyFileSync(sample("cat"), huge);
    // Nothing is written for what is behind the photo.
    truncateSync(huge, 400e6);
    await open(page);
    await addPhotos(page, [huge, sample("coffee")]);
    await page.locator("#problems summary").click();
    await expect(page.locator("#problem-list li")).toHaveCount(1);
    await expect(page.locator("#problem-list li")).toHaveText(
      /^huge\.jpg .*limit.* image-too-large$/,
    );
    expect(await names(page)).toEqual(["coffee.jpg"]);
    await search(page, "a cup");
    await expect(page.locator(".cell .number")).toHaveCount(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
