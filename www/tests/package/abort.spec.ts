/** Stopping: without waste, and without harm to what comes after. */

import type { AgffError } from "agff";
import { expect, run, test } from "./fixtures";

const MODEL = "/models/agff-nano";

test("a signal that has fired stops every call before it starts", async ({
  empty: page,
  server,
}) => {
  const codes = await run(
    page,
    async ({ Agff }, model) => {
      const signal = AbortSignal.abort();
      const code = (error: AgffError) => error.code;
      const load = await Agff.load(model, { device: "cpu", signal }).catch(code);
      const agff = await Agff.load(model, { device: "cpu" });
      const batch = async () => {
        for await (const _ of agff.embedImages(["/samples/cat.jpg"], { signal })) return "a result";
      };
      return [
        load,
        await agff.embedText("a cat", { signal }).catch(code),
        await agff.embedImage("/samples/cat.jpg", { signal }).catch(code),
        await agff.embedTexts(["a cat"], { signal }).catch(code),
        await batch().catch(code),
        (await agff.embedText("a cat")).views.length > 1,
      ];
    },
    MODEL,
  );
  expect(codes).toEqual([...Array<string>(5).fill("aborted"), true]);
  expect(server.asked.filter(({ path }) => path.endsWith("cat.jpg"))).toEqual([]);
});

test("an aborted load fetches nothing more, and a second one works", async ({
  empty: page,
  server,
}) => {
  server.trouble = ({ path }) =>
    path.endsWith("weights-00001.safetensors") ? { stallAfter: 100_000 } : undefined;
  const code = await run(
    page,
    async ({ Agff }, model) => {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 2000);
      return Agff.load(model, { device: "cpu", signal: stop.signal }).catch(
        (error: AgffError) => error.code,
      );
    },
    MODEL,
  );
  expect(code).toBe("aborted");
  server.trouble = () => undefined;
  const asked = server.asked.length;
  await page.waitForTimeout(1000);
  expect(server.asked).toHaveLength(asked);
  expect(page.workers()).toHaveLength(0);
  const views = await run(
    page,
    async ({ Agff }, model) => (await Agff.load(model, { device: "cpu" })).info.views.length,
    MODEL,
  );
  expect(views).toBeGreaterThan(1);
});

test("leaving the loop stops the work and the reading of the source", async ({ empty: page }) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      let [given, ended] = [0, false];
      const photos = (async function* () {
        try {
          for (;;) {
            given++;
            yield "/samples/cat.jpg";
          }
        } finally {
          ended = true;
        }
      })();
      for await (const { index } of agff.embedImages(photos)) if (index === 2) break;
      return { given, ended, views: (await agff.embedText("a cat")).views.length };
    },
    MODEL,
  );
  expect(found.ended).toBe(true);
  expect(found.given).toBeLessThan(8);
  expect(found.views).toBeGreaterThan(1);
});

test("a search does not wait for the packs of a batch", async ({ empty: page }) => {
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const order: string[] = [];
      let searched: Promise<unknown> | undefined;
      const photos = Array.from({ length: 8 }, () => "/samples/astronaut.jpg");
      for await (const { index } of agff.embedImages(photos)) {
        order.push(`photo ${index}`);
        if (index === 1) searched = agff.embedText("a cat").then(() => order.push("search"));
      }
      await searched;
      return order;
    },
    MODEL,
  );
  expect(found.indexOf("search")).toBeGreaterThan(0);
  expect(found.indexOf("search")).toBeLessThan(6);
});
