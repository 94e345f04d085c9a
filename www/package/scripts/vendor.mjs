/**
 * Bundles the few libraries of others that `src/vendor` names into `dist/vendor`, a file for each, with
 * their licences in front: a page without a bundler cannot find packages by their names.
 *
 *     node scripts/vendor.mjs
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const source = fileURLToPath(new URL("../src/vendor", import.meta.url));
const dist = fileURLToPath(new URL("../dist/vendor", import.meta.url));

mkdirSync(dist, { recursive: true });
for (const name of readdirSync(source).filter((name) => name.endsWith(".js"))) {
  const bundle = await rolldown({ input: join(source, name), platform: "browser" });
  const { output } = await bundle.generate({ format: "es", minify: true });
  await bundle.close();
  const [{ code, moduleIds }] = output;
  const notices = packagesOf(moduleIds).map(notice);
  writeFileSync(join(dist, name), `${notices.join("\n")}\n${code}`);
}

/** The folders of the packages that modules come from. */
function packagesOf(modules) {
  const folders = modules.map(
    (path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0],
  );
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/** A package's name, version and licence, as a comment. */
function notice(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((name) => /^licen[cs]e(\.\w+)?$/i.test(name));
  if (!file) throw new Error(`${basename(dirname(folder))}/${name} has no licence file`);
  const text = readFileSync(join(folder, file), "utf8").trim().replaceAll("*/", "* /");
  return `/*!\n${name} ${version}\n\n${text}\n*/`;
}
