/**
 * Prints what the browser engines weigh, by component. Fails when an engine's first load is above the
 * limit, unless the table in docs/performance.md says why, and when that table is not true any more.
 *
 *     node scripts/size.mjs FOLDER_OF_NAMED_WASM [--write]
 *
 * What is shipped is measured exactly. The components are read from the same build with its names
 * still in it. Each one's code is compressed alone, so they do not add up. `--write` makes the table anew.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { modules } from "../www/package/scripts/modules.mjs";
import { components } from "./wasm-components.mjs";

/** Bytes in brotli of one engine's first load: its program, its glue and its worker. */
const LIMIT = 2e6;
/** How far from the table a number may be, as a share and in kB; compilers differ a little. */
const TOLERANCE = 0.05;
/** The same for a crate's row, whose name begins so: what is inlined where differs from build to build. */
const CRATE_TOLERANCE = 0.3;
const CRATE = "– ";
const SMALL = 5;
/** Bytes that have to be in the table. */
const LARGE = 100e3;

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = process.argv[2] ?? "";
const docs = here("../docs/performance.md");
let text = readFileSync(docs, "utf8");
const problems = [];

for (const engine of ["gpu", "cpu", "cpu-threads"]) {
  const rows = await measure(engine);
  print(engine, rows);
  const marked = new RegExp(`(<!-- size of the ${engine} engine -->\\n\\n)([^]*?)(\\n\\n|$)`);
  if (process.argv.includes("--write")) {
    text = text.replace(marked, (_, before, __, after) => before + table(engine, rows) + after);
  }
  problems.push(...compare(engine, rows, parse(marked.exec(text)?.[2] ?? "")));
}
if (process.argv.includes("--write")) writeFileSync(docs, text);
if (problems.length > 0) {
  console.error(`\n${problems.map((problem) => `error: ${problem}`).join("\n")}`);
  console.error(
    "If that is meant to be so, run: make size WRITE=1, and say why in the text below.",
  );
  process.exit(1);
}

/** `{ name, raw, brotli }` in bytes; of the whole first load, its parts, and the program's parts. */
async function measure(engine) {
  const file = (name) => readFileSync(here(`../www/package/engines/${engine}/${name}`));
  const row = async (name, bytes) => ({
    name,
    raw: bytes.length,
    brotli: await brotli(bytes),
  });
  const parts = [
    row("program (WASM)", file("agff_bg.wasm")),
    row("its glue (JS)", file("agff.js")),
    row("worker (JS)", Buffer.from(modules(`worker-${engine}.js`).join("\n"))),
  ];
  const named = join(folder, `agff-${engine}.wasm`);
  // What the engine of several threads is made of, the other one tells.
  const told = existsSync(named) && engine !== "cpu-threads";
  const crates = told ? components(readFileSync(named)) : [];
  const inside = crates.map(({ name, parts }) => row(`${CRATE}${name}`, Buffer.concat(parts)));
  const [program, glue, worker, ...rest] = await Promise.all([...parts, ...inside]);
  const first = [program, glue, worker];
  const total = { name: "first load", raw: sum(first, "raw"), brotli: sum(first, "brotli") };
  return [total, ...first, ...rest];
}

function sum(rows, key) {
  return rows.reduce((total, row) => total + row[key], 0);
}

/** As a server does that has its files compressed beforehand; on several cores. */
async function brotli(bytes) {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return (await promisify(brotliCompress)(bytes, { params })).length;
}

function kb(bytes) {
  return (bytes / 1000).toFixed(1);
}

function print(engine, rows) {
  console.log(`\n${`${engine} engine`.padEnd(30)}${"kB".padStart(10)}${"in brotli".padStart(12)}`);
  for (const { name, raw, brotli } of rows) {
    console.log(`${name.padEnd(30)}${kb(raw).padStart(10)}${kb(brotli).padStart(12)}`);
  }
}

function table(engine, rows) {
  const lines = rows.map(({ name, raw, brotli }) => `| ${name} | ${kb(raw)} | ${kb(brotli)} |`);
  return [`| ${engine.toUpperCase()} engine | kB | kB in brotli |`, "|---|---|---|", ...lines].join(
    "\n",
  );
}

/** The numbers of a table by the names of its rows, in kB. */
function parse(table) {
  const rows = [...table.matchAll(/^\| (.*?) \| ([\d.]+) \| ([\d.]+) \|$/gm)];
  return new Map(rows.map(([, name, raw, brotli]) => [name, [Number(raw), Number(brotli)]]));
}

function compare(engine, rows, written) {
  if (written.size === 0) {
    return rows[0].brotli > LIMIT
      ? [`the ${engine} engine's first load is above ${LIMIT / 1e6} MB in brotli`]
      : [];
  }
  return rows.flatMap(({ name, raw, brotli }) => {
    const was = written.get(name);
    // Which crates have a row of their own depends on the compiler a little.
    if (!was && raw < LARGE) return [];
    if (!was)
      return [
        `docs/performance.md does not say that ${name} of the ${engine} engine weighs ${kb(raw)} kB`,
      ];
    const share = name.startsWith(CRATE) ? CRATE_TOLERANCE : TOLERANCE;
    const near = (now, then) => Math.abs(now / 1000 - then) <= Math.max(SMALL, share * then);
    if (near(raw, was[0]) && near(brotli, was[1])) return [];
    return [
      `${name} of the ${engine} engine weighs ${kb(raw)} kB, in brotli ${kb(brotli)}; ` +
        `docs/performance.md says ${was[0]} and ${was[1]}`,
    ];
  });
}
