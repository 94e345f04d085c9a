/** Files of vectors: written and read by the page and by the command line, which is the same file. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AgffError } from "agff";
import { expect, MODEL, run, test } from "./fixtures";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const program = join(process.env["CARGO_TARGET_DIR"] ?? join(root, "target"), "debug/agff");

let folder = "";
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "agff-exchange-"));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The command line with an index of its own. */
function agff(index: string, ...args: string[]): string {
  return execFileSync(program, ["index", ...args, "--index", join(folder, index)], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

interface Line {
  input: string;
  sha256: string;
  decoder: string;
  model: string;
  embeddings: number[][];
}

function lines(text: string): Line[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line)
    .sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
}

for (const format of ["jsonl", "parquet"] as const) {
  test(`an exported index comes back as it was: ${format}`, async ({ empty: page }) => {
    const found = await run(
      page,
      async ({ Agff }, { model, format }) => {
        const agff = await Agff.load(model, { device: "cpu" });
        const index = await agff.openIndex("exported");
        const files = await tools.photos(0, 70);
        const photos = files.map((image, i) => ({
          image,
          ...(i % 2 === 0 ? { path: `a/b/${image.name}`, taken: new Date(1e12 + i) } : {}),
        }));
        await index.add(photos);
        const file = await index.export(format);
        const copy = await agff.openIndex("imported");
        const progress: [number, number | undefined][] = [];
        const summary = await copy.import(file, {
          onProgress: ({ done, total }) => {
            progress.push([done, total]);
          },
        });
        const again = await copy.import(file);
        const look = async (one: typeof index) => ({
          records: await one.list(),
          vectors: [...(await one.vectors({ view: "fine-3" })).values],
          hits: await one.search("a red circle", { limit: 70 }),
          thumbnails: await Promise.all(
            (await one.list()).map(async ({ id }) => [
              ...new Uint8Array(await (await one.thumbnail(id))!.arrayBuffer()),
            ]),
          ),
        });
        // Cut to fewer dimensions on the way.
        const small = await agff.openIndex("small", { dimensions: 64 });
        await small.import(file);
        await small.close();
        const made = await agff.openIndex("made", { dimensions: 64 });
        await made.add(files);
        const short = [
          (await (await agff.openIndex("small")).search("a red circle")).map(({ id }) => id),
          (await made.search("a red circle")).map(({ id }) => id),
        ];
        return {
          before: await look(index),
          after: await look(copy),
          summary,
          again,
          progress: [progress.length, progress.at(-1)],
          short,
          embedded: tools.embedded().length,
        };
      },
      { model: MODEL, format },
    );
    expect(found.summary).toEqual({ added: 70, present: 0, failed: [] });
    expect(found.again).toEqual({ added: 0, present: 70, failed: [] });
    expect(found.progress).toEqual([70, [70, format === "parquet" ? 70 : undefined]]);
    expect(found.after).toEqual(found.before);
    expect(found.short[0]).toEqual(found.short[1]);
    // As many again at 64 dimensions, and none for what was imported.
    expect(found.embedded).toBe(2 * 70);
  });
}

test("files that are none, and rows that cannot be used, are typed errors", async ({
  empty: page,
}) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("rows");
      await index.add([await tools.photo(1)]);
      const line = await (await index.export("jsonl")).text();
      const parquet = await index.export("parquet");
      const row = JSON.parse(line) as Record<string, unknown>;
      const vectors = row["embeddings"] as number[][];
      const changed = (change: Record<string, unknown>) => JSON.stringify({ ...row, ...change });
      const other = "f".repeat(64);
      const bad: Record<string, string> = {
        "no JSON": "{",
        "no object": "7",
        "no input": changed({ input: undefined }),
        "a text": changed({ kind: "text" }),
        "no decoder": changed({ decoder: undefined }),
        "other views": changed({ views: ["global"] }),
        "too few vectors": changed({ embeddings: vectors.slice(1) }),
        "one too short": changed({ embeddings: vectors.map((v, i) => (i ? v : v.slice(1))) }),
        "not of length one": changed({ embeddings: vectors.map((v) => v.map((x) => 2 * x)) }),
        "not numbers": changed({ embeddings: vectors.map((v) => v.map(() => "0.1")) }),
        "no hash": changed({ sha256: "../../x" }),
        "no date": changed({ sha256: other, added: "yesterday" }),
      };
      const good = changed({ sha256: other, thumbnail: "data:text/html;base64,PGI+", more: {} });
      const text = `${Object.values(bad).join("\n")}\n\n${good}\n`;
      const target = await agff.openIndex("rows-in");
      const summary = await target.import(new File([text], "rows.jsonl"));
      const told = (error: AgffError) => error.code;
      const cut = new File([parquet.slice(0, parquet.size - 9)], "cut.parquet");
      const bytes = new Uint8Array(await parquet.arrayBuffer());
      bytes.fill(255, bytes.length - 300, bytes.length - 8);
      return {
        names: Object.keys(bad),
        summary: {
          ...summary,
          failed: summary.failed.map(({ name, error }) => [name, error.code]),
        },
        thumbnail: (await target.thumbnail(other)) ?? null,
        model: await target.import(new Blob([changed({ model: undefined })])).catch(told),
        another: await target.import(new Blob([changed({ model: other })])).catch(told),
        cut: await target.import(cut).catch(told),
        damaged: await target.import(new Blob([bytes])).catch(told),
        empty: await target.import(new Blob([])),
        format: await target.export("csv" as "jsonl").catch(told),
        size: target.size,
      };
    },
    MODEL,
  );
  expect(found.summary).toEqual({
    added: 1,
    present: 0,
    failed: found.names.map((_, i) => [`rows.jsonl:${i + 1}`, "data"]),
  });
  expect(found.thumbnail).toBeNull();
  expect([found.model, found.another]).toEqual(["index-model", "index-model"]);
  expect([found.cut, found.damaged]).toEqual(["data", "data"]);
  expect(found.empty).toEqual({ added: 0, present: 0, failed: [] });
  expect(found.format).toBe("input");
  expect(found.size).toBe(1);
});

test("the command line reads what the page writes, and the page what the command line writes", async ({
  empty: page,
}) => {
  expect(existsSync(program), `${program}, which cargo test builds`).toBe(true);
  const written = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const index = await agff.openIndex("page");
      const names = ["cat", "coffee", "lemons", "rocket"];
      await index.add(names.map((name) => `/samples/${name}.jpg`));
      const base64 = async (file: Blob) => {
        const bytes = new Uint8Array(await file.arrayBuffer());
        return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
      };
      return {
        jsonl: await base64(await index.export("jsonl")),
        parquet: await base64(await index.export("parquet")),
        fingerprint: agff.info.fingerprint,
        hits: await index.search("a cat"),
      };
    },
    MODEL,
  );
  const own = lines(Buffer.from(written.jsonl, "base64").toString());
  expect(own).toHaveLength(4);

  // From the page to the command line, by both formats, and what it then has is the same.
  for (const format of ["jsonl", "parquet"] as const) {
    const file = join(folder, `page.${format}`);
    writeFileSync(file, Buffer.from(written[format], "base64"));
    const told = agff(format, "import", file, "--json", "--model", join(root, "models/agff-nano"));
    expect(JSON.parse(told)).toEqual({
      imported: 4,
      known: 0,
      failed: 0,
      records: 4,
      words: 0,
    });
    const back = lines(agff(format, "export"));
    back.forEach((line, i) => {
      const { input, sha256, decoder, model, embeddings } = own[i]!;
      expect(line).toMatchObject({ input, sha256, decoder, model });
      expect(line.model).toBe(written.fingerprint);
      const floats = (rows: number[][]) => rows.map((row) => [...Float32Array.from(row)]);
      expect(floats(line.embeddings)).toEqual(floats(embeddings));
    });
    const found = agff(format, "search", "a cat", "--json")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { id: string; score: number });
    expect(found.map(({ id }) => id)).toEqual(written.hits.map(({ id }) => id));
    found.forEach(({ score }, i) => expect(score).toBeCloseTo(written.hits[i]!.score, 4));
  }

  // From the command line's own photos to the page.
  const samples = join(root, "www/demo/public/samples");
  const photos = readdirSync(samples).filter((name) => /\.(jpg|png)$/.test(name));
  agff("own", "add", samples, "--model", join(root, "models/agff-nano"));
  for (const format of ["jsonl", "parquet"] as const) {
    const file = join(folder, `own.${format}`);
    agff("own", "export", "-o", file);
    const read = await run(
      page,
      async ({ Agff }, { model, base64, name }) => {
        const agff = await Agff.load(model, { device: "cpu" });
        const index = await agff.openIndex(name);
        const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        const summary = await index.import(new File([bytes], name));
        // The same photo, embedded here, has the same content, and nearly the same vectors.
        const cat = await (await fetch("/samples/cat.jpg")).blob();
        const { present } = await index.add([cat]);
        const records = await index.list();
        const hits = await index.search({ image: cat }, { limit: 1 });
        const place = records.reverse().findIndex(({ name }) => name === "cat.jpg");
        const { values, dimensions } = await index.vectors();
        const here = await agff.embedImage(cat);
        const cosine = values
          .subarray(place * dimensions, (place + 1) * dimensions)
          .reduce((sum, x, i) => sum + x * here.values[i]!, 0);
        return { summary, present, names: records.map(({ name }) => name), hits, cosine };
      },
      { model: MODEL, base64: readFileSync(file).toString("base64"), name: `own.${format}` },
    );
    expect(read.summary).toEqual({ added: photos.length, present: 0, failed: [] });
    expect(read.present).toBe(1);
    expect(read.names).toContain("cat.jpg");
    expect(read.hits[0]!.name).toBe("cat.jpg");
    expect(read.hits[0]!.path).toBe(join(samples, "cat.jpg"));
    expect(read.cosine).toBeGreaterThan(0.9999);
  }
});
