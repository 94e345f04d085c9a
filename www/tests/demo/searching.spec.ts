/** Searching: as one types, by photos, with what is not wanted; and why a photo was found. */

import { addPhotos, cells, expect, names, open, sample, search, test } from "../page/fixtures";

const PHOTOS = ["cat", "coffee", "rocket", "lemons"];

test.beforeEach(async ({ page }) => {
  await open(page);
  await addPhotos(page, PHOTOS.map(sample));
});

test("results come as one types, and those of the last words stay", async ({ page }) => {
  const box = page.getByRole("searchbox");
  await box.pressSequentially("a rocket at night", { delay: 15 });
  await expect(page.locator("#results-title")).toHaveText("4 photos for “a rocket at night”");
  const ranks = await page.locator(".cell .rank").allTextContents();
  expect(ranks).toEqual(["1", "2", "3", "4"]);
  await box.fill("");
  await expect(page.locator("#results-title")).toHaveText("4 photos");
  await expect(page.locator(".cell .rank")).toHaveCount(0);
});

test("what was typed first does not come after what was typed last", async ({ page }) => {
  const titles: string[] = [];
  await page.exposeFunction("noteTitle", (title: string) => titles.push(title));
  await page.locator("#results-title").evaluate((element) => {
    new MutationObserver(() => {
      (window as unknown as { noteTitle(title: string): void }).noteTitle(
        element.textContent ?? "",
      );
    }).observe(element, { childList: true, characterData: true, subtree: true });
  });
  const box = page.getByRole("searchbox");
  for (const text of ["a", "a cat", "a cat on", "a cat on a sofa"]) {
    await box.fill(text);
    // Longer than the pause after a key, so each of them is searched for.
    await page.waitForTimeout(200);
  }
  await expect(page.locator("#results-title")).toContainText("a cat on a sofa");
  await page.waitForTimeout(1000);
  const lengths = titles.map((title) => title.length);
  expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
});

test("words after a minus sign are not wanted, and change the scores", async ({ page }) => {
  await search(page, "a photo");
  const scores = () =>
    page
      .locator(".cell .number")
      .evaluateAll((all) => all.map((of) => (of as HTMLElement).dataset["score"]!));
  const before = await scores();
  await page.getByRole("searchbox").fill("a photo -cat");
  await expect(page.locator("#results-title")).toHaveText("4 photos for “a photo”, not like “cat”");
  const after = await scores();
  expect(after).toHaveLength(4);
  expect(after).not.toEqual(before);
});

test("each hit says why: four patterns that are all of it, and the best pair of views", async ({
  page,
}) => {
  await search(page, "a cup of coffee");
  await cells(page).first().click();
  const details = page.locator("#details");
  await expect(details.getByRole("heading", { name: "Why it matched" })).toBeVisible();
  const shares = await details.locator(".bars .value").allTextContents();
  expect(shares).toHaveLength(4);
  const sum = shares.map((share) => parseInt(share, 10)).reduce((a, b) => a + b);
  // Each is rounded to a whole number.
  expect(Math.abs(sum - 100)).toBeLessThanOrEqual(2);
  const widths = await details
    .locator(".bars .filled")
    .evaluateAll((bars) => bars.map((bar) => parseFloat((bar as HTMLElement).style.width)));
  shares.forEach((share, i) =>
    expect(Math.abs(parseInt(share, 10) - widths[i]!)).toBeLessThan(0.51),
  );
  await expect(details.locator(".best")).toHaveText(
    /^Most alike: (the whole|detail \d) of your words and (the whole|detail \d) of the photo\.$/,
  );
  await expect(details.locator(".reason")).not.toBeEmpty();
});

test("a photo can be what is searched for, and is most like itself", async ({ page }) => {
  await page.locator(".cell", { hasText: "lemons.jpg" }).click();
  await page.getByRole("button", { name: "More like this" }).click();
  await expect(page.locator("#results-title")).toHaveText("4 photos like lemons.jpg");
  await expect.poll(async () => (await names(page))[0]).toBe("lemons.jpg");
  await expect(page.locator("#terms li")).toHaveText(/like lemons\.jpg/);
  await page.getByRole("button", { name: "Do not search like lemons.jpg" }).click();
  await expect(page.locator("#results-title")).toHaveText("4 photos");
});

test("a photo can be what is not wanted, and is then the last", async ({ page }) => {
  await page.locator(".cell", { hasText: "rocket.jpg" }).click();
  await page.getByRole("button", { name: "Less like this" }).click();
  await expect(page.locator("#results-title")).toHaveText("4 photos not like rocket.jpg");
  await expect.poll(async () => (await names(page)).at(-1)).toBe("rocket.jpg");
  await search(page, "a photo");
  await expect(page.locator("#results-title")).toHaveText(
    "4 photos for “a photo”, not like rocket.jpg",
  );
});

test("the details tell what the photo is, go on to the next one, and take it out", async ({
  page,
}) => {
  await cells(page).first().click();
  const details = page.locator("#details");
  const [first, second] = await names(page);
  await expect(details.getByRole("heading", { level: 2 })).toHaveText(first!);
  await expect(details).toContainText(/\d+ × \d+ pixels/);
  await expect(details).toContainText(/\d+ kB/);
  await expect(details).toContainText("Added");
  await expect(details.locator("img.large")).toHaveJSProperty("complete", true);
  await details.getByRole("button", { name: "Next photo" }).click();
  await expect(details.getByRole("heading", { level: 2 })).toHaveText(second!);
  await details.getByRole("button", { name: "Remove" }).click();
  await expect(cells(page)).toHaveCount(3);
  expect(await names(page)).not.toContain(second);
  await page.reload();
  await expect(cells(page)).toHaveCount(3);
});
