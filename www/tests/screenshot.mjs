/**
 * Takes the picture of the page that README shows, in Debian's Chromium:
 *
 *     node screenshot.mjs OUT.png
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

const out = process.argv[2];
if (!out) {
  console.error("usage: node screenshot.mjs OUT.png");
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
  const page = await browser.newPage({ viewport: { width: 1180, height: 860 } });
  await page.goto(`http://localhost:${port}/?device=cpu`);
  await page.locator("body[data-state=ready]").waitFor();
  await page.getByRole("button", { name: "Try the samples" }).click();
  await page.waitForFunction(
    () => document.body.dataset.waiting === "0" && document.querySelectorAll(".card").length === 10,
  );
  await page.getByRole("searchbox").fill("a cup of coffee on a wooden table");
  await page.keyboard.press("Enter");
  await page.locator(".card .number").first().waitFor();
  await page.locator(".card summary").first().click();
  await page.screenshot({ path: out });
} finally {
  await browser.close();
  server.kill();
}
