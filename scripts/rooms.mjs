/**
 * The rooms of the house: the folders of src/ and the crates. Fails where their imports form a circle.
 * With --lines prints how many lines each has without its tests, and the files that are large.
 *
 *     node scripts/rooms.mjs [--lines]
 *
 * Imports are read from the text: `crate::room::…` in code, not in comments or in modules of tests.
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

/** The names of a room's own items that others may take from the crate's root. */
const roots = { Agff: "agff", Input: "agff", LoadOptions: "agff", Embedding: "embedding" };

/** Which rooms each room of a crate's src/ takes something from. */
function imports(src) {
  const rooms = new Map();
  const names = new Set();
  for (const entry of readdirSync(src, { withFileTypes: true })) {
    names.add(entry.name.replace(/\.rs$/, ""));
  }
  for (const path of files(src)) {
    if (isTest(path)) continue;
    const room = relative(src, path).split("/")[0].replace(/\.rs$/, "");
    if (room === "lib" || room === "main") continue;
    const taken = rooms.get(room) ?? new Set();
    const text = code(path);
    for (const [, group, one] of text.matchAll(/\bcrate::(?:\{([^}]*)\}|(\w+))/g)) {
      for (const name of (group ?? one).split(",")) {
        const first = name.trim().split("::")[0];
        const target = names.has(first) ? first : roots[first];
        if (target && target !== room && target !== "error") taken.add(target);
      }
    }
    rooms.set(room, taken);
  }
  return rooms;
}

/** A way from a room back to itself, or nothing. */
function circle(rooms) {
  const done = new Set();
  const way = [];
  const visit = (room) => {
    if (way.includes(room)) return [...way.slice(way.indexOf(room)), room];
    if (done.has(room)) return undefined;
    way.push(room);
    for (const next of rooms.get(room) ?? []) {
      const found = visit(next);
      if (found) return found;
    }
    way.pop();
    done.add(room);
    return undefined;
  };
  for (const room of rooms.keys()) {
    const found = visit(room);
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
      const room = relative(src, path).split("/")[0];
      sizes.set(room, (sizes.get(room) ?? 0) + count(path));
    }
    const sum = [...sizes.values()].reduce((a, b) => a + b, 0);
    console.log(`${name.padEnd(24)}${String(sum).padStart(7)}`);
    if (name === "agff") {
      for (const [room, lines] of sizes) console.log(`  ${room.padEnd(22)}${String(lines).padStart(7)}`);
    }
  }
  for (const src of Object.values(crates)) {
    for (const path of files(src)) {
      const lines = readFileSync(path, "utf8").split("\n").length;
      if (lines > LARGE) console.log(`large: ${relative(root, path)} ${lines}`);
    }
  }
  for (const [room, taken] of library) console.log(`${room} → ${[...taken].sort().join(", ")}`);
}

if (problems.length > 0) {
  console.error(problems.map((problem) => `error: ${problem}`).join("\n"));
  process.exit(1);
}
