/**
 * Times the browser engines in headless Chromium beside ONNX Runtime Web and Burn, and prints
 * ratios: above 1 ours is faster.
 *
 *     node run.mjs --engines DIR --photo DIR [--only cpu|gpu|everyday|photos] [--quick]
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launch } from "./chromium.mjs";

const { values: options } = parseArgs({
  options: {
    engines: { type: "string" },
    photo: { type: "string" },
    only: { type: "string", default: "cpu,gpu,everyday,photos" },
    quick: { type: "boolean", default: false },
  },
});
if (!options.engines) throw new Error("--engines DIR is missing: see scripts/wasm.sh --bench");
if (!options.photo) throw new Error("--photo DIR is missing: see make photo-model");
const suites = new Set(options.only.split(","));
const rounds = (many) => ({ rounds: options.quick ? 3 : many });

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const server = spawn(
  process.execPath,
  [
    here("../serve.mjs"),
    here("page"),
    ...["--port", "0"],
    ...["--mount", `/engines=${options.engines}`],
    ...["--mount", `/ort=${here("node_modules/onnxruntime-web/dist")}`],
    ...["--mount", `/models=${here("../../models")}`],
    ...["--mount", `/photo=${options.photo}`],
    ...["--mount", `/samples=${here("../demo/public/samples")}`],
  ],
  { stdio: ["ignore", "pipe", "inherit"] },
);
const [line] = await once(server.stdout, "data");
const url = /http:\S+/.exec(String(line))[0];

const browser = await launch();

/** Runs one suite in a page of its own, so that none inherits another's memory. */
async function call(suite, ...args) {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  page.on("console", (message) => {
    if (message.type() === "error") console.error(`page: ${message.text()}`);
  });
  await page.goto(url);
  await page.waitForSelector("body[data-ready]", { state: "attached" });
  const result = await page.evaluate(
    ([suite, args]) => globalThis.suites[suite](...args),
    [suite, args],
  );
  await page.close();
  return result;
}

/** How many times faster `ours` is than `theirs`: by the best round, and by the median one. */
function ratio(ours, theirs) {
  const by = (which) => (theirs[which] / ours[which]).toFixed(2);
  return `${by("best")} (${by("median")})`;
}

function print(cells, widths) {
  console.log(
    cells
      .map((cell, i) => cell.padEnd(widths[i]))
      .join("  ")
      .trimEnd(),
  );
}

const NANO_TEXT = { hidden: 192, wide: 576, heads: 6, kvHeads: 2, headDim: 32 };
const NANO_VISION = { vision: true, hidden: 192, wide: 576, heads: 4, kvHeads: 4, headDim: 48 };
const WIDE_TEXT = { hidden: 1536, wide: 4096, heads: 12, kvHeads: 2, headDim: 128 };
const WIDE_VISION = { vision: true, hidden: 1536, wide: 4096, heads: 24, kvHeads: 24, headDim: 64 };

try {
  console.log(`${browser.version()}, ratios by the best round (by the median one)`);
  if (suites.has("cpu")) {
    console.log(
      "\nA transformer block: WASM CPU engine against ONNX Runtime Web (WASM, one thread)",
    );
    const widths = [30, 14, 14, 12, 20];
    print(["block", "f32 : ORT f32", "q8 : ORT f32", "cosine", "ours, ORT in ms"], widths);
    for (const [name, shape, many] of [
      ["nano decoder, 130 tokens", { ...NANO_TEXT, rows: 130 }, 25],
      ["nano vision, 400 patches", { ...NANO_VISION, rows: 400 }, 25],
      ["1536 decoder, 128 tokens", { ...WIDE_TEXT, rows: 128 }, 11],
      ["1536 decoder, 256 tokens", { ...WIDE_TEXT, rows: 256 }, 9],
      ["1536 vision, 256 patches", { ...WIDE_VISION, rows: 256 }, 9],
    ]) {
      const { times, alike } = await call("cpuBlock", { vision: false, ...shape }, rounds(many));
      const { ours, q8, ort } = times;
      const ms = `${ours.best.toFixed(1)}, ${ort.best.toFixed(1)}`;
      print([name, ratio(ours, ort), ratio(q8, ort), alike.f32.toFixed(7), ms], widths);
    }
  }
  if (suites.has("gpu")) {
    console.log(
      "\nA matrix product on WebGPU (SwiftShader): our kernel against Burn's and ONNX Runtime Web's",
    );
    const widths = [22, 14, 14, 24];
    print(["rows × in × out", "ours : Burn", "ours : ORT", "ours, Burn, ORT in ms"], widths);
    for (const [sizes, many] of [
      [[64, 192, 576], 9],
      [[256, 576, 192], 5],
      [[256, 192, 576], 5],
      [[128, 1536, 1536], 3],
      [[8, 1536, 1536], 5],
    ]) {
      const { times } = await call("gpuProduct", sizes, rounds(many));
      const { ours, burn, ort } = times;
      const ms = [ours, burn, ort].map(({ best }) => best.toFixed(1)).join(", ");
      print([sizes.join(" × "), ratio(ours, burn), ratio(ours, ort), ms], widths);
    }
  }
  if (suites.has("everyday")) {
    const { bytes, times } = await call("decoding", "coffee.jpg", rounds(9));
    const { whole, half, quarter, eighth } = times;
    console.log(
      `\nDecoding a JPEG of 4000 × 3000 (${(bytes / 1e6).toFixed(1)} MB): whole ${whole.best.toFixed(1)} ms; ` +
        `scaled is faster, at 1/2 ${ratio(half, whole)}, at 1/4 ${ratio(quarter, whole)}, ` +
        `at 1/8 ${ratio(eighth, whole)}`,
    );
    const {
      whole: all,
      decode,
      resize,
      forward,
      global,
    } = await call("everyday", "coffee.jpg", rounds(15));
    const parts = [decode, resize, forward];
    const sum = (which) => parts.reduce((total, part) => total + part[which], 0);
    console.log(
      `\nThe model photo, a JPEG of 1152 × 864, CPU engine: ${(1000 / all.best).toFixed(1)} photos/s; ` +
        `decoding ${decode.best.toFixed(1)} ms, resizing ${resize.best.toFixed(1)} ms, ` +
        `network ${forward.best.toFixed(1)} ms; from bytes to views ` +
        `${(all.best / sum("best")).toFixed(2)} (${(all.median / sum("median")).toFixed(2)}) of their sum; ` +
        `all ten views take ${ratio(global, forward)} of the global one alone`,
    );
    const samples = [
      "cat",
      "coffee",
      "osprey",
      "colosseum",
      "boats",
      "bananas",
      "dahlia",
      "otters",
    ];
    const { text, search, both } = await call(
      "typing",
      10_000,
      samples.map((name) => `${name}.jpg`),
      rounds(15),
    );
    console.log(
      `Words to the best 300 of 10 000 photos: ${both.best.toFixed(1)} ms (${both.median.toFixed(1)}), of which ` +
        `the text ${text.best.toFixed(1)} and the search ${search.best.toFixed(1)}`,
    );
  }
  if (suites.has("photos")) {
    console.log("\nagff-nano in the page, photos one by one (decoding included)");
    const names = ["coffee.jpg", "astronaut.jpg", "carrots.jpg", "rocket.jpg"];
    const cpu = await call("photos", "cpu", names, rounds(7));
    // One of the photos is enough for the software adapter.
    const gpu = await call("photos", "gpu", names.slice(0, 1), rounds(3));
    console.log(
      `CPU engine ${(1000 / cpu.best).toFixed(2)} photos/s, GPU engine on SwiftShader ` +
        `${(1000 / gpu.best).toFixed(2)} photos/s: the CPU is ${(gpu.best / cpu.best).toFixed(1)} × faster`,
    );
  }
} finally {
  await browser.close();
  server.kill();
}
