/**
 * The models that are shipped, and where this repository has them. Run as a program, puts them beside the
 * compiled TypeScript. One that was not made (`make photo-model`) is left out, and its module exports
 * nothing; all else works without it.
 *
 *     node scripts/models.mjs
 */

import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const root = fileURLToPath(new URL("../../..", import.meta.url));
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? "target");

/** By its name: the folder, the module that names its files, and what that exports. */
const MODELS = [
  { name: "photo", folder: join(target, "models/photo"), module: "photo" },
  { name: "agff-nano", folder: join(root, "models/agff-nano"), module: "nano" },
];

/** Those that are there, each with the files that are shipped: its own, and its card with the licences. */
export function models() {
  return MODELS.filter(({ folder }) => existsSync(join(folder, "agff.json"))).map((model) => {
    const { files } = JSON.parse(readFileSync(join(model.folder, "agff.json"), "utf8"));
    const wanted = ["agff.json", ...files.map(({ path }) => path)];
    return { ...model, wanted, files: [...wanted, "README.md"] };
  });
}

/** Copies a model's files to `to`. */
export function copy({ folder, files }, to) {
  for (const path of files) cpSync(join(folder, path), join(to, path));
}

function ship() {
  const there = models();
  for (const model of there) {
    // The module writes the files out for the bundlers, so it has to name those of the manifest.
    const text = readFileSync(here(`src/${model.module}.ts`), "utf8");
    const named = [...text.matchAll(/"\.\.\/models\/[^/]+\/(.+?)"/g)].map(([, path]) => path);
    if (model.wanted.sort().join() !== named.sort().join()) {
      console.error(`error: src/${model.module}.ts names ${named}; the files are ${model.wanted}`);
      process.exit(1);
    }
    copy(model, here(`models/${model.name}`));
  }
  for (const { name, module } of MODELS) {
    if (there.some((model) => model.name === name)) continue;
    console.warn(`the model ${name} was not made, so the package goes without it`);
    writeFileSync(here(`dist/${module}.js`), `export const ${module} = undefined;\n`);
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) ship();
