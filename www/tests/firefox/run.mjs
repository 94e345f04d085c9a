/** The CPU engine in Debian's Firefox: the page loads it, embeds photos and ranks them. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { startFirefox } from "./bidi.mjs";

const port = Number(process.env.AGFF_TEST_PORT ?? 4517) + 1;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PHOTOS = ["cat", "coffee", "lemons"];
const TEXT = "a cat looks into the camera";

const server = spawn(
  process.execPath,
  [here("../../serve.mjs"), here("../../demo/dist"), "--port", `${port}`],
  { stdio: ["ignore", "pipe", "inherit"] },
);
await once(server.stdout, "data");

let firefox;
try {
  firefox = await startFirefox();
  const page = firefox.session;
  await page.goto(`http://localhost:${port}/?device=cpu`);
  await page.until(
    `document.body.dataset.libraries === "open" || document.body.dataset.state === "failed"`,
  );
  assert.equal(await page.evaluate(`document.querySelector("#failure-text").textContent`), "");
  const device = await page.evaluate(`document.querySelector("#device").textContent`);
  assert.match(device, /^Running on the CPU/);

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
  console.log(`firefox: ${shown.map(({ name, score }) => `${name} ${score}`).join(", ")}`);
} finally {
  await firefox?.close();
  server.kill();
}
