/** `www/examples/drawings`, under a strict policy. */

import { POLICY, serve } from "../tarball";
import { complaints, copyOf, expect, test } from "./fixtures";

test("drawings that differ in one fact are told apart", async ({ page, packed }) => {
  const server = await serve(copyOf("drawings", packed), POLICY);
  const found = complaints(page);
  try {
    await page.goto(server.url);
    const first = page.locator("#drawings img").first();
    await expect(page.locator("#status")).toHaveText(/^agff-nano runs on the /, {
      timeout: 120_000,
    });
    await expect(page.locator("#drawings li")).toHaveCount(16);
    await expect(first).toHaveAttribute("alt", "sheep-b.png");
    await page.getByRole("searchbox").fill("a purple elephant facing left");
    await page.getByRole("searchbox").press("Enter");
    await expect(first).toHaveAttribute("alt", /^elephant-/);
    expect(found).toEqual([]);
  } finally {
    server.close();
  }
});
