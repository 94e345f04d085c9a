/**
 * Fails where the folders of src/, or the crates, import each other in a circle. With --lines prints how many
 * lines each has without its tests, the files that are large, and who imports whom.
 *
 *     node scripts/cycles.mjs [--lines]
 *
 * Imports are read from the text: `crate::folder::…` in code, not in comments or in modules of tests.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Lines from which a file is listed. */
const LARGE = 450;

const root = fileURLToPath(new URL("..", import.meta.url));
const problems = [];

/** All Rust files below a folder. */
function files(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return entry.name.endsWith(".rs") ? [path] : [];
  });
}

const isTest = (path) => /(^|\/)tests?(\.rs|\/)|testing\.rs$/.test(relative(root, path));

/** The code of a file: without comments, and without the module of its tests at its end. */
function code(path) {
  const text = readFileSync(path, "utf8");
  const tests = text.search(/^#\[cfg\((all\()?test[^\n]*\n(mod|pub mod) \w+ \{/m);
  return (tests < 0 ? text : text.slice(0, tests)).replace(/^\s*\/\/.*$/gm, "");
}

/** Where the names come from that the crate's root hands on. */
const roots = {
  ...from("agff", "Agff Input InputImage LoadOptions Prepared"),
  ...from("embedding", "Embedding Fusion Patterns Reduction Similarity similarity unit"),
  ...from("error", "Code Error Result"),
  ...from("package", "Source"),
};

function from(folder, names) {
  return Object.fromEntries(names.split(" ").map((name) => [name, folder]));
}

/** The first names of the paths in the braces that begin a text: of `a::{b, c}, d}` they are a and d. */
function firstNames(text) {
  const names = [];
  let [depth, name] = [0, ""];
  for (const sign of text) {
    if (sign === "}" && depth === 0) break;
    if (sign === "{") depth++;
    else if (sign === "}") depth--;
    else if (sign === "," && depth === 0) {
      names.push(name);
      name = "";
    } else if (depth === 0) name += sign;
  }
  return [...names, name].map((path) => path.trim().split("::")[0]).filter(Boolean);
}

/** Which folders each folder of a crate's src/ takes something from. */
function imports(src) {
  const folders = new Map();
  const names = new Set();
  for (const entry of readdirSync(src, { withFileTypes: true })) {
    names.add(entry.name.replace(/\.rs$/, ""));
  }
  for (const path of files(src)) {
    if (isTest(path)) continue;
    const folder = relative(src, path).split("/")[0].replace(/\.rs$/, "");
    if (folder === "lib" || folder === "main") continue;
    const taken = folders.get(folder) ?? new Set();
    const text = code(path);
    for (const { 0: match, 1: one, index } of text.matchAll(/\bcrate::(?:\{|(\w+))/g)) {
      for (const first of one ? [one] : firstNames(text.slice(index + match.length))) {
        const target = names.has(first) ? first : roots[first];
        if (!target) problems.push(`${relative(root, path)}: crate::${first} is in no folder`);
        else if (target !== folder && target !== "error") taken.add(target);
      }
    }
    folders.set(folder, taken);
  }
  return folders;
}

/** A way from a folder back to itself, or nothing. */
function circle(folders) {
  const done = new Set();
  const way = [];
  const visit = (folder) => {
    if (way.includes(folder)) return [...way.slice(way.indexOf(folder)), folder];
    if (done.has(folder)) return undefined;
    way.push(folder);
    for (const next of folders.get(folder) ?? []) {
      const found = visit(next);
      if (found) return found;
    }
    way.pop();
    done.add(folder);
    return undefined;
  };
  for (const folder of folders.keys()) {
    const found = visit(folder);
    if (found) return found;
  }
  return undefined;
}

const crates = { agff: join(root, "src") };
for (const name of readdirSync(join(root, "crates"))) crates[name] = join(root, "crates", name, "src");

const library = imports(crates.agff);
const found = circle(library);
if (found) problems.push(`src/: ${found.join(" → ")} is a circle`);

const between = new Map();
for (const name of Object.keys(crates)) {
  const manifest = join(crates[name], "..", "Cargo.toml");
  const text = existsSync(manifest) ? readFileSync(manifest, "utf8") : "";
  const own = text.split(/^\[/m).find((section) => section.startsWith("dependencies]")) ?? "";
  between.set(name, new Set([...own.matchAll(/^(agff[\w-]*)/gm)].map(([, dependency]) => dependency)));
}
const loop = circle(between);
if (loop) problems.push(`crates: ${loop.join(" → ")} is a circle`);

if (process.argv.includes("--lines")) {
  const count = (path) => code(path).split("\n").filter((line) => line.trim()).length;
  for (const [name, src] of Object.entries(crates)) {
    const sizes = new Map();
    for (const path of files(src)) {
      if (isTest(path)) continue;
      const folder = relative(src, path).split("/")[0];
      sizes.set(folder, (sizes.get(folder) ?? 0) + count(path));
    }
    const sum = [...sizes.values()].reduce((a, b) => a + b, 0);
    console.log(`${name.padEnd(24)}${String(sum).padStart(7)}`);
    if (name === "agff") {
      for (const [folder, lines] of sizes) console.log(`  ${folder.padEnd(22)}${String(lines).padStart(7)}`);
    }
  }
  for (const src of Object.values(crates)) {
    for (const path of files(src)) {
      const lines = readFileSync(path, "utf8").split("\n").length;
      if (lines > LARGE) console.log(`large: ${relative(root, path)} ${lines}`);
    }
  }
  for (const [folder, taken] of library) console.log(`${folder} → ${[...taken].sort().join(", ")}`);
}

if (problems.length > 0) {
  console.error(problems.map((problem) => `error: ${problem}`).join("\n"));
  process.exit(1);
}
