/** The cache: what is fetched, what is not, and what happens when something of it is wrong. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import type { AgffError, CacheMode } from "agff";
import { expect, run, test } from "./fixtures";

const MODEL = "/models/agff-nano";
const folder = fileURLToPath(new URL("../../../models/agff-nano/", import.meta.url));
const manifest = JSON.parse(readFileSync(`${folder}agff.json`, "utf8")) as {
  files: { path: string; bytes: number; sha256: string }[];
};
const BYTES = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
const weights = manifest.files.find(({ path }) => path.startsWith("weights"))!;
const table = manifest.files.find(({ path }) => path.startsWith("embed"))!;

/** Loads, embeds a text, and tells what the cache did; or the error's code. */
function load(page: Page, cache: CacheMode = "opfs", worker = true) {
  return run(
    page,
    async ({ Agff }, { model, cache, worker }) => {
      try {
        const agff = await Agff.load(model, { device: "cpu", cache, worker });
        const { values } = await agff.embedText("a red mug left of a laptop");
        await agff.dispose();
        return { values: [...values], cache: agff.info.cache, code: "" };
      } catch (error) {
        const { code, message } = error as AgffError;
        return { values: [], cache: undefined, code, message };
      }
    },
    { model: MODEL, cache, worker },
  );
}

/** Changes one byte in the middle of a cached file. */
function damage(page: Page, sha256: string): Promise<void> {
  return page.evaluate(async (name) => {
    const root = await navigator.storage.getDirectory();
    const agff = await root.getDirectoryHandle("agff");
    const handle = await (await agff.getDirectoryHandle("files")).getFileHandle(name);
    const file = await handle.getFile();
    const at = Math.floor(file.size / 2);
    const byte = new Uint8Array(await file.slice(at, at + 1).arrayBuffer())[0]!;
    const writer = await handle.createWritable({ keepExistingData: true });
    await writer.write({ type: "write", position: at, data: new Uint8Array([byte ^ 1]) });
    await writer.close();
  }, sha256);
}

for (const [cache, worker] of [
  ["opfs", true],
  ["opfs", false],
  ["memory", true],
] as const) {
  const where = worker ? "worker" : "page";
  test(`a second load from a ${where} with ${cache} asks for the manifest only`, async ({
    empty: page,
    server,
  }) => {
    const first = await load(page, cache, worker);
    expect(first.cache).toMatchObject({ mode: cache, downloaded: BYTES, reused: 0 });
    expect(server.files.map(({ path }) => path).sort()).toEqual(
      manifest.files.map(({ path }) => `${MODEL}/${path}`).sort(),
    );
    server.asked.length = 0;
    const second = await load(page, cache, worker);
    expect(second.cache).toMatchObject({ downloaded: 0, reused: BYTES, offline: false });
    expect(server.files).toEqual([]);
    expect(server.asked.filter(({ path }) => path.endsWith("agff.json"))).toHaveLength(1);
    expect(second.values).toEqual(first.values);
  });
}

test("without a cache everything is fetched each time", async ({ empty: page, server }) => {
  const first = await load(page, false);
  const asked = server.files.length;
  expect(asked).toBeGreaterThanOrEqual(3);
  expect((await load(page, false)).values).toEqual(first.values);
  expect(server.files).toHaveLength(2 * asked);
});

test("without a network the kept package is used, and said to be", async ({
  empty: page,
  server,
}) => {
  const first = await load(page);
  server.trouble = ({ path }) => (path.startsWith("/models/") ? { breakAfter: 0 } : undefined);
  const second = await load(page);
  expect(second.cache?.offline).toBe(true);
  expect(second.values).toEqual(first.values);
});

test("a connection that breaks is taken up where it broke", async ({ empty: page, server }) => {
  let broken = 0;
  server.trouble = ({ path }) =>
    path.endsWith(weights.path) && broken++ < 2 ? { breakAfter: 1_000_000 } : undefined;
  const { cache, code } = await load(page);
  expect(code).toBe("");
  expect(cache?.downloaded).toBe(BYTES);
  const ranges = server.files.filter(({ path }) => path.endsWith(weights.path));
  expect(ranges.map(({ range }) => range)).toEqual(["", "bytes=1000000-", "bytes=2000000-"]);
});

for (const worker of [true, false]) {
  test(`an aborted download goes on in the next load (${worker ? "worker" : "page"})`, async ({
    empty: page,
    server,
  }) => {
    server.trouble = ({ path }) =>
      path.endsWith(weights.path) ? { stallAfter: 2_000_000 } : undefined;
    const aborted = await run(
      page,
      async ({ Agff }, { model, worker }) => {
        const stop = new AbortController();
        const signal = stop.signal;
        return Agff.load(model, {
          device: "cpu",
          worker,
          signal,
          onProgress: ({ phase, file, fileLoaded }) => {
            if (phase === "package" && file.startsWith("weights") && fileLoaded > 1e6) stop.abort();
          },
        }).then(
          () => "loaded",
          (error: AgffError) => error.code,
        );
      },
      { model: MODEL, worker },
    );
    expect(aborted).toBe("aborted");
    server.asked.length = 0;
    server.trouble = () => undefined;
    // The worker closes its file in its own time.
    await page.waitForTimeout(1000);
    const { cache, code } = await load(page);
    expect(code).toBe("");
    expect(cache?.downloaded).toBeLessThan(BYTES - 1e6);
    expect(cache!.downloaded + cache!.reused).toBe(BYTES);
    expect(server.files[0]?.range).toMatch(/^bytes=[12]\d{6}-$/);
  });
}

test("a server that ignores ranges is read from the beginning", async ({ empty: page, server }) => {
  let broken = 0;
  server.trouble = ({ path }) =>
    path.endsWith(weights.path)
      ? broken++ === 0
        ? { breakAfter: 1_000_000 }
        : { ignoreRange: true }
      : undefined;
  expect(await load(page)).toMatchObject({ code: "", cache: { repaired: 0 } });
});

test("one changed byte in the cache is noticed and only that file fetched again", async ({
  empty: page,
  server,
}) => {
  const first = await load(page);
  for (const { path, sha256, bytes } of manifest.files) {
    await damage(page, sha256);
    server.asked.length = 0;
    const again = await load(page);
    expect(again.cache?.repaired, path).toBe(bytes);
    expect(server.files.map((asked) => asked.path)).toEqual([`${MODEL}/${path}`]);
    expect(again.values).toEqual(first.values);
    server.asked.length = 0;
    expect((await load(page)).cache?.repaired).toBe(0);
    expect(server.files).toEqual([]);
  }
});

test("a file that is removed while a model uses it is fetched again", async ({
  empty: page,
  server,
}) => {
  const first = await load(page);
  const values = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      // Token embeddings are read when they are needed.
      await Agff.cache.delete();
      return [...(await agff.embedText("a red mug left of a laptop")).values];
    },
    MODEL,
  );
  expect(values).toEqual(first.values);
  expect(server.files.map(({ path }) => path)).toContain(`${MODEL}/${table.path}`);
});

test("a wrong file on the server is an error that names it, and is not kept", async ({
  empty: page,
  server,
}) => {
  const wrong = readFileSync(folder + weights.path);
  wrong[wrong.length >> 1]! ^= 1;
  server.trouble = ({ path }) => (path.endsWith(weights.path) ? { body: wrong } : undefined);
  expect(await load(page)).toMatchObject({ code: "package-hash" });
  server.trouble = () => undefined;
  expect(await load(page)).toMatchObject({ code: "", cache: { repaired: 0 } });
});

test("a full disk is an error of its own, and memory is the way out", async ({ empty: page }) => {
  const session = await page.context().newCDPSession(page);
  const origin = new URL(page.url()).origin;
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1_000_000 });
  const full = await load(page);
  expect(full.code).toBe("quota");
  expect(full.message).toContain("Agff.cache.delete");
  expect(await load(page, "memory")).toMatchObject({ code: "" });
});

test("the cache can be looked into and emptied", async ({ empty: page, server }) => {
  await load(page);
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const before = await Agff.cache.list();
      await Agff.cache.delete("/models/another");
      const still = await Agff.cache.list();
      await Agff.cache.delete(model);
      const after = await Agff.cache.list();
      return { before, still: still.length, after, persisted: await Agff.cache.persist() };
    },
    MODEL,
  );
  expect(found.before).toHaveLength(1);
  expect(found.before[0]).toMatchObject({
    url: `${server.url}${MODEL}/`,
    name: "agff-nano",
    bytes: BYTES,
    total: BYTES,
  });
  expect(found.still).toBe(1);
  expect(found.after).toEqual([]);
  expect(typeof found.persisted).toBe("boolean");
  server.asked.length = 0;
  expect((await load(page)).cache?.downloaded).toBe(BYTES);
});

test("two loads at once fetch each file once", async ({ empty: page, context, server }) => {
  const other = await context.newPage();
  await other.goto(server.url);
  const [one, two] = await Promise.all([load(page), load(other)]);
  expect(one.code + two.code).toBe("");
  expect(one.cache!.downloaded + two.cache!.downloaded).toBe(BYTES);
  expect(server.files).toHaveLength(manifest.files.length);
});

test("the default model needs no address", async ({ empty: page, server }) => {
  const found = await run(
    page,
    async ({ Agff }, _) => {
      const seen: string[] = [];
      let last = { loaded: 0, total: 0 };
      const agff = await Agff.load("agff-nano", {
        device: "cpu",
        onProgress: ({ phase, loaded, total, fileLoaded, fileTotal }) => {
          if (seen.at(-1) !== phase) seen.push(phase);
          if (fileTotal > 0 && fileLoaded > fileTotal) throw new Error("more than the file");
          if (phase === "package") {
            if (loaded < last.loaded) throw new Error("progress went back");
            last = { loaded, total };
          }
        },
      });
      return { seen, last, name: agff.info.name, url: agff.info.url };
    },
    null,
  );
  expect(found).toEqual({
    seen: ["engine", "package", "upload", "ready"],
    last: { loaded: BYTES, total: BYTES },
    name: "agff-nano",
    url: "agff-nano",
  });
  expect(server.files.every(({ path }) => path.startsWith("/agff/models/"))).toBe(true);
});
