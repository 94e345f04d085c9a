/** Words that are taught by photos, as a page's own code uses them; and the command line with the same ones. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AgffError } from "agff";
import { expect, MODEL, run, test } from "./fixtures";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const program = join(process.env["CARGO_TARGET_DIR"] ?? join(root, "target"), "debug/agff");

test("words are taught, corrected, forgotten; names are tidied, and mistakes are typed errors", async ({
  empty: page,
}) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("words");
      await index.add(await tools.photos(0, 12));
      const ids = (await index.list()).map(({ id }) => id);
      const code = (error: AgffError) => error.code;
      const taught = await index.teach("  Aunt \n Mary ", ids.slice(0, 3));
      const again = await index.teach("aunt mary", [ids[2]!, ids[3]!]);
      const best = await index.search("Aunt Mary's", { limit: 4 });
      const everyone = await index.search("aunt mary", { limit: 12 });
      const plain = await index.search("mary", { limit: 12 });
      const corrected = await index.correct("Aunt Mary", ids[3]!);
      const without = await index.search("aunt mary", { limit: 12 });
      // Two terms, one of which is a word; and one that is not wanted.
      const mixed = await index.search([
        { text: "aunt mary" },
        { text: "a red circle", weight: 0.5 },
      ]);
      const minus = await index.search({ text: "aunt mary", weight: -1 }, { limit: 12 });
      const auto = await index.search("aunt mary", { minScore: "auto", limit: 12 });
      // The exact scan of f32 finds the same.
      const other = await agff.openIndex("words", { precision: "f32" });
      const exact = await other.search("aunt mary", { limit: 11 });
      const handle = await other.words();
      await other.close();
      const errors = {
        empty: await index.teach(" ", ids).catch(code),
        signs: await index.teach("?!", ids).catch(code),
        long: await index.teach("x".repeat(101), ids).catch(code),
        none: await index.teach("word", []).catch(code),
        unknown: await index.teach("word", "f".repeat(64)).catch(code),
        wrong: await index.correct("word", ids).catch(code),
      };
      const words = await index.words();
      const forgotten = [await index.forget("AUNT MARY"), await index.forget("aunt mary")];
      const after = await index.search("aunt mary", { limit: 12 });
      // All that is known goes with the photos.
      await index.teach("gone", ids[0]!);
      await index.clear();
      return {
        ids,
        taught,
        again,
        corrected,
        best: best.map(({ id }) => id),
        told: best.map(({ taught, certainty, sure, best }) => [
          taught,
          typeof certainty,
          typeof sure,
          best[0],
        ]),
        scores: everyone.map(({ score }) => score),
        plain: plain.map(({ taught }) => taught ?? null),
        without: without.map(({ id }) => id),
        mixed: mixed.map(({ taught, sure }) => [taught, sure ?? null]),
        worst: minus.at(-1)!.id,
        auto: auto.map(({ sure }) => sure),
        exact: [exact.map(({ id }) => id), without.map(({ id }) => id)],
        apart: Math.max(...exact.map(({ score }, i) => Math.abs(score - without[i]!.score))),
        handle,
        errors,
        words,
        forgotten,
        after: after.map(({ taught }) => taught ?? null),
        cleared: await index.words(),
      };
    },
    MODEL,
  );
  const { ids } = found;
  expect(found.taught).toEqual({ word: "Aunt Mary", photos: ids.slice(0, 3), not: [] });
  expect(found.again).toEqual({ word: "Aunt Mary", photos: ids.slice(0, 4), not: [] });
  expect([...found.best].sort()).toEqual(ids.slice(0, 4).sort());
  expect(found.told).toEqual(Array(4).fill(["Aunt Mary", "number", "string", "taught"]));
  // 0 is the library's mean, and 1 that of the four; the word as a text adds a little.
  const [first, last] = [found.scores[0]!, found.scores.at(-1)!];
  expect(first).toBeGreaterThan(0.6);
  expect(first).toBeLessThan(1.6);
  expect(last).toBeLessThan(0.3);
  expect(found.plain).toEqual(Array(12).fill(null));
  expect(found.corrected).toEqual({
    word: "Aunt Mary",
    photos: ids.slice(0, 3),
    not: [ids[3]],
  });
  expect(found.without).toHaveLength(11);
  expect(found.without).not.toContain(ids[3]);
  expect(found.mixed[0]).toEqual(["Aunt Mary", null]);
  expect(ids.slice(0, 3)).toContain(found.worst);
  expect(found.auto.length).toBeGreaterThan(0);
  expect(found.auto).not.toContain("hardly");
  expect(found.exact[0]).toEqual(found.exact[1]);
  // How the library lies is told by integers in the one, and by floats in the other.
  expect(found.apart).toBeLessThan(0.02);
  expect(found.handle).toEqual([found.corrected]);
  expect(found.errors).toEqual({
    empty: "input",
    signs: "input",
    long: "input",
    none: "input",
    unknown: "input",
    wrong: "input",
  });
  expect(found.words).toEqual([found.corrected]);
  expect(found.forgotten).toEqual([true, false]);
  expect(found.after).toEqual(Array(12).fill(null));
  expect(found.cleared).toEqual([]);
});

test("texts name the same words as on the command line", async ({ empty: page }) => {
  const cases = JSON.parse(
    readFileSync(join(root, "tests/fixtures/taught-words.json"), "utf8"),
  ) as { words: string[]; texts: [text: string, names: string[], more: boolean][] };
  const found = await run(
    page,
    async ({ Agff }, { model, words, texts }) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("texts");
      await index.add(await tools.photos(0, 10));
      const ids = (await index.list()).map(({ id }) => id);
      for (const [i, word] of words.entries()) await index.teach(word, ids[i]!);
      const found: [string | null, boolean][] = [];
      for (const text of texts) {
        const [hit] = await index.search(text);
        // It says how sure it is of one word alone.
        found.push([hit!.taught ?? null, hit!.sure !== undefined]);
      }
      return found;
    },
    { model: MODEL, words: cases.words, texts: cases.texts.map(([text]) => text) },
  );
  expect(found).toEqual(
    cases.texts.map(([, names, more]) => [names[0] ?? null, names.length === 1 && !more]),
  );
});

for (const format of ["jsonl", "parquet"] as const) {
  test(`words go to the command line and back: ${format}`, async ({ empty: page }) => {
    const folder = mkdtempSync(join(tmpdir(), "agff-words-"));
    const agff = (...args: string[]) =>
      execFileSync(program, ["index", ...args, "--index", join(folder, "index")], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
    const names = ["cat", "coffee", "lemons", "rocket"];
    const written = await run(
      page,
      async ({ Agff }, { model, names, format }) => {
        const agff = await Agff.load(model, { device: "cpu" });
        const index = await agff.openIndex("page");
        await index.add(names.map((name) => `/samples/${name}.jpg`));
        const id = async (name: string) =>
          (await index.list()).find((record) => record.name.startsWith(name))!.id;
        await index.teach("Whiskers", await id("cat"));
        await index.correct("Whiskers", await id("rocket"));
        const bytes = new Uint8Array(await (await index.export(format)).arrayBuffer());
        const hits = await index.search("whiskers");
        return {
          file: btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), "")),
          words: await index.words(),
          hits: hits.map(({ name, score }) => [name, score] as const),
        };
      },
      { model: MODEL, names, format },
    );
    try {
      const [there, back] = [`page.${format}`, `back.${format}`].map((name) => join(folder, name));
      writeFileSync(there!, Buffer.from(written.file, "base64"));
      expect(agff("import", there!, "--model", "agff-nano")).toContain("1 taught word came along");
      const [word] = written.words;
      expect(JSON.parse(agff("words", "--json"))).toEqual(word);
      const hits = agff("search", "whiskers", "--json", "--device", "cpu");
      const found = hits
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { target: string; score: number });
      expect(found.map(({ target }) => target)).toEqual(written.hits.map(([name]) => name));
      found.forEach(({ score }, i) =>
        expect(Math.abs(score - written.hits[i]![1])).toBeLessThan(0.02),
      );
      // Taught more there, and back again.
      agff("teach", "coffee", written.words[0]!.photos[0]!);
      agff("export", "-o", back!);
      const again = await run(
        page,
        async ({ Agff }, { model, file }) => {
          const agff = await Agff.load(model, { device: "cpu" });
          const index = await agff.openIndex("again");
          const bytes = Uint8Array.from(atob(file), (c) => c.charCodeAt(0));
          const [first, second] = [
            await index.import(new Blob([bytes])),
            await index.import(new Blob([bytes])),
          ];
          return { words: await index.words(), counts: [first.words, second.words] };
        },
        { model: MODEL, file: readFileSync(back!).toString("base64") },
      );
      expect(again.counts).toEqual([2, 0]);
      expect(again.words).toEqual([word, { word: "coffee", photos: word!.photos, not: [] }]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
