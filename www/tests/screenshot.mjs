/**
 * Takes the pictures of the page that the documents show, in Debian's Chromium:
 *
 *     node screenshot.mjs FOLDER
 *
 * page.webp (first visit, with a search), page-explain.webp, page-map.webp, page-dark.webp and
 * page-phone.webp, each under 120 kB.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

/** Bytes that a picture may have. */
const MOST = 120_000;

const folder = process.argv[2];
if (!folder) {
  console.error("usage: node screenshot.mjs FOLDER");
  process.exit(2);
}

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const port = Number(process.env.AGFF_TEST_PORT ?? 4517) + 2;
const server = spawn(
  process.execPath,
  [here("../serve.mjs"), here("../demo/dist"), "--port", `${port}`],
  { stdio: ["ignore", "pipe", "inherit"] },
);
await once(server.stdout, "data");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless=new", "--no-sandbox"],
});

try {
  let page = await visit({ viewport: { width: 1180, height: 800 } });
  await keep(page, "page");

  await search(page, "a loudspeaker");
  await page.locator(".cell", { hasText: "djembe-room.jpg" }).click();
  await page.locator("#details .explanation").waitFor();
  await page.evaluate(() => scrollTo(0, 110));
  await page.locator("#details").evaluate((dialog) => {
    dialog.scrollTop = dialog.querySelector(".explanation").offsetTop - dialog.clientHeight * 0.25;
  });
  await page.mouse.move(600, 5);
  await keep(page, "page-explain");
  await page.close();

  page = await visit({ viewport: { width: 1180, height: 800 } });
  await page.getByRole("button", { name: "Map" }).click();
  await page.locator("#map-canvas[data-points='42']").waitFor();
  await keep(page, "page-map");
  await page.close();

  page = await visit({ viewport: { width: 1180, height: 800 }, colorScheme: "dark" });
  await search(page, "birds");
  await keep(page, "page-dark");
  await page.close();

  page = await visit({
    viewport: { width: 390, height: 780 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
  });
  await search(page, "a dog");
  await page.evaluate(() => scrollTo(0, document.querySelector(".bar").offsetTop - 70));
  await keep(page, "page-phone");
} finally {
  await browser.close();
  server.kill();
}

/** The page with the samples, all read. */
async function visit(options) {
  const page = await browser.newPage(options);
  await page.goto(`http://localhost:${port}/?device=cpu&sw=off`);
  await page.locator("body[data-libraries=open]").waitFor();
  await page.waitForFunction(
    () =>
      document.body.dataset.waiting === "0" &&
      document.querySelector("#results-title").textContent === "42 photos",
  );
  return page;
}

async function search(page, text) {
  await page.getByRole("searchbox").fill(text);
  await page.locator("#results-title", { hasText: text }).waitFor();
}

/** Takes a picture when all that it shows is there; the browser itself makes a WebP of it. */
async function keep(page, name) {
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  await page.waitForTimeout(500);
  const png = (await page.screenshot()).toString("base64");
  const blank = await browser.newPage();
  const webp = await blank.evaluate(async (png) => {
    const image = await createImageBitmap(
      await (await fetch(`data:image/png;base64,${png}`)).blob(),
    );
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext("2d").drawImage(image, 0, 0);
    const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.72 });
    return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
  }, png);
  await blank.close();
  const bytes = Buffer.from(webp, "base64");
  if (bytes.length > MOST) throw new Error(`${name}.webp has ${bytes.length} bytes`);
  writeFileSync(join(folder, `${name}.webp`), bytes);
  console.log(`${name}.webp  ${(bytes.length / 1000).toFixed(0)} kB`);
}
