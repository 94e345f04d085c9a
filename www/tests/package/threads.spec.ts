/** Several threads on the CPU: in one memory where the page is isolated, in workers with copies elsewhere. */

import type { Page } from "@playwright/test";
import type { AgffError, LoadOptions } from "agff";
import { expect, run, test } from "./fixtures";

const MODEL = "/models/agff-nano";
const NAMES = ["oranges", "lemons", "oranges", "lemons", "oranges"];

/** Embeds photos and texts, one by one and together. */
function embed(page: Page, options: LoadOptions) {
  return run(
    page,
    async ({ Agff }, { model, options, names }) => {
      const agff = await Agff.load(model, { device: "cpu", ...options });
      const photos = names.map(async (name) => (await fetch(`/samples/${name}.jpg`)).blob());
      const vectors: number[][] = [];
      const keep = ({ values }: { values: Float32Array }) => void vectors.push([...values]);
      keep(await agff.embedImage(await photos[0]!));
      keep(await agff.embedText("two lemons"));
      for await (const { embedding, error } of agff.embedImages(await Promise.all(photos))) {
        if (error) throw error;
        keep(embedding);
      }
      for (const one of await agff.embedTexts(["a", "two lemons", "oranges", "b c"])) keep(one);
      const { threads } = agff.info.device;
      await agff.dispose();
      return { vectors, threads };
    },
    { model: MODEL, options, names: NAMES },
  );
}

/** The largest difference of two lists of vectors. */
function difference(a: number[][], b: number[][]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.flatMap((one, i) => one.map((x, j) => Math.abs(x - b[i]![j]!))));
}

test("threads that share memory give the vectors of one thread", async ({
  empty: page,
  server,
}) => {
  const one = await embed(page, { threads: 1 });
  expect(one.threads).toEqual({ count: 1, shared: true, reason: "" });
  server.isolated = true;
  server.asked.length = 0;
  await page.goto(server.url);
  for (const count of [2, 3]) {
    const several = await embed(page, { threads: count });
    expect(several.threads).toEqual({ count, shared: true, reason: "" });
    expect(difference(several.vectors, one.vectors)).toBeLessThan(2e-6);
  }
  const engines = server.asked.map(({ path }) => path).filter((path) => path.endsWith(".wasm"));
  expect([...new Set(engines)]).toEqual(["/agff/engines/cpu-threads/agff_bg.wasm"]);
});

test("an engine of several threads that cannot be fetched is replaced by the plain one", async ({
  empty: page,
  server,
}) => {
  server.isolated = true;
  server.trouble = ({ path }) =>
    path.endsWith("cpu-threads/agff_bg.wasm") ? { body: Buffer.from("nothing") } : undefined;
  await page.goto(server.url);
  const { vectors, threads } = await embed(page, { threads: 2 });
  expect(vectors).toHaveLength(11);
  expect(threads.count).toBe(1);
  expect(threads.reason).toContain("threads could not be started");
});

test("a thread that stops is a loss, after which the work goes on", async ({
  empty: page,
  server,
}) => {
  server.isolated = true;
  const stops = `
    let embeds = 0, channel;
    addEventListener("message", ({ data }) => {
      if (data.call === "load") channel = new BroadcastChannel(data.args.losses);
      if (data.call === "embed" && ++embeds === 2) channel.postMessage("out of memory");
    });
  `;
  let workers = 0;
  server.trouble = ({ path }) => {
    if (!path.endsWith("worker-cpu-threads.js")) return undefined;
    workers += 1;
    return { prepend: stops };
  };
  await page.goto(server.url);
  const code = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu", threads: 2 });
      await agff.embedText("a");
      // The worker is lost here.
      await agff.embedText("b");
      await new Promise((resolve) => setTimeout(resolve, 500));
      return agff.embedText("c").then(
        () => "",
        (error: AgffError) => `${error.code}: ${error.message}`,
      );
    },
    MODEL,
  );
  expect(code).toBe("");
  expect(workers).toBeGreaterThan(1);
});

test("elsewhere workers with copies share out a batch", async ({ empty: page, server }) => {
  const one = await embed(page, { threads: 1 });
  let most = 0;
  page.on("worker", () => (most = Math.max(most, page.workers().length)));
  const several = await embed(page, { threads: 3 });
  expect(several.threads).toEqual({ count: 3, shared: false, reason: "" });
  expect(several.vectors).toEqual(one.vectors);
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(3);
  // The copies come from the cache.
  const weights = server.files.filter(({ path }) => path.endsWith(".safetensors"));
  expect(new Set(weights.map(({ path, range }) => path + range)).size).toBe(weights.length);
  await expect.poll(() => page.workers().length).toBe(0);
});

test("a copy that is lost in the middle of a batch is replaced, and nothing of it is missing", async ({
  empty: page,
  server,
}) => {
  // The second worker falls silent with its first pack.
  const hangs = `addEventListener("message", ({ data }) => { if (data.call === "embed") for (;;); });`;
  let workers = 0;
  server.trouble = ({ path }) =>
    path.endsWith("worker-cpu.js") && ++workers === 2 ? { prepend: hangs } : undefined;
  const wrong = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu", threads: 2, maxSilence: 5000 });
      const photos = ["oranges", "lemons"].map(async (name) =>
        (await fetch(`/samples/${name}.jpg`)).blob(),
      );
      const [oranges, lemons] = await Promise.all(photos);
      const texts = [await agff.embedImage(oranges!), await agff.embedImage(lemons!)].map((one) =>
        one.values.join(),
      );
      // Long enough for the copy to be there before the end.
      const all = Array.from({ length: 200 }, (_, i) => (i % 2 ? lemons! : oranges!));
      let [place, wrong] = [0, 0];
      for await (const { index, embedding } of agff.embedImages(all)) {
        if (index !== place || embedding?.values.join() !== texts[index % 2]) wrong += 1;
        place += 1;
      }
      return [place, wrong];
    },
    MODEL,
  );
  expect(wrong).toEqual([200, 0]);
  expect(workers).toBe(3);
});

test("there are no copies without a cache, nor threads without a worker", async ({
  empty: page,
}) => {
  const uncached = await embed(page, { threads: 2, cache: false });
  expect(uncached.threads.count).toBe(1);
  expect(uncached.threads.reason).toContain("another download");
  const inPage = await embed(page, { threads: 2, worker: false });
  expect(inPage.threads.count).toBe(1);
  expect(inPage.threads.reason).toContain("the page itself computes");
  const wrong = await run(
    page,
    async ({ Agff }, model) =>
      Agff.load(model, { threads: 0 }).catch((error: AgffError) => error.message),
    MODEL,
  );
  expect(wrong).toBe("0 is not a whole number from 1 to 64");
});
