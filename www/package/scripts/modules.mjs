/** The package's own modules, as a page fetches them. */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist", import.meta.url));

/** A module and all that it imports statically, without the engines. */
export function modules(entry) {
  const found = new Map();
  const visit = (path) => {
    if (found.has(path)) return;
    const text = readFileSync(path, "utf8").replace(/^\/\/# sourceMappingURL=.*$/m, "");
    found.set(path, text);
    for (const [, target] of text.matchAll(/^(?:import|export)\b[^;]*?"(\.\/[^"]+)";/gm)) {
      visit(join(dirname(path), target));
    }
  };
  visit(join(dist, entry));
  return [...found.values()];
}
