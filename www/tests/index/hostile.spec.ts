/** What people's folders, and people who mean no good, have in store. */

import { expect, MODEL, run, test } from "./fixtures";

const NAMES = [
  `<img src=x onerror="document.title='run'">.jpg`,
  "../../../etc/passwd",
  "C:\\photos\\nul.jpg",
  "'; DROP TABLE records; --",
  "__proto__",
  "constructor",
  "\u0000null\u0000",
  "\u202Egpj.exe",
  "\uD83D",
  "🦀".repeat(4000),
  " ",
];

test("names are text, whatever is in them", async ({ empty: page }) => {
  const found = await run(
    page,
    async ({ Agff }, { model, names }) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex(names[0]!);
      const photos = await tools.photos(0, names.length);
      await index.add(photos.map((image, i) => ({ image, name: names[i]!, path: names[i]! })));
      const records = (await index.list()).reverse();
      const hits = await index.search("a", { limit: 99 });
      const copies = [];
      for (const [i, format] of (["jsonl", "parquet"] as const).entries()) {
        const copy = await agff.openIndex(names[i + 1]!);
        await copy.import(await index.export(format));
        copies.push((await copy.list()).reverse().map(({ name }) => name));
      }
      // A name that is only there for objects is no record.
      const none = [await index.get("__proto__"), await index.thumbnail("constructor")];
      const listed = (await Agff.indexes.list()).map(({ name }) => name);
      for (const name of listed) await Agff.indexes.delete(name);
      return {
        names: records.map(({ name }) => name),
        paths: records.map(({ path }) => path),
        found: hits.map(({ name }) => name),
        copies,
        none: none.map((one) => one ?? null),
        listed,
        left: (await Agff.indexes.list()).length,
        title: document.title,
      };
    },
    { model: MODEL, names: NAMES },
  );
  expect(found.names).toEqual(NAMES);
  expect(found.paths).toEqual(NAMES);
  expect([...found.found].sort()).toEqual([...NAMES].sort());
  // JSON keeps even half of a character pair; UTF-8 does not.
  expect(found.copies[0]).toEqual(NAMES);
  expect(found.copies[1]).toEqual(NAMES.map((name) => (name === "\uD83D" ? "\uFFFD" : name)));
  expect(found.none).toEqual([null, null]);
  expect([...found.listed].sort()).toEqual(NAMES.slice(0, 3).sort());
  expect(found.left).toBe(0);
  expect(found.title).toBe("test");
});

test("what is no photo is refused one by one, and the others come in", async ({ empty: page }) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("mixed-bag");
      const photo = await tools.photo(1);
      const megabyte = new Blob([new Uint8Array(1 << 20)]);
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="parent.document.title='run'"><script>parent.document.title='run'</script></svg>`;
      const file = (parts: BlobPart[], name: string, type = "") => new File(parts, name, { type });
      const { added, failed } = await index.add([
        file([], "empty.jpg"),
        file([photo.slice(0, 300)], "cut.png"),
        file(["<html>"], "page.jpg", "image/jpeg"),
        file(Array<Blob>(400).fill(megabyte), "huge.jpg"),
        "/nowhere/photo.jpg",
        7 as unknown as string,
        file([svg], "script.svg", "image/svg+xml"),
        photo,
      ]);
      return {
        added,
        failed: failed.map(({ name, error }) => `${name} ${error.name} ${error.code}`),
        names: (await index.list()).map(({ name }) => name),
        title: document.title,
      };
    },
    MODEL,
  );
  expect(found.names[0]).toBe("photo-1.png");
  expect(found.failed.filter((line) => !line.includes("script.svg")).sort()).toEqual(
    [
      "empty.jpg AgffError image-corrupt",
      "cut.png AgffError image-corrupt",
      "page.jpg AgffError image-format",
      "huge.jpg AgffError image-too-large",
      "photo.jpg AgffError fetch",
      "image AgffError input",
    ].sort(),
  );
  expect(found.added + found.failed.length).toBe(8);
  expect(found.title).toBe("test");
});
