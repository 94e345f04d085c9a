/** What the library makes of inputs of every kind, in a worker and without one. */

import type { BatchProgress } from "agff";
import { expect, run, test } from "./fixtures";

const MODEL = "/models/agff-nano";

test("a photo has the same vector as a file, a blob, a URL and an <img>, in a worker and without", async ({
  empty: page,
}) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const [inWorker, direct] = [
        await Agff.load(model, { device: "cpu" }),
        await Agff.load(model, { device: "cpu", worker: false }),
      ];
      const blob = await (await fetch("/samples/cat.jpg")).blob();
      const img = new Image();
      img.src = "/samples/cat.jpg";
      await img.decode();
      const sources = [
        blob,
        new File([blob], "cat.jpg"),
        "/samples/cat.jpg",
        new URL("/samples/cat.jpg", location.href),
        URL.createObjectURL(blob),
        img,
      ];
      const made = [];
      for (const agff of [inWorker, direct]) {
        for (const source of sources) made.push(await agff.embedImage(source));
      }
      const infos = [inWorker.info, direct.info];
      await Promise.all([inWorker.dispose(), direct.dispose()]);
      return {
        infos,
        vectors: made.map(({ values }) => [...values]),
        paths: made.map(({ decode }) => decode),
      };
    },
    MODEL,
  );
  expect(found.infos.map(({ worker }) => worker)).toEqual([true, false]);
  expect(found.infos[0]?.views[0]).toBe("global");
  expect(new Set(found.paths)).toEqual(new Set(["exact"]));
  for (const vector of found.vectors) expect(vector).toEqual(found.vectors[0]);
});

test("pixels are taken as they are, and stay the caller's", async ({ empty: page }) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const bitmap = await createImageBitmap(await (await fetch("/samples/cat.jpg")).blob());
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      const context = canvas.getContext("2d")!;
      context.drawImage(bitmap, 0, 0);
      const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
      const made = [];
      for (const source of [pixels, bitmap, canvas]) made.push(await agff.embedImage(source));
      const again = await agff.embedImage(bitmap);
      return {
        paths: made.map(({ decode }) => decode),
        vectors: [...made, again].map(({ values }) => [...values]),
        left: [bitmap.width, pixels.data.length],
      };
    },
    MODEL,
  );
  expect(found.paths).toEqual(["pixels", "pixels", "pixels"]);
  for (const vector of found.vectors) expect(vector).toEqual(found.vectors[0]);
  expect(found.left[0]).toBeGreaterThan(0);
  expect(found.left[1]).toBeGreaterThan(0);
});

test("a batch gives what single calls give, in order, and tells how far it is", async ({
  empty: page,
}) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const names = ["cat", "coffee", "rocket"].map((name) => `/samples/${name}.jpg`);
      const one = [];
      for (const name of names) one.push([...(await agff.embedImage(name)).values]);
      const progress: [number, number | undefined, boolean][] = [];
      const many = [];
      const options = {
        onProgress: ({ done, total, eta }: BatchProgress) =>
          progress.push([done, total, eta !== undefined && eta >= 0]),
      };
      for await (const { index, name, embedding } of agff.embedImages(names, options)) {
        many.push({ index, name, values: [...(embedding?.values ?? [])] });
      }
      const words = Array.from({ length: 40 }, (_, i) => `a photo of ${i} dogs`);
      const texts = await agff.embedTexts(words);
      const alone = await agff.embedText(words[33]!);
      const together = await agff.embed([{ text: words[0]! }, { image: names[0]! }]);
      return {
        one,
        many,
        progress,
        texts: texts.length,
        pair: [[...texts[33]!.values], [...alone.values]],
        together: together.map(({ values }) => [...values]),
        first: [...texts[0]!.values],
      };
    },
    MODEL,
  );
  expect(found.many.map(({ index, name }) => [index, name])).toEqual([
    [0, "cat.jpg"],
    [1, "coffee.jpg"],
    [2, "rocket.jpg"],
  ]);
  const close = (a: number[], b: number[]) =>
    Math.max(...a.map((x, i) => Math.abs(x - (b[i] ?? NaN))));
  found.many.forEach(({ values }, i) => expect(close(values, found.one[i]!)).toBeLessThan(1e-5));
  expect(found.progress).toEqual([
    [1, 3, true],
    [2, 3, true],
    [3, 3, true],
  ]);
  expect(found.texts).toBe(40);
  expect(close(found.pair[0]!, found.pair[1]!)).toBeLessThan(1e-5);
  expect(close(found.together[0]!, found.first)).toBeLessThan(1e-5);
  expect(close(found.together[1]!, found.one[0]!)).toBeLessThan(1e-5);
});

test("one input of a batch that cannot be used has its own error", async ({ empty: page }) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const cat = await (await fetch("/samples/cat.jpg")).blob();
      const closed = await createImageBitmap(cat);
      closed.close();
      const inputs = [
        new File([cat], "cat.jpg"),
        new File(["Dear photo,\n"], "letter.jpg"),
        new File([cat.slice(0, 300)], "half.jpg"),
        new File(
          ["<svg xmlns='http://www.w3.org/2000/svg'><script>self.bad=1</script></svg>"],
          "x.svg",
        ),
        closed,
        "http://[",
        "/samples/nothing.jpg",
        { image: cat, text: "a cat", name: "both" },
        {},
      ];
      const results = [];
      for await (const result of agff.embedImages(inputs)) results.push(result);
      return results.map(({ name, embedding, error }) => [
        name,
        embedding ? "embedded" : error!.code,
        error === undefined || error instanceof Error,
      ]);
    },
    MODEL,
  );
  expect(found).toEqual([
    ["cat.jpg", "embedded", true],
    ["letter.jpg", "image-format", true],
    ["half.jpg", "image-corrupt", true],
    ["x.svg", "image-format", true],
    ["image", "image-empty", true],
    ["[", "input", true],
    ["nothing.jpg", "fetch", true],
    ["both", "embedded", true],
    ["image", "input", true],
  ]);
});

test("similarity and truncation in the page equal the engine's", async ({ empty: page }) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const texts = await agff.embedTexts(["a red mug", "a cat", "a cat on a mat", "seven boats"]);
      const cut = texts.map((embedding) => agff.truncate(embedding, 64));
      const glue = await import(new URL("/agff/engines/cpu/agff.js", location.origin).href);
      await glue.default({
        module_or_path: new URL("/agff/engines/cpu/agff_bg.wasm", location.origin),
      });
      const engine = await glue.Engine.load(new URL(model, location.origin).href, {
        device: "cpu",
      });
      const pairs = [];
      for (const [own, theirs] of [
        [texts, texts],
        [cut, texts.map((embedding) => engine.truncate(embedding, 64))],
      ] as const) {
        for (const [i, a] of own.entries()) {
          for (const [j, b] of own.entries()) {
            pairs.push([agff.similarity(a, b), engine.similarity(theirs[i], theirs[j])]);
          }
        }
      }
      const code = (work: () => unknown) => {
        try {
          return String(work());
        } catch (error) {
          return (error as { code: string }).code;
        }
      };
      return {
        pairs,
        codes: [
          code(() => agff.similarity(texts[0]!, cut[0]!)),
          code(() => agff.truncate(texts[0]!, 0)),
          code(() => agff.truncate(texts[0]!, 1000)),
          code(() => agff.similarity(texts[0]!, { ...texts[0]!, values: new Float32Array(3) })),
        ],
      };
    },
    MODEL,
  );
  expect(found.pairs).toHaveLength(32);
  for (const [own, theirs] of found.pairs) {
    expect(own.best).toEqual(theirs.best);
    expect(own.score).toBeCloseTo(theirs.score, 6);
    for (const key of ["gg", "fg", "gf", "ff"] as const) {
      expect(own.patterns[key]).toBeCloseTo(theirs.patterns[key], 6);
      expect(own.weights[key]).toBeCloseTo(theirs.weights[key], 5);
    }
  }
  expect(found.codes).toEqual(["embedding", "embedding", "embedding", "embedding"]);
});

test("after dispose every call says what to do", async ({ empty: page }) => {
  const codes = await run(
    page,
    async ({ Agff, AgffError }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const running = agff.embedText("a cat");
      await agff.dispose();
      await agff.dispose();
      const code = (error: unknown) => (error instanceof AgffError ? error.code : String(error));
      return [
        (await running).views.length,
        await agff.embedText("a dog").catch(code),
        await agff.embedTexts(["a dog"]).catch(code),
      ];
    },
    MODEL,
  );
  expect(codes[0]).toBeGreaterThan(0);
  expect(codes.slice(1)).toEqual(["input", "input"]);
});

test("it works inside a worker of the page's own", async ({ empty: page, server }) => {
  const script = `
    import { Agff } from "${server.url}/agff/dist/index.js";
    const agff = await Agff.load("${server.url}${MODEL}", { device: "cpu" });
    const { views, decode } = await agff.embedImage("${server.url}/samples/cat.jpg");
    postMessage({ views: views.length, decode });
  `;
  const made = await page.evaluate((script) => {
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const worker = new Worker(url, { type: "module" });
    return new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
  }, script);
  expect(made).toEqual({ views: 5, decode: "exact" });
});
