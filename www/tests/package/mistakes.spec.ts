/** What callers without types get wrong: each has a typed error that says so, and nothing else suffers. */

import { expect, run, test } from "./fixtures";

const MODEL = "/models/agff-nano";

test("what is no input is refused as such", async ({ empty: page }) => {
  const codes = await run(
    page,
    async ({ Agff, AgffError }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const cat = new File([await (await fetch("/samples/cat.jpg")).blob()], "cat.jpg");
      // As from JavaScript.
      const any = agff as unknown as Record<
        "embed" | "embedText" | "embedImage" | "embedTexts" | "embedImages",
        (...given: unknown[]) => Promise<unknown>
      >;
      const first = async (given: unknown) => {
        const results = any.embedImages(given) as unknown as ReturnType<typeof agff.embedImages>;
        return (await results.next()).value;
      };
      const load = Agff.load as unknown as (...given: unknown[]) => Promise<unknown>;
      const tries: Record<string, () => Promise<unknown>> = {
        "a text for an input": () => any.embed("a red mug"),
        "nothing in it": () => any.embed({}),
        "another key": () => any.embed({ txt: "a mug" }),
        "no text": () => any.embedText(undefined),
        null: () => any.embed(null),
        "no image": () => any.embedImage(null),
        "an element for a text": () => any.embedText(document.body),
        "a symbol for a text": () => any.embedText(Symbol("a")),
        "one file for several": () => first(cat),
        "one address for several": () => first("cat.jpg"),
        "one text for several": () => any.embedTexts("abc"),
        "another device": () => load(model, { device: "tpu" }),
        "another cache": () => load(model, { cache: "disk" }),
        "another decoder": () => load(model, { decode: "foo" }),
      };
      const codes: Record<string, string> = {};
      for (const [what, attempt] of Object.entries(tries)) {
        codes[what] = await attempt().then(
          () => "done",
          (error) => (error instanceof AgffError ? error.code : String(error)),
        );
      }
      const several = [null, cat, undefined, cat] as unknown as File[];
      const results = [];
      for await (const { error } of agff.embedImages(several)) results.push(error?.code ?? "done");
      return { codes, results };
    },
    MODEL,
  );
  expect(new Set(Object.values(codes.codes)), JSON.stringify(codes.codes)).toEqual(
    new Set(["input"]),
  );
  expect(codes.results).toEqual(["input", "done", "input", "done"]);
});

test("pixels of another site are one input's error, and the worker stays", async ({
  empty: page,
  server,
}) => {
  let workers = 0;
  page.on("worker", () => (workers += 1));
  // The same server under another name, which is another site for the browser.
  const foreign = server.url.replace("localhost", "127.0.0.1");
  const found = await run(
    page,
    async ({ Agff, AgffError }, { model, foreign }) => {
      const agff = await Agff.load(model, { device: "cpu", threads: 1, maxSilence: 3000 });
      const image = new Image();
      image.src = `${foreign}/samples/cat.jpg`;
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.getContext("2d")!.drawImage(image, 0, 0);
      const alone = await agff.embedImage(canvas).catch((error: unknown) => error);
      const cat = new File([await (await fetch("/samples/cat.jpg")).blob()], "cat.jpg");
      const results = [];
      for await (const { error } of agff.embedImages([cat, canvas, cat])) {
        results.push(error?.code ?? "done");
      }
      // Nobody waits any more, so nobody's silence may be noticed.
      await new Promise((resolve) => setTimeout(resolve, 5000));
      await agff.embedText("a cat");
      return { alone: alone instanceof AgffError ? alone.code : String(alone), results };
    },
    { model: MODEL, foreign },
  );
  expect(found).toEqual({ alone: "io", results: ["done", "io", "done"] });
  expect(workers).toBe(1);
});
