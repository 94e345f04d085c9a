/** What is stored stays: through reloads, lost workers, full disks, and other tabs. */

import type { AddSummary, AgffError } from "agff";
import { anotherTab, expect, type Left, MODEL, run, test } from "./fixtures";

declare global {
  // eslint-disable-next-line no-var
  var left: Left & { adding: Promise<AddSummary>; stored: number };
}

test("60 photos with two reloads in the middle: all are there, and none was embedded again", async ({
  empty: page,
}) => {
  const begin = () =>
    run(
      page,
      async ({ Agff }, model) => {
        const agff = await Agff.load(model, { device: "cpu" });
        const index = await agff.openIndex("reloaded");
        const before = (await index.list()).map(({ name }) => name);
        const given = tools.embedded().length;
        const files = await tools.photos(0, 60);
        globalThis.left = { agff, index, stored: 0, adding: undefined as never };
        left.adding = index.add(files, {
          onProgress: ({ record }) => {
            left.stored += record ? 1 : 0;
          },
        });
        left.adding.catch(() => {});
        return { before, given, size: index.size };
      },
      MODEL,
    );
  let last = await begin();
  expect(last.before).toEqual([]);
  const sizes = [];
  for (const stored of [20, 17]) {
    await page.waitForFunction((stored) => left.stored >= stored, stored);
    await page.reload();
    last = await begin();
    const again = await page.evaluate((given) => tools.embedded().slice(given), last.given);
    expect(again.filter((name) => last.before.includes(name))).toEqual([]);
    expect(last.size).toBe(last.before.length);
    sizes.push(last.size);
  }
  const end = await page.evaluate(async () => ({
    summary: await left.adding,
    size: left.index.size,
    names: (await left.index.list()).map(({ name }) => name),
    found: (await left.index.search("a", { limit: 99 })).length,
    embedded: tools.embedded(),
  }));
  const all = Array.from({ length: 60 }, (_, i) => `photo-${i}.png`).sort();
  expect(sizes[0]).toBeGreaterThanOrEqual(20);
  expect(sizes[1]).toBeGreaterThanOrEqual(sizes[0]! + 17);
  expect(end.summary).toEqual({ added: 60 - sizes[1]!, present: sizes[1], failed: [] });
  expect([...end.names].sort()).toEqual(all);
  expect([end.size, end.found]).toEqual([60, 60]);
  // Of the last page: what was stored before it is not among what it embedded.
  const after = end.embedded.slice(last.given);
  expect(after.filter((name) => last.before.includes(name))).toEqual([]);
  expect(new Set(after).size).toBe(after.length);
  // What was given to the model and lost with its page is what was in work.
  const lost = end.embedded.length - 60;
  console.log(`stored before the reloads: ${sizes.join(", ")}; embedded again: ${lost}`);
  expect(lost).toBeLessThanOrEqual(2 * 3);
});

test("an abort stops the adding, keeps what is stored, and leaves the index usable", async ({
  empty: page,
}) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const code = (error: AgffError) => error.code;
      const index = await agff.openIndex("aborted");
      const stop = new AbortController();
      let stored = 0;
      const adding = index.add(await tools.photos(0, 12), {
        signal: stop.signal,
        onProgress: () => {
          if (++stored === 4) stop.abort();
        },
      });
      const aborted = await adding.catch(code);
      const kept = index.size;
      const signal = AbortSignal.abort();
      const codes = [
        await agff.openIndex("aborted", { signal }).catch(code),
        await index.add([await tools.photo(50)], { signal }).catch(code),
        await index.search("a cat", { signal }).catch(code),
        await index.duplicates({ signal }).catch(code),
        await index.vectors({ signal }).catch(code),
        await index.export("jsonl", { signal }).catch(code),
        await index.export("parquet", { signal }).catch(code),
        await index.import(await index.export("jsonl"), { signal }).catch(code),
      ];
      const still = (await index.search("a cat", { limit: 99 })).length;
      const summary = await index.add(await tools.photos(0, 12));
      return { aborted, kept, codes, still, summary, size: index.size };
    },
    MODEL,
  );
  expect(found.aborted).toBe("aborted");
  expect(found.kept).toBeGreaterThanOrEqual(4);
  expect(found.kept).toBeLessThan(12);
  expect(found.codes).toEqual(Array<string>(8).fill("aborted"));
  expect(found.still).toBe(found.kept);
  expect(found.summary).toEqual({ added: 12 - found.kept, present: found.kept, failed: [] });
  expect(found.size).toBe(12);
});

test("a search does not wait for the photos that are being added", async ({ empty: page }) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("busy");
      await index.add(await tools.photos(0, 3));
      const { id } = (await index.list({ limit: 1 }))[0]!;
      const stop = new AbortController();
      let stored = 0;
      const adding = index.add(await tools.photos(3, 63), {
        signal: stop.signal,
        onProgress: () => {
          stored += 1;
        },
      });
      adding.catch(() => {});
      while (stored < 3) await new Promise((resolve) => setTimeout(resolve, 5));
      const meanwhile = [];
      for (const query of [{ id }, { id }, "a red circle", "a blue circle"]) {
        const before = stored;
        const hits = await index.search(query);
        meanwhile.push([stored - before, hits.length]);
      }
      const before = stored;
      const pairs = await index.duplicates({ threshold: 0 });
      meanwhile.push([stored - before, pairs.length]);
      stop.abort();
      return { meanwhile, stored };
    },
    MODEL,
  );
  console.log(`photos stored during a search: ${found.meanwhile.map(([n]) => n).join(", ")}`);
  for (const [photos, hits] of found.meanwhile) {
    expect(photos).toBeLessThanOrEqual(5);
    expect(hits).toBeGreaterThan(3);
  }
});

test("after its worker is lost the index is read into the new one", async ({ empty: page }) => {
  await page.addInitScript(() => {
    const { postMessage } = Worker.prototype;
    const workers = new Set<Worker>();
    Object.assign(globalThis, { workers });
    Worker.prototype.postMessage = function (this: Worker, ...sent: unknown[]) {
      workers.add(this);
      return (postMessage as (...sent: unknown[]) => void).apply(this, sent);
    };
  });
  await page.reload();
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu", threads: 1, maxSilence: 4000 });
      const index = await agff.openIndex("lost");
      await index.add(await tools.photos(0, 12));
      const before = await index.search("a red circle");
      const { workers } = globalThis as unknown as { workers: Set<Worker> };
      const count = workers.size;
      // It answers nothing any more, and nobody is told.
      for (const worker of workers) worker.terminate();
      const [after, again] = await Promise.all([
        index.search("a red circle"),
        index.search({ id: before[3]!.id }),
      ]);
      const summary = await index.add(await tools.photos(10, 14));
      return {
        before,
        after,
        again: again[0]!.id,
        summary,
        found: (await index.search("a", { limit: 99 })).length,
        started: workers.size - count,
      };
    },
    MODEL,
  );
  expect(found.after).toEqual(found.before);
  expect(found.again).toBe(found.before[3]!.id);
  expect(found.summary).toMatchObject({ added: 2, present: 2 });
  expect(found.found).toBe(14);
  // The engine's, and the one for thumbnails.
  expect(found.started).toBe(2);
});

test("two tabs add to one index at once, and each sees what the other does", async ({
  empty: page,
}) => {
  const other = await anotherTab(page);
  const open = (tab: typeof page) =>
    run(
      tab,
      async ({ Agff }, model) => {
        const agff = await Agff.load(model, { device: "cpu" });
        globalThis.left = { agff, index: await agff.openIndex("shared") } as typeof left;
      },
      MODEL,
    );
  await Promise.all([open(page), open(other)]);
  const add = (tab: typeof page, range: [number, number]) =>
    tab.evaluate(async ([from, to]) => left.index.add(await tools.photos(from, to)), range);
  const [first, second] = await Promise.all([add(page, [0, 16]), add(other, [8, 24])]);
  expect(first.added + second.added).toBe(24);
  expect(first.added + first.present).toBe(16);
  expect(second.added + second.present).toBe(16);

  const search = (tab: typeof page) =>
    tab.evaluate(async () => ({
      size: left.index.size,
      hits: (await left.index.search("a blue circle", { limit: 99 })).map(({ id, score }) => ({
        id,
        score,
      })),
    }));
  const [here, there] = [await search(page), await search(other)];
  expect(here.size).toBe(24);
  expect(new Set(here.hits.map(({ id }) => id)).size).toBe(24);
  expect(there).toEqual(here);

  // A removal there is seen here.
  const gone = here.hits.slice(0, 3).map(({ id }) => id);
  expect(await other.evaluate((ids) => left.index.remove(ids), gone)).toBe(3);
  const after = await search(page);
  expect(after).toEqual({ size: 21, hits: here.hits.slice(3) });
  // And so is a clearing, with what comes after it.
  await other.evaluate(async () => {
    await left.index.clear();
    await left.index.add([await tools.photo(70)]);
  });
  expect((await search(page)).hits).toEqual((await search(other)).hits);
  expect((await search(page)).size).toBe(1);

  // Who has an index open that another tab deletes is told so.
  const deleted = await run(
    other,
    async ({ Agff }) => {
      await Agff.indexes.delete("shared");
      return (await Agff.indexes.list()).length;
    },
    undefined,
  );
  expect(deleted).toBe(0);
  const codes = await page.evaluate(async () => {
    const told = (error: AgffError) => [error.code, error.message];
    const photo = await tools.photo(1);
    return [
      await left.index.search("a").catch(told),
      await left.index.list().catch(told),
      await left.index.add([photo]).catch(told),
    ];
  });
  for (const told of codes)
    expect(told).toEqual(["index", expect.stringContaining("open it again")]);
  await open(page);
  expect(await page.evaluate(() => left.index.size)).toBe(0);
});

test("an index of another model is refused, and the message says what to do", async ({
  empty: page,
  server,
}) => {
  const open = () =>
    run(
      page,
      async ({ Agff }, model) => {
        const agff = await Agff.load(model, { device: "cpu", cache: false });
        try {
          const index = await agff.openIndex("of-a-model");
          const { added } = await index.add([await tools.photo(1)]);
          const lines = await (await index.export("jsonl")).text();
          return { added, lines, code: "", message: "" };
        } catch (error) {
          const { code, message } = error as AgffError;
          return { added: 0, lines: "", code, message };
        }
      },
      MODEL,
    );
  const first = await open();
  expect(first).toMatchObject({ added: 1, code: "" });

  // A package whose prompts are others makes other vectors.
  const manifest = await (await fetch(`${server.url}${MODEL}/agff.json`)).text();
  const changed = manifest.replace(
    /"instruction": "[^"]*"/,
    '"instruction": "Represent the picture."',
  );
  expect(changed).not.toBe(manifest);
  server.trouble = ({ path }) =>
    path.endsWith("agff.json") ? { body: Buffer.from(changed) } : undefined;
  await page.reload();
  const second = await open();
  expect(second.code).toBe("index-model");
  expect(second.message).toContain("agff-nano");
  expect(second.message).toContain("Agff.indexes.delete");

  const imported = await run(
    page,
    async ({ Agff }, { model, lines }) => {
      const agff = await Agff.load(model, { device: "cpu", cache: false });
      const index = await agff.openIndex("of-another-model");
      const code = await index.import(new Blob([lines])).catch((error: AgffError) => error.code);
      return [code, index.size];
    },
    { model: MODEL, lines: first.lines },
  );
  expect(imported).toEqual(["index-model", 0]);

  // The first model still has it.
  server.trouble = () => undefined;
  await page.reload();
  expect(await open()).toMatchObject({ added: 0, code: "" });
});

test("a full disk is a typed error, and what is stored stays", async ({ empty: page }) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("full");
      const look = async () => [
        index.size,
        (await index.list()).length,
        (await index.search("a", { limit: 99 })).length,
      ];
      await index.add(await tools.photos(0, 4));
      // The disk is full between a photo's record and its vectors.
      const { add } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.add = function (...args) {
        if (this.name !== "vectors") return add.apply(this, args);
        return Promise.reject(new DOMException("full", "QuotaExceededError")) as never;
      };
      const told = (error: AgffError) => ({ code: error.code, message: error.message });
      const added = await index.add(await tools.photos(4, 8)).catch(told);
      const full = await look();
      IDBObjectStore.prototype.add = add;
      const summary = await index.add(await tools.photos(0, 8));
      return { added, full, summary, after: await look() };
    },
    MODEL,
  );
  expect(found.added).toEqual({ code: "quota", message: expect.stringContaining("no more room") });
  expect(found.full).toEqual([4, 4, 4]);
  expect(found.summary).toEqual({ added: 4, present: 4, failed: [] });
  expect(found.after).toEqual([8, 8, 8]);
});
