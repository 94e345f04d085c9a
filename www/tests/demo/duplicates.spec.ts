/** Photos that are nearly the same are found together, and what is too much can go. */

import { readFileSync } from "node:fs";
import { groups } from "../../demo/src/groups";
import { addPhotos, cells, expect, open, sample, test } from "../page/fixtures";

test("pairs with a photo in common become one group", () => {
  const pair = (first: string, second: string, score: number) => ({ first, second, score });
  const found = groups([
    pair("a", "b", 0.99),
    pair("c", "d", 0.98),
    pair("b", "e", 0.97),
    pair("e", "a", 0.96),
  ]);
  expect(found.map(({ ids }) => [...ids].sort())).toEqual([
    ["a", "b", "e"],
    ["c", "d"],
  ]);
  expect(found.map(({ least }) => least)).toEqual([0.96, 0.98]);
  const joined = groups([pair("a", "b", 0.99), pair("c", "d", 0.98), pair("a", "d", 0.97)]);
  expect(joined.map(({ ids }) => [...ids].sort())).toEqual([["a", "b", "c", "d"]]);
});

test("copies with other bytes are a group, and one click leaves one of them", async ({ page }) => {
  await open(page);
  const copies = ["cat", "cat", "cat", "rocket", "rocket"].map((name, i) => ({
    name: `${name}-${i}.jpg`,
    mimeType: "image/jpeg",
    buffer: Buffer.concat([readFileSync(sample(name)), Buffer.from([i])]),
  }));
  await addPhotos(page, copies);
  await page.getByRole("button", { name: "Duplicates" }).click();
  // The very same pixels have the very same vectors.
  await page.locator("#threshold").fill("100");
  await page.locator("#threshold").dispatchEvent("change");
  const list = page.locator(".group");
  await expect(list).toHaveCount(2);
  await expect(list.nth(0).locator("li .name")).toHaveCount(3);
  await expect(list.nth(0)).toContainText("cat-0.jpg");
  await expect(list.nth(1).locator("li .name")).toHaveCount(2);
  await list.nth(0).getByRole("button", { name: "Keep the largest only" }).click();
  await expect(list).toHaveCount(1);
  await list.nth(0).getByRole("button", { name: "Remove rocket-3.jpg" }).click();
  await expect(list).toHaveCount(0);
  await expect(page.locator("#duplicates-status")).toHaveText("No two photos are this much alike.");
  await page.getByRole("button", { name: "Photos", exact: true }).click();
  await expect(cells(page)).toHaveCount(2);
});
