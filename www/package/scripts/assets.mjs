/**
 * Puts the licences in their place, and empties `dist` and `models`, so that nothing of an earlier build
 * is shipped.
 *
 *     node scripts/assets.mjs
 */

import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const root = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

rmSync(here("dist"), { recursive: true, force: true });
rmSync(here("models"), { recursive: true, force: true });
for (const name of ["LICENSE-MIT", "LICENSE-APACHE", "THIRD-PARTY.md"]) {
  cpSync(root(name), here(name));
}
