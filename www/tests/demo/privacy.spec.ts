/** Nothing leaves the device. */

import { expect, test } from "@playwright/test";
import { addPhotos, idle, ready, sample, search } from "../page/fixtures";
import { Site } from "./site";

test("once the page is loaded, adding, searching and everything else asks no server for anything", async ({
  page,
  context,
}) => {
  const site = await Site.start();
  try {
    const foreign: string[] = [];
    context.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(site.url) && !/^(blob|data):/.test(url)) foreign.push(url);
    });
    await page.goto(`${site.url}?device=cpu`);
    await ready(page);
    await idle(page);
    await expect(page.locator("body")).toHaveAttribute("data-offline", "ready");
    expect(site.asked.length).toBeGreaterThan(10);
    expect(site.asked.filter((asked) => !asked.startsWith("GET "))).toEqual([]);

    const before = site.asked.length;
    await addPhotos(page, ["cat", "coffee", "lemons"].map(sample));
    await search(page, "a cup of coffee");
    await page.locator(".cell").first().click();
    await page.getByRole("button", { name: "More like this" }).click();
    await expect(page.locator("#results-title")).toContainText("like");
    await page.getByRole("button", { name: "Map" }).click();
    await expect(page.locator("#map-canvas")).toHaveAttribute("data-points", "3");
    await page.getByRole("button", { name: "Duplicates" }).click();
    await expect(page.locator("#duplicates-status")).not.toHaveText("Comparing…");
    await page.getByText("More", { exact: true }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export as Parquet" }).click();
    await download;
    await page.waitForTimeout(1000);
    // The browser itself looks whether there is another version of the page.
    const asked = site.asked.slice(before).filter((one) => one !== "GET /sw.js");
    expect(asked).toEqual([]);
    expect(foreign).toEqual([]);
  } finally {
    await site.stop();
  }
});

test("the page's policy lets it talk to its own server only, and run no script that is not its own", async ({
  page,
  baseURL,
}) => {
  await page.goto("./?sw=off&device=cpu");
  await ready(page);
  const policy = await page
    .locator("meta[http-equiv=Content-Security-Policy]")
    .getAttribute("content");
  for (const part of [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
  ]) {
    expect(policy).toContain(part);
  }
  expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'/);
  // Models may come from the hub, and nothing from anywhere else.
  const hub = /(?<=connect-src 'self' blob:)( https:\/\/(\*\.)?(huggingface\.co|hf\.co))+(?=;)/;
  expect(policy).toMatch(hub);
  expect(policy!.replace(hub, "")).not.toMatch(/https?:/);
  // The same server under another name is another server.
  const elsewhere = baseURL!.replace("localhost", "127.0.0.1");
  const blocked = await page.evaluate(async (url) => {
    const violations: string[] = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      violations.push(event.effectiveDirective),
    );
    const sent = await fetch(url, { method: "POST", body: "photo" }).then(
      () => true,
      () => false,
    );
    const image = new Image();
    image.src = `${url}icon.svg`;
    const shown = await new Promise((resolve) => {
      image.onload = () => resolve(true);
      image.onerror = () => resolve(false);
    });
    const script = document.createElement("script");
    script.textContent = "window.inline = true";
    document.body.append(script);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return { sent, shown, ran: "inline" in window, violations };
  }, elsewhere);
  expect(blocked.sent).toBe(false);
  expect(blocked.shown).toBe(false);
  expect(blocked.ran).toBe(false);
  expect(blocked.violations.sort()).toEqual(["connect-src", "img-src", "script-src-elem"]);
});
