/** Mistakes of callers and faults in files, which an index survives as it was. */

import { expect, MODEL, run, test } from "./fixtures";

test("a row with other views is refused, and the index is searched as before", async ({
  empty: page,
}) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("rows");
      await index.add([await tools.photo(1)]);
      const [line] = (await (await index.export("jsonl")).text()).split("\n");
      const row = JSON.parse(line!) as { views: string[]; embeddings: number[][] };
      const others: [unknown, number[][]][] = [
        [[row.views.join(", ")], [row.embeddings[0]!]],
        [[`${row.views[0]}, ${row.views[1]}`, ...row.views.slice(2)], row.embeddings.slice(1)],
        [row.views.map((view) => [view]), row.embeddings],
        [row.views.join(", "), row.embeddings],
      ];
      const lines = others.map(([views, embeddings], i) =>
        JSON.stringify({ ...row, sha256: `${i}`.repeat(64), views, embeddings }),
      );
      const { added, failed } = await index.import(new Blob([lines.join("\n")]));
      const hits = await index.search("a circle");
      return { added, codes: failed.map(({ error }) => error.code), hits: hits.length };
    },
    MODEL,
  );
  expect(found).toEqual({ added: 0, codes: ["data", "data", "data", "data"], hits: 1 });
});

test("a precision that there is not is refused before anything is kept", async ({
  empty: page,
}) => {
  const found = await run(
    page,
    async ({ Agff, AgffError }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("there");
      await index.add([await tools.photo(1)]);
      await index.close();
      const codes = [];
      for (const [name, wrong] of [
        ["there", { precision: "int4" }],
        ["there", { precision: null }],
        ["new", { precision: "int4" }],
        ["new", { dimensions: null }],
      ] as const) {
        const opened = agff.openIndex(name, wrong as object);
        codes.push(
          await opened.then(
            () => "opened",
            (error: unknown) => (error instanceof AgffError ? error.code : String(error)),
          ),
        );
      }
      const again = await agff.openIndex("there");
      return {
        codes,
        hits: (await again.search("a circle")).length,
        names: (await Agff.indexes.list()).map(({ name }) => name),
      };
    },
    MODEL,
  );
  expect(found.codes).toEqual(["input", "input", "input", "embedding"]);
  expect(found.hits).toBe(1);
  expect(found.names).toEqual(["there"]);
});

test("a photo's date that there is not is left out, and what is no photo is refused alone", async ({
  empty: page,
}) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("dates");
      const [a, b, c] = await tools.photos(0, 3);
      const photos = [
        { image: a!, taken: new Date("2020:13:45 99:00") },
        { image: b!, taken: "2020-01-01" },
        { image: c!, path: 5 },
        null,
      ] as unknown as File[];
      const { added, failed } = await index.add(photos);
      const one = await index.add(a as unknown as File[]).catch((error) => (error as Error).name);
      const files = [await index.export("jsonl"), await index.export("parquet")];
      const records = await index.list();
      return {
        added,
        codes: failed.map(({ error }) => error.code),
        dates: records.map(({ taken }) => taken ?? null),
        empty: files.filter(({ size }) => size === 0).length,
        one,
      };
    },
    MODEL,
  );
  expect(found).toEqual({
    added: 2,
    codes: ["input", "input"],
    dates: [null, null],
    empty: 0,
    one: "AgffError",
  });
});

test("closing one handle leaves the others' calls alone", async ({ empty: page }) => {
  const failures = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("twice");
      await index.add(await tools.photos(0, 20));
      const failures: string[] = [];
      for (let round = 0; round < 10; round++) {
        const other = await agff.openIndex("twice");
        const calls = Promise.allSettled([
          index.search("red"),
          index.duplicates({ threshold: 0 }),
          index.vectors(),
        ]);
        await other.close();
        for (const call of await calls) {
          if (call.status === "rejected") failures.push(String(call.reason));
        }
      }
      return failures;
    },
    MODEL,
  );
  expect(failures).toEqual([]);
});
