/**
 * Prints what a page downloads of this package's own JavaScript, as it is (not minified), and fails
 * above the limit for the part that runs on the page's main thread.
 *
 *     node scripts/size.mjs
 */

import { brotliCompressSync } from "node:zlib";
import { modules } from "./modules.mjs";

const LIMIT = 15_000;

const page = modules("index.js");
row("main thread (index.js)", page);
row("index, when it is opened", without(modules("photo-index.js"), page));
row("files of vectors, on demand", modules("vendor/parquet.js"));
row("worker (without its engine)", modules("worker-cpu.js"));
row("default model's addresses", modules("photo.js"));
if (weight(page) > LIMIT) {
  console.error(`error: the main-thread part is larger than ${LIMIT / 1000} kB in brotli`);
  process.exit(1);
}

function without(texts, others) {
  return texts.filter((text) => !others.includes(text));
}

function weight(texts) {
  return brotliCompressSync(Buffer.from(texts.join("\n"))).length;
}

function row(name, texts) {
  const raw = texts.join("").length;
  const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`.padStart(10);
  console.log(`${name.padEnd(30)}${kb(raw)} raw${kb(weight(texts))} brotli`);
}
