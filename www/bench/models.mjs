/**
 * Times whole models in headless Chromium, from a file's bytes to its vector, beside transformers.js and ONNX Runtime
 * Web.
 *
 *     node models.mjs --models DIR [--package DIR] [--only siglip,clip,…] [--dtypes f32,q8] [--threads 1,2]
 *         [--parts whole,network,cold] [--quick]
 *
 * DIR has what tests/parity/bench_checkpoints.py and bench_onnx.py make, and packages of it. Results go to
 * DIR/results.json.
 */

import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openBrowser } from "./models-browser.mjs";
import { contestants } from "./models-contestants.mjs";
import { keep, print } from "./models-report.mjs";
import { cosine } from "./page/race.js";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values: options } = parseArgs({
  options: {
    models: { type: "string" },
    package: { type: "string", default: here("../package") },
    only: { type: "string", default: "siglip,clip,photo,qwen-nano,qwen-slice" },
    dtypes: { type: "string", default: "f32,q8" },
    threads: { type: "string", default: "1,2" },
    parts: { type: "string", default: "whole,network,cold" },
    quick: { type: "boolean", default: false },
  },
});
if (!options.models) throw new Error("--models DIR is missing: see make bench-models");
const models = resolve(options.models);
const list = (name) => options[name].split(",");
const parts = new Set(list("parts"));
const rounds = { rounds: options.quick ? 3 : 9, most: options.quick ? 1 : 60_000 };
const { call, close } = await openBrowser({ models, agff: resolve(options.package) });

/** What a suite gives, and how much two cores were worth before or after it, whichever was less. */
async function watched(suite, ...args) {
  const before = await call("cores");
  const { result } = await call(suite, ...args);
  const cores = Math.min(before.result, (await call("cores")).result);
  console.log(`  two cores do ${cores.toFixed(2)} × one${cores < 1.6 ? ": busy" : ""}`);
  return { cores, result };
}

function preprocessor(model) {
  const text = readFileSync(join(models, model, "preprocessor_config.json"), "utf8");
  const { image_mean: mean, image_std: std, size } = JSON.parse(text);
  // Qwen's sizes are numbers of pixels.
  const square = size.longest_edge && Math.floor(Math.sqrt(size.longest_edge));
  return { side: square ?? size.height ?? size.shortest_edge, mean, std, patches: Boolean(square) };
}

/** The vectors by input that everybody's are compared with: the first peer's in f32. */
function references(model, dtype, fresh) {
  const file = join(models, model, "reference.json");
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  if (dtype === "f32") writeFileSync(file, JSON.stringify(Object.assign(kept, fresh)));
  return kept;
}

/** The least cosine of two lists of vectors. */
function likeness(vectors, expected) {
  return Math.min(...vectors.map((vector, i) => cosine(vector, expected[i])));
}

/** Whether a contestant has the threads that it was to have; says so if not. */
function asAsked({ name, threads }, about) {
  if (about.threads === threads) return true;
  console.log(`  left out: ${name}: ${JSON.stringify(about)}`);
  return false;
}

/** One race as it is kept; fails if vectors in f32 are not the same. */
function raced(meta, setups, { times, vectors, about }, expected) {
  const rows = setups.map(({ name, kind, threads }) => {
    const alike = expected && likeness(vectors[name], expected);
    if (meta.dtype === "f32" && !(alike >= 0.9999)) {
      throw new Error(`${meta.model}: ${name} has other vectors: ${alike}`);
    }
    const of = { ...times[name], cosine: alike, about: about[name] };
    return { name, ours: kind === "ours", threads, ...of };
  });
  const asked = rows.filter((row) => asAsked(row, row.about));
  return { ...meta, where: "page", contestants: asked };
}

/** Whether the graphs are more than ONNX Runtime Web loads: its 4 GB have them twice. */
function tooLarge(model, dtype) {
  const suffix = dtype === "f32" ? "" : "_quantized";
  const graphs = ["vision", "text"].map((tower) => `${tower}_model${suffix}.onnx`);
  const bytes = graphs.map((graph) => statSync(join(models, model, "onnx", graph)).size);
  return bytes[0] + bytes[1] > 1.5e9;
}

async function whole(model, dtype, { ours, theirs }) {
  const setups = [...ours, ...theirs];
  const { cores, result } = await watched("whole", setups, preprocessor(model), rounds);
  const { photo, text, vectors, about } = result;
  const expected = references(model, dtype, vectors[theirs[0].name]);
  const race = (input, times) => {
    const of = Object.fromEntries(setups.map(({ name }) => [name, vectors[name][input]]));
    const meta = { part: "whole", model, dtype, input, cores };
    return raced(meta, setups, { times, vectors: of, about }, expected[input]);
  };
  return [race("photo", photo), race("text", text)];
}

async function network(model, dtype, { ours, runtime }) {
  // Its pixels are ready when they are cut into patches, which ours does itself.
  if (preprocessor(model).patches) return [];
  const setups = [...ours, ...runtime];
  const { cores, result } = await watched("network", setups, preprocessor(model), rounds);
  const meta = { part: "network", model, dtype, input: "pixels", cores };
  const { photo: times, vectors, about } = result;
  const expected = references(model, dtype, { pixels: vectors[runtime[0].name] });
  return [raced(meta, setups, { times, vectors, about }, expected.pixels)];
}

async function cold(model, dtype, { ours, theirs }) {
  const results = [];
  for (const setup of [...ours, ...theirs]) {
    const { result, sent, peak } = await call("cold", setup);
    if (!asAsked(setup, result.about)) continue;
    const meta = { part: "cold", where: "page", model, dtype, name: setup.name };
    results.push({ ...meta, ...result, sent, peak });
  }
  return results;
}

try {
  for (const model of list("only"))
    for (const dtype of list("dtypes")) {
      if (tooLarge(model, dtype)) {
        console.log(`${model} ${dtype}: left out, too large for ONNX Runtime Web`);
        continue;
      }
      const all = contestants(model, dtype, list("threads").map(Number));
      for (const part of [whole, network, cold]) {
        if (!parts.has(part.name)) continue;
        console.log(`${model} ${dtype}: ${part.name}`);
        keep(models, await part(model, dtype, all));
      }
    }
} finally {
  close();
}
print(models);
