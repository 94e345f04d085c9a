/**
 * Embeds pictures and texts with the model `photo` in headless Chromium, on the CPU engine, and prints how near the
 * vectors are to native ones:
 *
 *     node photo-vectors.mjs NATIVE.json FOLDER_OF_PICTURES FOLDER_OF_MODELS
 *
 * NATIVE.json has `[{ image | text, values }]`, the views one after the other. Called by `make eval-photos`.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";

const [native, pictures, models] = process.argv.slice(2);
if (!native || !pictures || !models) {
  console.error("usage: node photo-vectors.mjs NATIVE.json FOLDER_OF_PICTURES FOLDER_OF_MODELS");
  process.exit(2);
}
const inputs = JSON.parse(readFileSync(native, "utf8"));

/** Inputs of one call into the page. */
const AT_ONCE = 20;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const server = spawn(
  process.execPath,
  [
    here("../serve.mjs"),
    here("../package"),
    ...["--port", "0"],
    ...["--mount", `/agff=${here("../package")}`],
    ...["--mount", `/pictures=${pictures}`],
    ...["--mount", `/models=${models}`],
  ],
  { stdio: ["ignore", "pipe", "inherit"] },
);
const [line] = await once(server.stdout, "data");
const url = /http:\S+/.exec(String(line))[0];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless=new", "--no-sandbox"],
});

try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  await page.route("**/empty.html", (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><link rel=icon href=data:,>" }),
  );
  await page.goto(new URL("empty.html", url).href);
  await page.evaluate(async () => {
    const { Agff } = await import(new URL("/agff/dist/index.js", location.origin).href);
    globalThis.agff = await Agff.load("/models/photo", { device: "cpu" });
    const { kind } = globalThis.agff.info.device;
    if (kind !== "cpu") throw new Error(`it runs on ${kind}`);
  });
  const found = {
    pictures: { inputs: 0, views: 0, least: 1, apart: 0 },
    texts: { inputs: 0, views: 0, least: 1, apart: 0 },
  };
  for (let i = 0; i < inputs.length; i += AT_ONCE) {
    const some = inputs.slice(i, i + AT_ONCE);
    const made = await page.evaluate(
      embed,
      some.map(({ image, text }) => ({ image, text })),
    );
    some.forEach(({ image, values }, j) => {
      const { views, values: own } = made[j];
      if (own.length !== values.length)
        throw new Error(`${own.length} values, not ${values.length}`);
      const of = image === undefined ? found.texts : found.pictures;
      const size = own.length / views;
      own.forEach((value, k) => (of.apart = Math.max(of.apart, Math.abs(value - values[k]))));
      of.inputs += 1;
      of.views += views;
      for (let view = 0; view < views; view += 1) {
        const part = (all) => all.slice(view * size, (view + 1) * size);
        of.least = Math.min(of.least, cosine(part(own), part(values)));
        if (Number.isNaN(of.least)) throw new Error("a vector is not a number");
      }
    });
  }
  console.log(JSON.stringify({ version: `Chromium ${browser.version()}`, ...found }));
} finally {
  await browser.close();
  server.kill();
}

/** In the page. */
async function embed(inputs) {
  const made = [];
  for (const { image, text } of inputs) {
    let input = { text };
    if (image !== undefined) {
      const path = image.split("/").map(encodeURIComponent).join("/");
      const response = await fetch(`/pictures/${path}`);
      if (!response.ok) throw new Error(`${image}: ${response.status}`);
      input = { image: await response.blob(), name: image };
    }
    const { views, values } = await globalThis.agff.embed(input);
    made.push({ views: views.length, values: [...values] });
  }
  return made;
}

function cosine(a, b) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
