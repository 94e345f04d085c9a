/** What the index keeps and finds. */

import type { AddProgress, AgffError, Embedding } from "agff";
import { expect, MODEL, run, test } from "./fixtures";

test("photos are kept with names, sizes and thumbnails, and are known by their content", async ({
  empty: page,
}) => {
  const first = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("photos");
      const before = [
        index.size,
        (await index.list()).length,
        (await index.search("a cat")).length,
      ];
      const cat = new File([await (await fetch("/samples/cat.jpg")).blob()], "cat.jpg");
      const taken = new Date("2020-02-03T04:05:06Z");
      const progress: AddProgress[] = [];
      const photos = [
        { image: cat, path: "pets/cat.jpg", taken },
        { image: new File([cat], "copy.jpg") },
        "/samples/coffee.jpg",
        { image: new Blob(["no photo"]), name: "broken.jpg" },
        { image: new Blob(["no photo"]), name: "broken-too.jpg" },
        await tools.photo(1),
      ];
      const summary = await index.add(photos, {
        onProgress: (one) => {
          progress.push(one);
        },
      });
      const records = await index.list();
      const thumbnail = (await index.thumbnail(records[2]!.id))!;
      const bitmap = await createImageBitmap(thumbnail);
      const digest = await crypto.subtle.digest("SHA-256", await cat.arrayBuffer());
      return {
        before,
        summary: {
          ...summary,
          failed: summary.failed.map(({ name, error }) => [name, error.code]),
        },
        progress: progress.map(({ done, total, eta, record, error }) => [
          done,
          total,
          eta !== undefined,
          record?.name ?? error?.name,
        ]),
        names: records.map(({ name }) => name),
        record: records[2]!,
        same: await index.get(records[2]!.id),
        none: (await index.get("0".repeat(64))) ?? "none",
        hash: [...new Uint8Array(digest)].map((x) => x.toString(16).padStart(2, "0")).join(""),
        thumbnail: { type: thumbnail.type, width: bitmap.width, height: bitmap.height },
        page: (await index.list({ offset: 1, limit: 1 })).map(({ name }) => name),
        beyond: (await index.list({ offset: 3 })).length,
        index: {
          name: index.name,
          size: index.size,
          dimensions: index.dimensions,
          precision: index.precision,
          warnings: index.warnings,
        },
      };
    },
    MODEL,
  );
  expect(first.before).toEqual([0, 0, 0]);
  expect(first.summary).toEqual({
    added: 3,
    present: 1,
    failed: [
      ["broken.jpg", "image-format"],
      ["broken-too.jpg", "image-format"],
    ],
  });
  expect(first.progress).toHaveLength(6);
  expect(first.progress.map(([done, total]) => [done, total])).toEqual(
    [1, 2, 3, 4, 5, 6].map((done) => [done, 6]),
  );
  expect(new Set(first.progress.map(([, , , name]) => name))).toEqual(
    new Set(["cat.jpg", undefined, "coffee.jpg", "broken.jpg", "broken-too.jpg", "photo-1.png"]),
  );
  expect(first.names).toEqual(["photo-1.png", "coffee.jpg", "cat.jpg"]);
  expect(first.page).toEqual(["coffee.jpg"]);
  expect(first.beyond).toBe(0);
  expect(first.record).toMatchObject({
    id: first.hash,
    name: "cat.jpg",
    path: "pets/cat.jpg",
    taken: new Date("2020-02-03T04:05:06Z"),
    width: 451,
    height: 300,
    decode: "exact",
  });
  expect(first.record.added).toBeInstanceOf(Date);
  expect(first.record).not.toHaveProperty("seq");
  expect(first.same).toEqual(first.record);
  expect(first.none).toBe("none");
  expect(first.thumbnail).toMatchObject({ type: "image/jpeg" });
  expect(Math.max(first.thumbnail.width, first.thumbnail.height)).toBeLessThanOrEqual(320);
  expect(first.index).toEqual({
    name: "photos",
    size: 3,
    dimensions: 192,
    precision: "int8",
    warnings: [],
  });

  // Another day: all is there, and nothing is embedded again.
  await page.reload();
  const later = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("photos");
      const given = tools.embedded().length;
      const summary = await index.add(["/samples/coffee.jpg", await tools.photo(1)]);
      return {
        size: index.size,
        summary,
        embedded: tools.embedded().length - given,
        list: await Agff.indexes.list(),
      };
    },
    MODEL,
  );
  expect(later.size).toBe(3);
  expect(later.summary).toEqual({ added: 0, present: 2, failed: [] });
  expect(later.embedded).toBe(0);
  expect(later.list).toEqual([
    { name: "photos", size: 3, model: "agff-nano", dimensions: 192, precision: "int8" },
  ]);
});

for (const worker of [true, false]) {
  test(`hits are those of comparing everything (${worker ? "worker" : "page"})`, async ({
    empty: page,
  }) => {
    const found = await run(
      page,
      async ({ Agff }, { model, worker }) => {
        const agff = await Agff.load(model, { device: "cpu", worker });
        const files = await tools.photos(0, 24);
        const whole: Embedding[] = [];
        for (const file of files) whole.push(await agff.embedImage(file));
        const queries = ["a red mug", "blue", "two green circles on a yellow ground"];
        const results = [];
        for (const [precision, dimensions] of [
          ["int8", 192],
          ["f32", 192],
          ["int8", 64],
        ] as const) {
          const index = await agff.openIndex(`${precision}-${dimensions}`, {
            precision,
            dimensions,
          });
          await index.add(files);
          const records = (await index.list()).reverse();
          const embeddings = whole.map((embedding) => agff.truncate(embedding, dimensions));
          for (const query of queries) {
            const own = agff.truncate(await agff.embedText(query), dimensions);
            const expected = embeddings
              .map((embedding, i) => ({ id: records[i]!.id, ...agff.similarity(own, embedding) }))
              .sort((a, b) => b.score - a.score)
              .slice(0, 7);
            const hits = await index.search(query, { limit: 7 });
            results.push({ precision, hits, expected });
            const least = expected[3]!.score - 1e-7;
            const above = await index.search(query, { limit: 7, minScore: least });
            if (above.length !== 4) throw new Error(`${above.length} hits above the fourth score`);
          }
          await index.close();
        }
        return results;
      },
      { model: MODEL, worker },
    );
    expect(found).toHaveLength(9);
    for (const { precision, hits, expected } of found) {
      expect(hits.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      hits.forEach((hit, i) => {
        const { score, patterns, best } = expected[i]!;
        // The engine rounds scores to f32; what the page computes is the same to the last bit.
        if (precision === "f32") expect(Math.abs(hit.score - score)).toBeLessThan(1e-6);
        else expect(hit.score).toBe(score);
        expect(hit.best).toEqual(best);
        expect(Math.abs(hit.patterns.ff - patterns.ff)).toBeLessThan(1e-6);
        const { gg, fg, gf, ff } = hit.weights;
        expect(gg + fg + gf + ff).toBeCloseTo(1, 5);
      });
    }
  });
}

test("terms add up by their weights: texts, photos, records, and what is not wanted", async ({
  empty: page,
}) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("terms");
      const files = await tools.photos(0, 16);
      await index.add(files);
      const records = (await index.list()).reverse();
      const embeddings = [];
      for (const file of files) embeddings.push(await agff.embedImage(file));
      const other = await tools.photo(99);
      const parts: [number, Awaited<ReturnType<typeof agff.embedText>>][] = [
        [1, await agff.embedText("green", { instruction: "Find the photo." })],
        [0.5, await agff.embedImage(other)],
        [-0.75, embeddings[3]!],
      ];
      const expected = embeddings
        .map((embedding, i) => ({
          id: records[i]!.id,
          score: parts.reduce(
            (sum, [weight, part]) => sum + weight * agff.similarity(part, embedding).score,
            0,
          ),
          first: agff.similarity(parts[0]![1], embedding),
        }))
        .sort((a, b) => b.score - a.score);
      const hits = await index.search(
        [
          { text: "green", instruction: "Find the photo." },
          { image: other, weight: 0.5 },
          { id: records[3]!.id, weight: -0.75 },
        ],
        { limit: 16 },
      );
      const alike = await index.search({ id: records[5]!.id }, { limit: 1 });
      const code = (error: AgffError) => error.code;
      const wrong = [
        await index.search([]).catch(code),
        await index.search({}).catch(code),
        await index.search({ id: "nobody" }).catch(code),
        await index.search({ id: "nobody", text: "and a text" }).catch(code),
        await index.search({ text: "a", weight: NaN }).catch(code),
        await index.search("a", { limit: -1 }).catch(code),
      ];
      return { hits, expected, alike, self: records[5]!.id, wrong };
    },
    MODEL,
  );
  expect(found.hits.map(({ id }) => id)).toEqual(found.expected.map(({ id }) => id));
  found.hits.forEach((hit, i) => {
    expect(hit.score).toBeCloseTo(found.expected[i]!.score, 9);
    expect(hit.patterns).toEqual(found.expected[i]!.first.patterns);
  });
  expect(found.alike.map(({ id }) => id)).toEqual([found.self]);
  expect(found.wrong).toEqual(Array<string>(6).fill("input"));
});

test("what is removed is not found, and what comes again is", async ({ empty: page }) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("removing");
      const files = await tools.photos(0, 10);
      await index.add(files);
      const ids = async () => (await index.search("a", { limit: 99 })).map(({ id }) => id).sort();
      const records = (await index.list()).reverse().map(({ id }) => id);
      const all = await ids();
      const removed = [
        await index.remove(records[2]!),
        await index.remove([records[2]!, records[4]!, records[4]!, "nobody"]),
      ];
      const without = await ids();
      const thumbnail = await index.thumbnail(records[4]!);
      await index.add([files[4]!]);
      const again = await ids();
      const newest = (await index.list({ limit: 1 }))[0]!.id;
      const sizes = [index.size];
      await index.clear();
      sizes.push(index.size, (await index.list()).length, (await ids()).length);
      await index.add(files.slice(0, 3));
      sizes.push(index.size, (await ids()).length);
      return { records, all, removed, without, thumbnail, again, newest, sizes };
    },
    MODEL,
  );
  const { records } = found;
  expect(found.all).toEqual([...records].sort());
  expect(found.removed).toEqual([1, 1]);
  expect(found.without).toEqual(records.filter((_, i) => i !== 2 && i !== 4).sort());
  expect(found.thumbnail).toBeUndefined();
  expect(found.again).toEqual(records.filter((_, i) => i !== 2).sort());
  expect(found.newest).toBe(records[4]);
  expect(found.sizes).toEqual([9, 0, 0, 0, 3, 3]);
});

test("near-duplicates are all pairs above the threshold, by the vectors as they were made", async ({
  empty: page,
}) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const files = await tools.photos(0, 40);
      const embeddings: Embedding[] = [];
      for (const file of files) embeddings.push(await agff.embedImage(file));
      const dot = (a: Float32Array, b: Float32Array) =>
        a.subarray(0, 192).reduce((sum, x, i) => sum + x * b[i]!, 0);
      const cosines = embeddings.flatMap((b, j) =>
        embeddings.slice(0, j).map((a, i) => [i, j, dot(a.values, b.values)] as const),
      );
      const ordered = [...cosines].sort((a, b) => b[2] - a[2]);
      // Between two pairs, so that no rounding decides.
      const threshold = (ordered[29]![2] + ordered[30]![2]) / 2;
      const results = [];
      for (const precision of ["int8", "f32"] as const) {
        const index = await agff.openIndex(`duplicates-${precision}`, { precision });
        await index.add(files);
        const place = new Map((await index.list()).reverse().map(({ id }, i) => [id, i]));
        const pairs = await index.duplicates({ threshold });
        const best = await index.duplicates({ threshold, limit: 3 });
        results.push({
          pairs: pairs.map(({ first, second, score }) => [
            place.get(first),
            place.get(second),
            score,
          ]),
          best: best.length,
        });
        const { ids, dimensions, values } = await index.vectors();
        const fine = await index.vectors({ view: "fine-1" });
        const none = await index.vectors({ view: "no" }).catch((error: AgffError) => error.code);
        const whole = ids.every((id, i) =>
          values
            .subarray(i * dimensions, (i + 1) * dimensions)
            .every((x, j) => x === embeddings[place.get(id)!]!.values[j]),
        );
        const fineToo = fine.values[0] === embeddings[place.get(fine.ids[0]!)!]!.values[192];
        results.push({ vectors: [ids.length, dimensions, whole, fineToo, none] });
      }
      return { results, expected: ordered.slice(0, 30) };
    },
    MODEL,
  );
  for (const at of [0, 2]) {
    const { pairs, best } = found.results[at]! as { pairs: number[][]; best: number };
    expect(pairs).toHaveLength(30);
    const key = ([i, j]: readonly (number | undefined)[]) => `${i} ${j}`;
    expect(new Set(pairs.map(key))).toEqual(new Set(found.expected.map(key)));
    pairs.forEach(([, , score], i) => expect(score).toBeCloseTo(found.expected[i]![2], 5));
    expect(best).toBe(3);
    expect(found.results[at + 1]).toEqual({ vectors: [40, 192, true, true, "input"] });
  }
});

test("an index keeps its dimensions, and changes its precision without losing anything", async ({
  empty: page,
}) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const refused = (error: AgffError) => [error.code, error.message];
      const index = await agff.openIndex("kept", { dimensions: 64 });
      await index.add(await tools.photos(0, 6));
      const before = await index.search("a circle");
      await index.close();
      const closed = await index.search("a circle").catch(refused);
      const again = await agff.openIndex("kept", { precision: "f32" });
      const after = await again.search("a circle");
      await again.close();
      return {
        before,
        after,
        closed,
        again: [again.dimensions, again.precision],
        later: (await agff.openIndex("kept")).precision,
        other: await agff.openIndex("kept", { dimensions: 128 }).catch(refused),
        impossible: await agff.openIndex("new", { dimensions: 193 }).catch(refused),
        nameless: await agff.openIndex("").catch(refused),
        names: (await Agff.indexes.list()).map(({ name }) => name),
      };
    },
    MODEL,
  );
  expect(found.again).toEqual([64, "f32"]);
  expect(found.later).toBe("f32");
  expect(found.after.map(({ id }) => id)).toEqual(found.before.map(({ id }) => id));
  expect(found.closed).toEqual(["index", expect.stringContaining("closed")]);
  expect(found.other).toEqual(["index-model", expect.stringContaining("64 dimensions")]);
  expect(found.impossible).toEqual(["embedding", expect.stringContaining("1 to 192")]);
  expect(found.nameless).toEqual(["input", expect.any(String)]);
  expect(found.names).toEqual(["kept"]);
});

test("photos that became pixels in different ways are said to", async ({ empty: page }) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("mixed");
      const [a, b, c] = await tools.photos(0, 3);
      await index.add([a!]);
      const alone = index.warnings;
      await index.add([b!], { decode: "browser" });
      const bitmap = await createImageBitmap(c!);
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      canvas.getContext("2d")!.drawImage(bitmap, 0, 0);
      const pixels = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      // The same pixels in three shapes are one photo.
      const summary = await index.add([canvas, bitmap, { image: pixels, name: "pixels" }]);
      const both = index.warnings;
      const records = await index.list();
      const small = await index.thumbnail(records[0]!.id);
      await index.remove(records.slice(0, 2).map(({ id }) => id));
      return {
        alone,
        both,
        summary,
        decodes: records.map(({ decode, width }) => [decode, width]),
        small: small?.type,
        after: index.warnings,
      };
    },
    MODEL,
  );
  expect(found.alone).toEqual([]);
  expect(found.summary).toMatchObject({ added: 1, present: 2 });
  expect(found.decodes).toEqual([
    ["pixels", 96],
    ["browser", 96],
    ["exact", 96],
  ]);
  expect(found.small).toBe("image/jpeg");
  expect(found.both).toHaveLength(1);
  expect(found.both[0]).toContain("1 by the browser's");
  expect(found.after).toEqual([]);
});
