/** Ten thousand photos: shown, scrolled through, searched and mapped without the page standing still. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { tasksOf } from "../tasks";
import { addPhotos, expect, open, ready, sample, search, test } from "../page/fixtures";

const COUNT = 10_000;

test("10 000 photos scroll, are searched and lie on a map, and the page hardly ever stands still", async ({
  page,
}) => {
  test.setTimeout(600_000);
  await open(page);
  await addPhotos(page, [sample("cat")]);

  // A row as the page itself writes it, made into many.
  await page.getByText("More", { exact: true }).click();
  const downloading = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export as JSON lines" }).click();
  const row = JSON.parse(
    readFileSync(await (await downloading).path(), "utf8").split("\n")[0]!,
  ) as {
    embeddings: number[][];
  };
  const thumbnail = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [160, 120];
    const context = canvas.getContext("2d")!;
    context.fillStyle = "teal";
    context.fillRect(20, 20, 90, 70);
    return canvas.toDataURL("image/jpeg", 0.5);
  });
  const folder = mkdtempSync(join(tmpdir(), "agff-large-"));
  try {
    const file = join(folder, "many.jsonl");
    writeFileSync(file, many(row, thumbnail));
    await page.setInputFiles("#import-file", file);
    await expect(page.locator("#note")).toHaveText(/10,000 photos imported/, { timeout: 400_000 });
  } finally {
    rmSync(folder, { recursive: true });
  }

  // As on a later visit, after which nothing is left of the import.
  await page.reload();
  await ready(page);
  await expect(page.locator("#results-title")).toHaveText("10,001 photos");
  expect(await page.locator(".cell").count()).toBeLessThan(150);

  const scrolling = await tasksOf(page, "scrolling", () =>
    page.evaluate(async () => {
      const end = document.documentElement.scrollHeight;
      for (let frame = 0; frame < 240; frame++) {
        // Slowly, and now and then with a leap.
        scrollBy(0, frame % 40 === 39 ? end / 8 : 400);
        await new Promise(requestAnimationFrame);
      }
    }),
  );
  expect(scrolling.computed).toEqual([]);

  const leaping = await tasksOf(page, "leaping to the end", async () => {
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
    await expect(page.locator(".cell").last()).toBeVisible();
    await page.evaluate(() => scrollTo(0, 0));
    await page.locator(".cell").first().focus();
    await page.keyboard.press("Control+End");
    await expect(page.locator(".cell:focus")).toHaveAttribute("data-name", "cat.jpg");
  });
  expect(leaping.computed).toEqual([]);

  const searching = await tasksOf(page, "searching", async () => {
    await search(page, "a cat");
    await expect(page.locator("#results-title")).toContainText("the best 300 of 10,001 photos");
  });
  expect(searching.computed).toEqual([]);

  const mapping = await tasksOf(page, "making the map", async () => {
    await page.getByRole("button", { name: "Map" }).click();
    await expect(page.locator("#map-canvas")).toHaveAttribute("data-points", String(COUNT + 1), {
      timeout: 60_000,
    });
  });
  expect(mapping.computed).toEqual([]);

  const walking = await tasksOf(page, "walking on the map", async () => {
    await page.locator("#map-canvas").focus();
    for (let i = 0; i < 4; i++) await page.keyboard.press("+");
    for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
  });
  expect(walking.computed).toEqual([]);
});

/** So many rows with vectors of their own, in twenty clusters. */
function many(row: { embeddings: number[][] }, thumbnail: string): string {
  const [views, dimensions] = [row.embeddings.length, row.embeddings[0]!.length];
  const lines: string[] = [];
  for (let i = 0; i < COUNT; i++) {
    const embeddings = Array.from({ length: views }, (_, view) => {
      // Few numbers that are not zero keep the file small.
      const vector: number[] = Array(dimensions).fill(0);
      const places = [
        i % 20,
        20 + ((i * 7 + view) % 40),
        60 + ((i * 13 + view) % 60),
        120 + ((i * 29) % 50),
      ];
      for (const place of places) vector[place % dimensions] = 0.5;
      return vector;
    });
    const sha256 = createHash("sha256").update(String(i)).digest("hex");
    const name = `photo-${i}.jpg`;
    lines.push(JSON.stringify({ ...row, input: name, name, sha256, embeddings, thumbnail }));
  }
  return lines.join("\n");
}
