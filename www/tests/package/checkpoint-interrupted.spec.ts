/** Downloads of checkpoints that are cut, stopped, without room or damaged: what there is stays, and goes on. */

import { failed, kept, load, NAME, ok, test } from "./checkpoint-fixtures";
import { expect, run } from "./fixtures";
import { checkpoint, nativeManifest } from "./hub";

test("a download that is cut again and again goes on", async ({ empty, hub }) => {
  const whole = ok(await load(empty, { hub: hub.url, cache: "memory" }));
  hub.cut = { after: 100_000, times: 6 };
  hub.tooMany = 1;
  hub.take();
  const { values, cache } = ok(await load(empty, { hub: hub.url, dtype: "q8" }));
  expect(values).toEqual(whole.values);
  expect(hub.cut.times).toBe(0);
  expect(hub.take().filter(({ range }) => range !== "").length).toBeGreaterThan(2);
  expect(cache.mode).toBe("opfs");
});

test("a server without ranges, and one that never sends the rest", async ({ empty, hub }) => {
  hub.withoutRanges = true;
  hub.cut = { after: 300_000, times: 1 };
  ok(await load(empty, { hub: hub.url }));
  hub.withoutRanges = false;
  hub.cut = { after: 0, times: 1000 };
  const error = failed(await load(empty, { hub: hub.url, dtype: "q4" }));
  expect(error.code).toBe("fetch");
});

test("what is stopped goes on where it was, in another tab too", async ({ page, server, hub }) => {
  await page.goto(server.url);
  const big = [...checkpoint("siglip-2")].find(([name]) => name === "model.safetensors")![1];
  hub.slow = 150;
  const stopped = await run(
    page,
    async ({ Agff }, { name, hub }) => {
      const abort = new AbortController();
      let seen = 0;
      const begun = Agff.load(name, {
        device: "cpu",
        hub,
        signal: abort.signal,
        onProgress: ({ phase, loaded, total }) => {
          seen = Math.max(seen, loaded / total);
          if (phase === "package" && loaded > 0.6 * total) abort.abort();
        },
      });
      const code = await begun.then(
        () => "done",
        (error: { code: string }) => error.code,
      );
      // Until the worker has noted where it was.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return { code, seen };
    },
    { name: NAME, hub: hub.url },
  );
  expect(stopped.code).toBe("aborted");
  hub.slow = 0;
  hub.take();
  const other = await page.context().newPage();
  await other.goto(server.url);
  const { cache } = ok(await load(other, { hub: hub.url }));
  const ranges = hub.take().filter(({ path, range }) => path.startsWith("/store/") && range !== "");
  expect(ranges.length).toBe(1);
  expect(cache.downloaded).toBeLessThan(big.byteLength + 2 ** 20);
  await other.close();
});

test("a tab that is closed in the middle leaves what it has, and the next one goes on", async ({
  page,
  server,
  hub,
}) => {
  await page.goto(server.url);
  hub.slow = 300;
  const first = await page.context().newPage();
  await first.goto(server.url);
  const begun = load(first, { hub: hub.url }).catch(() => undefined);
  const weights = () => hub.asked.filter(({ path }) => path.includes("/store/"));
  await expect.poll(() => weights().length, { timeout: 60_000 }).toBeGreaterThan(1);
  await first.waitForTimeout(5000);
  await first.close();
  await begun;
  hub.slow = 0;
  hub.take();
  ok(await load(page, { hub: hub.url }));
  const went = weights().filter(({ range }) => range !== "");
  expect(went.length).toBe(1);
  expect(Number(/\d+/.exec(went[0]!.range)![0])).toBeGreaterThan(100_000);
});

test("a browser without room says so, before the download where it knows", async ({
  page,
  server,
  hub,
}) => {
  await page.goto(server.url);
  const session = await page.context().newCDPSession(page);
  const origin = new URL(page.url()).origin;
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 300_000 });
  expect(failed(await load(page, { hub: hub.url })).code).toBe("quota");
  await session.send("Storage.overrideQuotaForOrigin", { origin });
  ok(await load(page, { hub: hub.url }));

  await page.addInitScript(() => {
    navigator.storage.estimate = async () => ({ usage: 1000, quota: 2000 });
  });
  await page.reload();
  hub.take();
  const error = failed(await load(page, { hub: hub.url, dtype: "f16", worker: false }));
  expect(error.code).toBe("quota");
  expect(error.message).toContain("package takes");
  // A look at the header is not the download.
  const weights = hub.take().filter(({ path }) => path.includes("/store/owner/siglip-2/model"));
  expect(weights.length).toBe(1);
});

test("a disk that is full in the middle is said, and nothing wrong is left of it", async ({
  empty,
  server,
  hub,
}) => {
  const expected = ok(await load(empty, { hub: hub.url, cache: "memory" }));
  const fills = `
    const { write } = FileSystemSyncAccessHandle.prototype;
    let left = 250_000;
    FileSystemSyncAccessHandle.prototype.write = function (bytes, options) {
      left -= bytes.byteLength;
      if (left < 0) throw new DOMException("full", "QuotaExceededError");
      return write.call(this, bytes, options);
    };
  `;
  server.trouble = ({ path }) => (path.endsWith("worker-cpu.js") ? { prepend: fills } : undefined);
  await empty.reload();
  const error = failed(await load(empty, { hub: hub.url }));
  expect(error.code).toBe("quota");
  server.trouble = () => undefined;
  await empty.reload();
  const { values } = ok(await load(empty, { hub: hub.url }));
  expect(values).toEqual(expected.values);
  const files = nativeManifest("siglip-2-q8").files;
  const hashes = Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256]));
  expect(await kept(empty, `${NAME}, as q8, hub ${hub.url}`)).toEqual(hashes);
});

test("bytes of another hash are refused, and fetched anew the next time", async ({
  empty,
  hub,
}) => {
  hub.damaged = true;
  const error = failed(await load(empty, { hub: hub.url }));
  expect(error.code).toBe("package-hash");
  expect(error.subject).toContain("model.safetensors");
  hub.damaged = false;
  ok(await load(empty, { hub: hub.url }));
});
