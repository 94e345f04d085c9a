/** `www/examples/vanilla`, under a strict policy. */

import { POLICY, serve } from "../tarball";
import { complaints, copyOf, expect, LETTER, PHOTOS, type Shown, test, TEXT } from "./fixtures";

test("photos that are chosen are ordered by what is typed", async ({ page, packed, expected }) => {
  const server = await serve(copyOf("vanilla", packed), `${POLICY}; img-src 'self' blob:`);
  const found = complaints(page);
  try {
    await page.goto(server.url);
    const [files, status, photos] = ["#files", "#status", "#photos li"].map((one) =>
      page.locator(one),
    );
    await expect(files!).toBeEnabled();
    await expect(status!).toHaveText(/^photo runs on the CPU\./);
    await files!.setInputFiles(PHOTOS);
    await expect(status!).toHaveText("3 of 3 photos");
    await expect(photos!).toHaveText(["", "", ""]);
    await page.fill("#query", TEXT);
    const shown = () =>
      photos!.evaluateAll((items) =>
        items.map((item): Shown => [item.querySelector("img")!.alt, item.textContent!.trim()]),
      );
    await expect.poll(shown).toEqual(expected);

    await files!.setInputFiles(LETTER);
    await expect(status!).toHaveText(/Not used: letter\.jpg: .+/);
    expect(await shown()).toEqual(expected);
    expect(found).toEqual([]);
  } finally {
    server.close();
  }
});
