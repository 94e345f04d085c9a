/** The page in a browser that refuses it something: it does without, or says what is the matter. */

import { readFileSync } from "node:fs";
import {
  addPhotos,
  cells,
  DEFAULT,
  expect,
  idle,
  names,
  open,
  ready,
  sample,
  search,
  test,
  visit,
} from "../page/fixtures";

test("without a local storage nothing is remembered, and all else works", async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, "localStorage", {
      get() {
        throw new DOMException("denied", "SecurityError");
      },
    });
  });
  await page.goto("./?sw=off&device=cpu");
  await ready(page);
  await idle(page);
  await page.locator("#theme").click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.locator("#theme").click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await addPhotos(page, [sample("cat")]);
  await expect(cells(page)).toHaveCount(1);
});

test("without a database it is said that no photo can be kept, and no bar stands still", async ({
  page,
}) => {
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("denied", "SecurityError");
    };
  });
  await visit(page, "device=cpu");
  await expect(page.locator("#failure")).toBeVisible({ timeout: 60_000 });
  await expect(page.locator("#work")).toBeHidden();
  await page.setInputFiles("#files", sample("cat"));
  await expect(page.locator("#failure")).toBeVisible();
  await expect(page.locator("#work")).toBeHidden();
});

test("from a model that is gone there is a way back", async ({ page }) => {
  await page.addInitScript(() => {
    if (sessionStorage.getItem("begun")) return;
    sessionStorage.setItem("begun", "yes");
    const url = new URL("models/gone/", location.href).href;
    localStorage.setItem("agff-model", JSON.stringify({ kind: "address", url }));
  });
  // The browser logs the answer 404 by itself.
  await page.route("**/models/gone/**", (route) => route.fulfill({ status: 200, body: "{}" }));
  await visit(page, DEFAULT);
  await expect(page.locator("#failure")).toBeVisible({ timeout: 60_000 });
  await page.locator("#failure-close").click();
  await page.locator("#open-about").click();
  await page.getByRole("button", { name: "Back to the default model" }).click();
  await expect(page.locator("body")).toHaveAttribute("data-libraries", "open");
  await page.reload();
  await ready(page);
});

test("photos of one name keep their own pictures", async ({ page }) => {
  await open(page);
  const named = (photo: string) => ({
    name: "IMG_1.jpg",
    mimeType: "image/jpeg",
    buffer: readFileSync(sample(photo)),
  });
  await addPhotos(page, ["cat", "cat", "coffee", "rocket"].map(named));
  await expect(cells(page)).toHaveCount(3);
  /** The mean colour of every picture. */
  const colours = () =>
    page.locator(".cell img").evaluateAll((all) =>
      (all as HTMLImageElement[]).map((image) => {
        if (image.naturalWidth === 0) return [];
        const context = new OffscreenCanvas(1, 1).getContext("2d")!;
        context.imageSmoothingQuality = "high";
        const canvas = new OffscreenCanvas(8, 8);
        canvas.getContext("2d")!.drawImage(image, 0, 0, 8, 8);
        context.drawImage(canvas, 0, 0, 1, 1);
        return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
      }),
    );
  const shown = async () => {
    await expect.poll(async () => (await colours()).filter((one) => one.length).length).toBe(3);
    return colours();
  };
  const before = await shown();
  expect(new Set(before.map(String)).size).toBe(3);
  await page.reload();
  await ready(page);
  // Now they are the small ones that are stored with the records.
  const after = await shown();
  const distance = (a: number[], b: number[]) =>
    Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
  after.forEach((colour, i) => {
    const nearest = [...before].sort((a, b) => distance(a, colour) - distance(b, colour))[0];
    expect(nearest).toEqual(before[i]);
  });
});

test("what another tab took out and added is seen when one comes back", async ({
  page,
  context,
}) => {
  await open(page);
  await addPhotos(page, [sample("cat"), sample("coffee")]);
  const other = await context.newPage();
  await open(other);
  await other.locator(".cell", { hasText: "coffee.jpg" }).focus();
  await other.keyboard.press("Delete");
  await other.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(cells(other)).toHaveCount(1);
  await addPhotos(other, [sample("rocket")]);
  await search(page, "a rocket");
  await expect.poll(async () => (await names(page)).sort()).toEqual(["cat.jpg", "rocket.jpg"]);
});
