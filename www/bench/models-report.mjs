/**
 * Keeps the results of `make bench-models` in results.json, one after the other, and prints them as tables in Markdown.
 *
 *     node models-report.mjs DIR [--write FILE]
 *
 * With --write the tables stand in FILE then, between the two comments that say so.
 *
 * A result is a race, `{ part, where, model, dtype, input, cores, contestants }`, or a cold start. Contestants are
 * `{ name, ours, threads, best, median, cosine, … }` in milliseconds; `cosine` is to the vectors in f32 of the first
 * peer. tests/parity/bench_native.py keeps its own in the same file.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Puts results in the place of those of the same race. */
export function keep(folder, results) {
  const file = join(folder, "results.json");
  const identity = ({ part, where, model, dtype, input, name }) =>
    [part, where, model, dtype, input, name].join();
  const fresh = new Set(results.map(identity));
  const kept = read(file).filter((one) => !fresh.has(identity(one)));
  writeFileSync(file, `${JSON.stringify([...kept, ...results], undefined, 1)}\n`);
}

function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [];
}

/** Prints all that is kept, what is worst for us first. */
export function print(folder) {
  console.log(report(folder));
}

const [BEGIN, END] = ["<!-- whole models -->\n", "\n<!-- end of whole models -->"];

/** Puts all that is kept into a document. */
function write(folder, document) {
  const text = readFileSync(document, "utf8");
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${document} has no place for whole models`);
  const before = text.slice(0, begin + BEGIN.length);
  writeFileSync(document, `${before}${report(folder)}${text.slice(end)}`);
}

function report(folder) {
  const lines = [];
  const say = (line) => lines.push(line);
  const results = read(join(folder, "results.json"));
  const races = results.filter(({ contestants }) => contestants).flatMap(pairs);
  if (races.length > 0) {
    say(
      "\nAbove 1 ours is faster: by the best round (by the median one). Two cores did c times what one does.\n",
    );
    races.sort((a, b) => a.ratio - b.ratio);
    table(
      say,
      ["model", "what", "ours", "peer", "ours : peer", "ours/s", "peer/s", "cosines", "c"],
      races.map(({ cells }) => cells),
    );
  }
  natives(
    say,
    results.filter(({ contestants }) => contestants?.some(({ load }) => load)),
  );
  const colds = results.filter(({ part }) => part === "cold");
  if (colds.length > 0) {
    say("\nA new page: seconds to the first vectors, nothing cached.\n");
    table(
      say,
      ["model", "who", "first photo", "then a text", "peak memory, MB", "downloaded, MB"],
      colds
        .sort((a, b) => b.photo - a.photo)
        .map(({ model, dtype, name, photo, text, peak, sent }) => [
          `${model} ${dtype}`,
          name,
          (photo / 1000).toFixed(2),
          (text / 1000).toFixed(2),
          ...[peak, sent].map((bytes) => (bytes ? (bytes / 1e6).toFixed(0) : "")),
        ]),
    );
  }
  return lines.join("\n");
}

/** What each contestant took that ran natively, for both towers. */
function natives(say, results) {
  const last = results.filter(({ input }) => input === "text");
  if (last.length === 0) return;
  say("\nNatively: seconds to load the model, and the most memory.\n");
  const rows = last.flatMap(({ model, dtype, contestants }) =>
    contestants.map(({ name, load, peak }) => [
      `${model} ${dtype}`,
      name,
      (load / 1000).toFixed(2),
      peak ? (peak / 1e6).toFixed(0) : "",
    ]),
  );
  table(say, ["model", "who", "loaded", "peak memory, MB"], rows);
}

/** A row for each of ours beside each of the peers that have as many threads. */
function pairs({ where, model, dtype, input, cores, contestants }) {
  const ours = contestants.filter((one) => one.ours);
  const peers = contestants.filter((one) => !one.ours);
  return ours.flatMap((our) =>
    peers
      .filter(({ threads }) => threads === our.threads)
      .map((peer) => {
        const [best, median] = ["best", "median"].map((by) => peer[by] / our[by]);
        const second = ({ best }) => (1000 / best).toPrecision(3);
        const cells = [
          `${model} ${dtype}`,
          `${input}, ${where}`,
          our.name,
          peer.name,
          `${best.toFixed(2)} (${median.toFixed(2)})`,
          second(our),
          second(peer),
          [our, peer].map(({ cosine }) => shown(cosine)).join(", "),
          `${cores.toFixed(2)}${cores < 1.6 ? " busy" : ""}`,
        ];
        return { ratio: best, cells };
      }),
  );
}

/** Rounded down, so that 1 is 1. */
function shown(cosine) {
  return cosine === undefined ? "" : (Math.floor(cosine * 1e6) / 1e6).toFixed(6);
}

function table(say, head, rows) {
  const line = (cells) => say(`| ${cells.join(" | ")} |`);
  line(head);
  line(head.map(() => "---"));
  rows.forEach(line);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, option, document] = process.argv.slice(2);
  if (option === "--write") write(resolve(folder), resolve(document));
  else print(resolve(folder));
}
