/**
 * Puts what is shipped beside the compiled TypeScript in its place: the default model and the
 * licences. Empties `dist`, so that nothing of an earlier build is shipped.
 *
 *     node scripts/assets.mjs
 */

import { cpSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const root = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

rmSync(here("dist"), { recursive: true, force: true });
rmSync(here("models"), { recursive: true, force: true });
for (const name of ["LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.md"]) {
  cpSync(root(name), here(name));
}

// `src/nano.ts` writes the files out for the bundlers, so it has to name those of the manifest.
const { files } = JSON.parse(readFileSync(root("models/agff-nano/agff.json"), "utf8"));
const wanted = ["agff.json", ...files.map(({ path }) => path)];
const named = [
  ...readFileSync(here("src/nano.ts"), "utf8").matchAll(/"\.\.\/models\/agff-nano\/(.+?)"/g),
].map(([, path]) => path);
if (wanted.sort().join() !== named.sort().join()) {
  console.error(`error: src/nano.ts names ${named}; the model's files are ${wanted}`);
  process.exit(1);
}
for (const path of wanted)
  cpSync(root(`models/agff-nano/${path}`), here(`models/agff-nano/${path}`));
