/** Photos come in by every door, one by one, and stay. */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import {
  addPhotos,
  cells,
  expect,
  idle,
  names,
  open,
  ready,
  sample,
  search,
  test,
} from "../page/fixtures";

const PHOTOS = ["cat", "coffee", "rocket"];
const FILES = PHOTOS.map((name) => `${name}.jpg`);

/** Files as a page gets them with a drop or from the clipboard. */
async function dispatch(
  page: Page,
  type: "drop" | "paste",
  photos: readonly string[],
): Promise<void> {
  const files = photos.map((name) => ({
    name: `${name}.jpg`,
    base64: readFileSync(sample(name)).toString("base64"),
  }));
  await page.evaluate(
    ({ type, files }) => {
      const data = new DataTransfer();
      for (const { name, base64 } of files) {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        data.items.add(new File([bytes], name, { type: "image/jpeg" }));
      }
      const options = { bubbles: true, cancelable: true };
      const event =
        type === "drop"
          ? new DragEvent("drop", { ...options, dataTransfer: data })
          : new ClipboardEvent("paste", { ...options, clipboardData: data });
      document.body.dispatchEvent(event);
    },
    { type, files },
  );
}

test("photos that were chosen are read and found", async ({ page }) => {
  await open(page);
  await addPhotos(page, PHOTOS.map(sample));
  await expect.poll(async () => (await names(page)).sort()).toEqual(FILES);
  await search(page, "a cat");
  await expect(page.locator("#results-title")).toHaveText("3 photos for “a cat”");
});

for (const type of ["drop", "paste"] as const) {
  test(`photos that come by ${type} are read`, async ({ page }) => {
    await open(page);
    await dispatch(page, type, ["cat", "lemons"]);
    await expect(cells(page)).toHaveCount(2);
    await idle(page);
    await expect.poll(async () => (await names(page)).sort()).toEqual(["cat.jpg", "lemons.jpg"]);
  });
}

test("of a folder the photos below it are read, and what else is in it is counted", async ({
  page,
}) => {
  const folder = mkdtempSync(join(tmpdir(), "agff-folder-"));
  try {
    mkdirSync(join(folder, "inner"));
    cpSync(sample("cat"), join(folder, "cat.jpg"));
    cpSync(sample("coffee"), join(folder, "inner", "coffee.jpg"));
    writeFileSync(join(folder, "notes.txt"), "no photo");
    await open(page);
    await page.setInputFiles("#folder", folder);
    await idle(page);
    await expect.poll(async () => (await names(page)).sort()).toEqual(["cat.jpg", "coffee.jpg"]);
    await page.locator("#problems summary").click();
    await expect(page.locator("#problem-list")).toContainText("1 file left out");
    await page.locator(".cell", { hasText: "coffee.jpg" }).click();
    await expect(page.locator("#details")).toContainText("inner/coffee.jpg");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("thumbnails are there at once, the progress is told, and cancelling keeps what is done", async ({
  page,
}) => {
  await open(page);
  const photo = readFileSync(sample("cat"));
  // The same picture with other bytes behind its end is another photo.
  const files = Array.from({ length: 40 }, (_, i) => ({
    name: `cat-${i}.jpg`,
    mimeType: "image/jpeg",
    buffer: Buffer.concat([photo, Buffer.from([i])]),
  }));
  await page.setInputFiles("#files", files);
  await expect(page.locator("#results-title")).toHaveText("40 photos");
  await expect(page.locator(".cell.waiting img").first()).toBeVisible();
  await expect(page.locator("#progress-text")).toHaveText(
    /^Reading photos: [1-9]\d* of 40, about .+ left$/,
  );
  await page.getByRole("button", { name: "Cancel" }).click();
  await idle(page);
  const left = Number(/\d+/.exec((await page.locator("#results-title").textContent()) ?? "")?.[0]);
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThan(40);
  await expect(page.locator(".cell.waiting")).toHaveCount(0);

  // Adding the same again goes on where it was stopped.
  await page.setInputFiles("#files", files);
  await idle(page);
  await expect(page.locator("#results-title")).toHaveText("40 photos");
});

test("a reload keeps the library, with pictures and names", async ({ page }) => {
  await open(page);
  await addPhotos(page, PHOTOS.map(sample));
  const before = await names(page);
  await page.reload();
  await ready(page);
  await expect(cells(page)).toHaveCount(3);
  expect(await names(page)).toEqual(before);
  await expect(page.locator(".cell img").first()).toHaveJSProperty("complete", true);
  expect(
    await page
      .locator(".cell img")
      .evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth > 0)),
  ).toEqual([true, true, true]);
  // What is there is not read again.
  await addPhotos(page, [sample("cat")]);
  await expect(cells(page)).toHaveCount(3);
});

test("a folder that the browser's picker gave goes on after the page was lost in the middle of it", async ({
  page,
}) => {
  const photo = readFileSync(sample("cat")).toString("base64");
  // A folder of the private file system is a folder like any other, and needs no person to choose it.
  await page.addInitScript(() => {
    const folder = async () => {
      const root = await navigator.storage.getDirectory();
      return root.getDirectoryHandle("holiday", { create: true });
    };
    Object.assign(window, { folder, showDirectoryPicker: folder });
  });
  await open(page);
  await page.evaluate(async (photo) => {
    const { folder } = window as unknown as { folder(): Promise<FileSystemDirectoryHandle> };
    const bytes = Uint8Array.from(atob(photo), (char) => char.charCodeAt(0));
    const inner = await (await folder()).getDirectoryHandle("inner", { create: true });
    for (let i = 0; i < 30; i++) {
      const file = await inner.getFileHandle(`cat-${i}.jpg`, { create: true });
      const writable = await file.createWritable();
      await writable.write(bytes);
      await writable.write(new Uint8Array([i]));
      await writable.close();
    }
  }, photo);
  await page.getByRole("button", { name: "Add a folder" }).click();
  await expect(page.locator("#progress-text")).toHaveText(/^Reading photos: [1-9]\d* of 30/);
  await page.reload();
  await ready(page);
  const before = await cells(page).count();
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(30);
  await expect(page.locator("#unfinished")).toContainText(
    "The folder “holiday” was not read to its end",
  );
  await page.getByRole("button", { name: "Go on" }).click();
  await expect(page.locator("#unfinished")).toBeHidden();
  await idle(page);
  await expect(page.locator("#results-title")).toHaveText("30 photos");
  await page.reload();
  await ready(page);
  await expect(page.locator("#results-title")).toHaveText("30 photos");
  await expect(page.locator("#unfinished")).toBeHidden();

  // The photo itself can still be read on a later visit, by its handle.
  await cells(page).first().click();
  await expect(page.locator("#details")).toContainText("holiday/inner/cat-");
  await expect(page.locator("#details")).not.toContainText("A small picture is kept here");
});
