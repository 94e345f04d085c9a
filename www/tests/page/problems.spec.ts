/** What goes wrong is seen, named, and does not stop the rest. */

import { readFileSync } from "node:fs";
import {
  addPhotos,
  cells,
  expect,
  open,
  rank,
  sample,
  test,
  visit,
  withholdWeights,
} from "./fixtures";

test("one unreadable photo among others is reported and the others are ranked", async ({
  page,
}) => {
  const cat = readFileSync(sample("cat"));
  await open(page);
  await addPhotos(page, [
    { name: "letter.jpg", mimeType: "image/jpeg", buffer: Buffer.from("Dear photo,\n") },
    { name: "half.jpg", mimeType: "image/jpeg", buffer: cat.subarray(0, 300) },
    { name: "cat.jpg", mimeType: "image/jpeg", buffer: cat },
  ]);
  await expect(page.locator("#problems-title")).toHaveText("2 photos could not be used");
  await page.locator("#problems summary").click();
  const problems = page.locator("#problem-list li");
  await expect(problems.nth(0)).toContainText("letter.jpg");
  await expect(problems.nth(0)).toContainText("image-format");
  await expect(problems.nth(1)).toContainText("half.jpg");
  await expect(problems.nth(1)).toContainText("image-corrupt");
  expect((await rank(page, "a cat")).map(({ name }) => name)).toEqual(["cat.jpg"]);
});

test("a package without a readable manifest is an error that names it", async ({ page }) => {
  // The browser itself logs the 404, so the answer is made up here.
  await page.route("**/models/nowhere/**", (route) =>
    route.fulfill({ status: 200, contentType: "application/json", body: "not a manifest" }),
  );
  await visit(page, "device=cpu&model=/models/nowhere");
  await expect(page.locator("#failure")).toContainText("agff.json");
  await expect(page.locator("#failure")).toContainText("[package-manifest]");
});

test("file names are shown as text", async ({ page }) => {
  const name = "<b>cat</b> & dog.jpg";
  await open(page);
  await addPhotos(page, [{ name, mimeType: "image/jpeg", buffer: readFileSync(sample("cat")) }]);
  await expect(page.locator(".cell .name")).toHaveText(name);
  await expect(page.locator(".cell b")).toHaveCount(0);
});

test("photos can be taken away again", async ({ page }) => {
  await open(page);
  await addPhotos(page, [sample("cat"), sample("coffee")]);
  await page.getByText("More", { exact: true }).click();
  await page.getByRole("button", { name: "Remove all photos" }).click();
  await page.getByRole("button", { name: "Remove all", exact: true }).click();
  await expect(cells(page)).toHaveCount(0);
  await addPhotos(page, [sample("rocket")]);
  await expect(cells(page)).toHaveCount(1);
});

test("what is dropped and typed while the model loads is ranked when it is there", async ({
  page,
}) => {
  const arrive = await withholdWeights(page);
  await visit(page, "device=cpu");
  await page.setInputFiles("#files", [sample("cat"), sample("coffee")]);
  await page.getByRole("searchbox").fill("a cat");
  await expect(page.locator(".cell.waiting img")).toHaveCount(2);
  await expect(page.locator("body")).toHaveAttribute("data-state", "loading");
  arrive();
  await expect(page.locator("#results-title")).toHaveText("2 photos for “a cat”");
});

test("a text of any length is taken, and said to be cut", async ({ page }) => {
  await open(page);
  await addPhotos(page, [sample("cat")]);
  await page.getByRole("searchbox").fill("cat ".repeat(100_000));
  await expect(page.locator("#results-title")).toContainText("(cut: too long)");
});
