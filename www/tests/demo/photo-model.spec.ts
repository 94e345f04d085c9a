/** The model of photos that `make photo-model` made: words find things, and the page shows where they are. */

import type { Page } from "@playwright/test";
import {
  addPhotos,
  DEFAULT,
  expect,
  names,
  open,
  rank,
  sample,
  search,
  test,
} from "../page/fixtures";

const PHOTOS = ["astronaut", "carrots", "cat", "coffee", "lemons", "oranges", "pineapples"];

test.beforeEach(async ({ page }) => {
  await open(page, DEFAULT);
  await addPhotos(page, PHOTOS.map(sample));
});

test("words find photos of what they name, and the words around them change nothing", async ({
  page,
}) => {
  for (const [text, name] of [
    ["cat", "cat.jpg"],
    ["a cup of coffee", "coffee.jpg"],
    ["lemon", "lemons.jpg"],
    ["pineapple", "pineapples.jpg"],
  ] as const) {
    await search(page, text);
    expect((await names(page))[0], text).toBe(name);
  }
  const dog = await rank(page, "kitten");
  for (const text of ["a kitten", "photos of my kitten"])
    expect(await rank(page, text)).toEqual(dog);
});

/** The rectangle of the first hit, in fractions of the picture. */
function rectangle(page: Page) {
  return page
    .locator(".cell .region")
    .first()
    .evaluate((mark: SVGSVGElement) => {
      const { width, height } = mark.viewBox.baseVal;
      const box = mark.querySelector("rect")!;
      const of = (side: "x" | "y" | "width" | "height", all: number) =>
        box[side].baseVal.value / all;
      return {
        x: of("x", width),
        y: of("y", height),
        width: of("width", width),
        height: of("height", height),
      };
    });
}

test("a thing in a part of the photo is found there, and marked", async ({ page }) => {
  await search(page, "a space shuttle");
  expect((await names(page))[0]).toBe("astronaut.jpg");
  // It stands behind her, in the right third of the picture.
  const { x, width, height } = await rectangle(page);
  expect(x).toBeCloseTo(2 / 3, 3);
  expect(width).toBeCloseTo(1 / 3, 3);
  expect(height).toBeCloseTo(1 / 3, 3);
  const mark = page.locator(".cell .region").first();
  await expect(mark).toHaveCSS("opacity", "0");
  await page.locator(".cell").first().hover();
  await expect(mark).toHaveCSS("opacity", "1");
  await page.locator(".cell").first().click();
  await expect(page.locator("#details .region rect")).toBeVisible();
  await expect(page.locator("#details .explanation")).toContainText("the rectangle shows which");
  await expect(page.locator("#details .bars .label")).toHaveText(["whole photo", "part of it"]);
  await expect(page.locator("#details .best")).toHaveText(
    /^Most alike: your words and (the whole|detail \d) of the photo\.$/,
  );
  // All of this photo is a cat.
  await search(page, "cat");
  expect((await names(page))[0]).toBe("cat.jpg");
  await expect(page.locator(".cell").first().locator(".region")).toHaveCount(0);
  await page.getByRole("searchbox").fill("");
  await expect(page.locator(".cell .region")).toHaveCount(0);
});

test("words in other letters are not searched for in silence", async ({ page }) => {
  await expect(page.getByRole("searchbox")).toHaveAttribute(
    "placeholder",
    "Describe a photo in English",
  );
  const note = page.getByText("This model knows English words only");
  await search(page, "собака");
  await expect(note).toBeVisible();
  await search(page, "dog");
  await expect(note).toBeHidden();
});

test("it says how sure it is, and shows nothing rather than anything", async ({ page }) => {
  const title = page.locator("#results-title");
  await search(page, "lemons");
  await expect(title).toHaveText(/^\d photos? for “lemons”: \d probably/);
  expect((await names(page))[0]).toBe("lemons.jpg");
  await expect(page.locator(".cell").first()).toHaveAttribute("data-sure", "probably");
  await page.locator(".cell").first().click();
  await expect(page.locator(".explanation .sure")).toContainText("The photo probably shows it.");
  await page.keyboard.press("Escape");
  await page.locator("#show-rest").click();
  expect(await names(page)).toHaveLength(PHOTOS.length);
  await expect(page.locator("#rest")).toBeHidden();
  // The same search, again as a photo came: the rest stays.
  await addPhotos(page, sample("forest-stream"));
  await expect.poll(() => names(page)).toHaveLength(PHOTOS.length + 1);
  await expect(page.locator("#rest")).toBeHidden();

  await search(page, "xkwq vbrt");
  await expect(title).toHaveText("no photo for “xkwq vbrt”");
  await expect(page.locator("#rest")).toContainText("Nothing that looks like this.");
  expect(await names(page)).toEqual([]);
  await page.locator("#show-rest").click();
  expect(await names(page)).toHaveLength(PHOTOS.length + 1);
});
