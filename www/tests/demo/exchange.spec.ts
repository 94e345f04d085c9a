/** A library goes out as a file and comes in again as it was. */

import { readFileSync } from "node:fs";
import { addPhotos, cells, expect, names, open, sample, search, test } from "../page/fixtures";

for (const [button, extension] of [
  ["Export as JSON lines", "jsonl"],
  ["Export as Parquet", "parquet"],
] as const) {
  test(`${extension}: exported, removed and imported, it finds the same`, async ({ page }) => {
    await open(page);
    await addPhotos(page, ["cat", "coffee", "rocket"].map(sample));
    const scores = async () => {
      await search(page, "a cat");
      return page
        .locator(".cell")
        .evaluateAll((found) => found.map((cell) => cell.getAttribute("aria-label")));
    };
    const before = await scores();
    expect(before).toHaveLength(3);

    const menu = page.getByText("More", { exact: true });
    await menu.click();
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: button }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(
      new RegExp(`^photos-\\d{4}-\\d\\d-\\d\\d\\.${extension}$`),
    );
    const file = await download.path();
    expect(readFileSync(file).length).toBeGreaterThan(1000);

    await menu.click();
    await page.getByRole("button", { name: "Remove all photos" }).click();
    await page.getByRole("button", { name: "Remove all", exact: true }).click();
    await expect(cells(page)).toHaveCount(0);

    await page.setInputFiles("#import-file", {
      name: `photos.${extension}`,
      mimeType: "application/octet-stream",
      buffer: readFileSync(file),
    });
    await expect(page.locator("#note")).toHaveText("3 photos imported.");
    const shown = async () => (await names(page)).sort();
    await expect.poll(shown).toEqual(["cat.jpg", "coffee.jpg", "rocket.jpg"]);
    await expect(page.locator(".cell img").first()).toHaveJSProperty("complete", true);
    expect(await scores()).toEqual(before);
  });
}

test("a file that is no library is refused in words", async ({ page }) => {
  await open(page);
  await page.setInputFiles("#import-file", {
    name: "letter.jsonl",
    mimeType: "text/plain",
    buffer: Buffer.from("Dear library,\nplease take this in.\n"),
  });
  await expect(
    page.locator("#note").or(page.locator("#failure-text")).filter({ visible: true }),
  ).toContainText(/could not be used|data/);
  await expect(cells(page)).toHaveCount(0);
});
