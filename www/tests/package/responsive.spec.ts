/** The page stays responsive, and memory stays where it is, while photos are embedded. */

import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { tasksOf } from "../tasks";
import { expect, run, test } from "./fixtures";

const MODEL = "/models/agff-nano";
const PHOTOS = ["cat", "coffee", "rocket", "lemons", "astronaut", "carrots", "oranges"];

/** Keeps the memory of the engine where a test can see it. */
const KEEP_MEMORY = `
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (...args) => {
    const made = await instantiate(...args);
    self.engineMemory = (made.instance ?? made).exports.memory;
    return made;
  };
`;

test("the main thread is never busy over 50 ms at a time while 50 photos are loaded and embedded", async ({
  empty: page,
}) => {
  // That such a task is seen at all, among short ones.
  const control = await tasksOf(page, "a task of a second", () =>
    page.evaluate(async () => {
      const until = performance.now() + 1000;
      while (performance.now() < until);
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setTimeout(resolve));
    }),
  );
  expect(control.computed).not.toEqual([]);

  let embedded = 0;
  const found = await tasksOf(page, "embedding 50 photos", async () => {
    embedded = await run(
      page,
      async ({ Agff }, { model, names }) => {
        const agff = await Agff.load(model, { device: "cpu" });
        const files = await Promise.all(
          Array.from({ length: 50 }, async (_, i) => {
            const name = `${names[i % names.length]}.jpg`;
            return new File([await (await fetch(`/samples/${name}`)).blob()], name);
          }),
        );
        let embedded = 0;
        for await (const { embedding } of agff.embedImages(files)) if (embedding) embedded++;
        return embedded;
      },
      { model: MODEL, names: PHOTOS },
    );
  });
  expect(embedded).toBe(50);
  expect(found.computed).toEqual([]);
});

test("200 photos take no more memory than 100", async ({ empty: page, server }) => {
  server.trouble = ({ path }) =>
    path.endsWith("worker-cpu.js") ? { prepend: KEEP_MEMORY } : undefined;
  const started = page.waitForEvent("worker");
  await page.evaluate(async (model) => {
    const path = new URL("/agff/dist/index.js", location.origin).href;
    const { Agff } = (await import(path)) as typeof import("agff");
    Object.assign(window, { agff: await Agff.load(model, { device: "cpu" }) });
  }, MODEL);
  const worker = await started;
  const measure = async () => ({
    engine: await worker.evaluate<number>("self.engineMemory.buffer.byteLength"),
    process: await residentBytes(page),
  });
  await embedPhotos(page, 100);
  const at100 = await measure();
  await embedPhotos(page, 100);
  const at200 = await measure();
  const growth = (key: "engine" | "process") => at200[key] / at100[key] - 1;
  for (const key of ["engine", "process"] as const) {
    const megabytes = [at100, at200].map((one) => `${(one[key] / 1e6).toFixed(1)} MB`);
    console.log(`${key} memory after 100 and 200 photos: ${megabytes.join(", ")}`);
  }
  expect(growth("engine")).toBeLessThanOrEqual(0.05);
  expect(growth("process")).toBeLessThanOrEqual(0.05);
});

/** Embeds so many photos: the samples over and over. */
function embedPhotos(page: Page, count: number): Promise<void> {
  return page.evaluate(
    async ({ count, names }) => {
      const { agff } = window as unknown as { agff: import("agff").Agff };
      const photos = async function* () {
        for (let i = 0; i < count; i++) {
          const blob = await (await fetch(`/samples/${names[i % names.length]}.jpg`)).blob();
          yield new File([blob], `photo-${i}.jpg`);
        }
      };
      for await (const { error } of agff.embedImages(photos())) if (error) throw error;
    },
    { count, names: PHOTOS },
  );
}

/** Resident memory of the page's process, its workers included, after garbage was collected. */
async function residentBytes(page: Page): Promise<number> {
  await page.requestGC();
  await page.waitForTimeout(1000);
  const session = await page.context().browser()!.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  const sizes = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => {
      const pages = readFileSync(`/proc/${id}/statm`, "utf8").split(" ")[1];
      return Number(pages) * 4096;
    });
  await session.detach();
  return Math.max(...sizes);
}
