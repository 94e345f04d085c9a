/**
 * Times the adding of large photos to an index in a page: with one thread, with two that share memory, and in two
 * workers with a copy of the model each.
 *
 *     node indexing.mjs --models DIR [--package DIR] [--count 300] [--rounds 3]
 */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openBrowser } from "./models-browser.mjs";

const { values: options } = parseArgs({
  options: {
    models: { type: "string" },
    package: { type: "string", default: fileURLToPath(new URL("../package", import.meta.url)) },
    count: { type: "string", default: "300" },
    rounds: { type: "string", default: "3" },
  },
});
if (!options.models) throw new Error("--models DIR is missing: see make bench-models");
const count = Number(options.count);
const folders = { models: resolve(options.models), agff: resolve(options.package) };
const isolated = await openBrowser(folders);
const open = await openBrowser(folders, { isolated: false });

const contestants = [
  { name: "one thread", browser: isolated, options: { threads: 1 }, runs: [] },
  { name: "two threads in one memory", browser: isolated, options: { threads: 2 }, runs: [] },
  { name: "two workers with copies", browser: open, options: { threads: 2 }, runs: [] },
];
for (let round = 0; round < Number(options.rounds); round++) {
  const { result: before } = await isolated.call("cores");
  for (let i = 0; i < contestants.length; i++) {
    const { name, browser, options, runs } = contestants[(i + round) % contestants.length];
    const { result, peak } = await browser.call("indexing", options, count);
    if (result.threads.count !== options.threads)
      throw new Error(`${name}: ${result.threads.reason}`);
    runs.push({ ...result, peak });
  }
  const { result: after } = await isolated.call("cores");
  const c = Math.min(before, after);
  console.log(`round ${round + 1}: two cores did ${c.toFixed(2)} × one${c < 1.6 ? ", busy" : ""}`);
  for (const contestant of contestants) contestant.runs.at(-1).c = c;
}

// A round by itself: its c holds for what was done in it.
console.log(
  `\n${count} JPEGs of 12 megapixels, ${contestants[0].runs[0].megabytes.toFixed(1)} MB each\n`,
);
console.log("| | photos/s | : one thread | of c | page blocked, ms | peak memory, MB |");
console.log("| --- | --- | --- | --- | --- | --- |");
for (const { name, runs } of contestants) {
  const gains = runs.map(({ seconds }, i) => contestants[0].runs[i].seconds / seconds);
  const best = gains.indexOf(Math.max(...gains));
  const { seconds, c, peak } = runs[best];
  const blocked = Math.max(...runs.map(({ blocked }) => blocked));
  const numbers = [
    (count / seconds).toFixed(2),
    gains[best].toFixed(2),
    (gains[best] / c).toFixed(2),
  ];
  console.log(`| ${[name, ...numbers, blocked.toFixed(0), (peak / 1e6).toFixed(0)].join(" | ")} |`);
}
isolated.close();
open.close();
