/**
 * The CPU engines in Debian's Firefox: the page loads one, embeds photos and ranks them. Once as any server sends it, and
 * once cross-origin isolated, where the engine has several threads.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startFirefox } from "./bidi.mjs";

const port = Number(process.env.AGFF_TEST_PORT ?? 4517) + 1;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PHOTOS = ["cat", "coffee", "lemons"];
const TEXT = "a cat looks into the camera";

const found = [await search([]), await search(["--isolated"])];
assert.deepEqual(found[1], found[0], "several threads find what one finds");

/** What the page finds, served with these options. */
async function search(options) {
  const server = spawn(
    process.execPath,
    [here("../../serve.mjs"), here("../../demo/dist"), "--port", `${port}`, ...options],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(server.stdout, "data");
  let firefox;
  try {
    firefox = await startFirefox();
    return await searchIn(firefox, options.length > 0);
  } finally {
    await firefox?.close();
    server.kill();
  }
}

async function searchIn(firefox, isolated) {
  const page = firefox.session;
  await page.goto(`http://localhost:${port}/?device=cpu`);
  await page.until(
    `document.body.dataset.libraries === "open" || document.body.dataset.state === "failed"`,
  );
  assert.equal(await page.evaluate(`document.querySelector("#failure-text").textContent`), "");
  const device = await page.evaluate(`document.querySelector("#device").textContent`);
  assert.match(device, /^Running on the CPU/);
  assert.equal(await page.evaluate("crossOriginIsolated"), isolated);

  await page.setFiles(
    "#files",
    PHOTOS.map((name) => here(`../../demo/public/samples/${name}.jpg`)),
  );
  await page.until(
    `document.body.dataset.library === "own" && document.body.dataset.waiting === "0"`,
  );
  assert.equal(await page.evaluate(`document.querySelector("#problems").hidden`), true);

  await page.evaluate(
    `(document.querySelector("#query").value = ${JSON.stringify(TEXT)},
      document.querySelector("#search").requestSubmit())`,
  );
  await page.until(
    `document.querySelector("#results-title").textContent.includes(${JSON.stringify(TEXT)})`,
  );
  // What it is sure of, and then the rest.
  const sure = `[...document.querySelectorAll(".cell .name")].map(({ textContent }) => textContent)`;
  assert.deepEqual(await page.evaluate(sure), ["cat.jpg"]);
  await page.evaluate(`document.querySelector("#show-rest").click()`);
  await page.until(`document.querySelectorAll(".cell").length === ${PHOTOS.length}`);
  const shown = await page.evaluate(
    `[...document.querySelectorAll(".cell")].map((cell) => ({
       name: cell.querySelector(".name").textContent,
       score: Number(cell.querySelector(".number").dataset.score),
     }))`,
  );
  assert.deepEqual(
    shown.map(({ name }) => name).sort(),
    PHOTOS.map((name) => `${name}.jpg`),
  );
  const scores = shown.map(({ score }) => score);
  assert.ok(
    scores.every((score) => Number.isFinite(score) && Math.abs(score) <= 1),
    `${scores}`,
  );
  assert.deepEqual(
    scores,
    [...scores].sort((a, b) => b - a),
  );
  assert.deepEqual(page.errors, [], "errors in the page's console");
  const line = shown.map(({ name, score }) => `${name} ${score.toFixed(4)}`).join(", ");
  console.log(`firefox${isolated ? ", isolated" : ""}: ${line}`);
  return line;
}
