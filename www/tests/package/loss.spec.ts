/** A worker that dies or falls silent is replaced: all results come, or a typed error, never zeros. */

import type { Page } from "@playwright/test";
import type { AgffError } from "agff";
import { expect, run, test } from "./fixtures";

const MODEL = "/models/agff-nano";

/** Put in front of a worker's script, it keeps what a test needs to do harm. */
const KEEP_DEVICE = `
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...args) {
    return (self.device = await requestDevice.apply(this, args));
  };
  addEventListener("message", ({ data }) => {
    if (data.call === "embed") self.embedding = true;
  });
`;

/** The worker never answers the n-th pack: it computes for ever. */
const HANG = (pack: number) => `
  let packs = 0;
  addEventListener("message", ({ data }) => {
    if (data.call === "embed" && ++packs === ${pack}) for (;;);
  });
`;

/** A trap within the engine, as running out of memory is one: outside all promises. */
const TRAP = `
  let packs = 0;
  addEventListener("message", ({ data }) => {
    if (data.call !== "embed" || ++packs !== 2) return;
    const agff_bg = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([
      0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 116, 0, 0, 10, 5, 1, 3, 0, 0, 11,
    ]))).exports.t;
    setTimeout(function agff_bg_trap() { agff_bg(); });
  });
`;

/** Embeds photos in a batch and gives their vectors, or the error's code. */
function batch(page: Page, device: "cpu" | "gpu", names: string[], maxSilence?: number) {
  return run(
    page,
    async ({ Agff }, { model, device, names, maxSilence }) => {
      const agff = await Agff.load(model, {
        device,
        threads: 1,
        ...(maxSilence === undefined ? {} : { maxSilence }),
      });
      // Small ones, because the GPU is a slow software one here.
      const photos = names.map(async (name) => {
        const blob = await (await fetch(`/samples/${name}.jpg`)).blob();
        const small = await createImageBitmap(blob, { resizeWidth: 144, resizeHeight: 128 });
        const canvas = new OffscreenCanvas(144, 128);
        canvas.getContext("2d")!.drawImage(small, 0, 0);
        return canvas.convertToBlob();
      });
      const vectors: number[][] = [];
      try {
        for await (const { embedding, error } of agff.embedImages(await Promise.all(photos))) {
          if (error) throw error;
          vectors.push([...embedding.values]);
          document.title = `done ${vectors.length}`;
        }
        await agff.embedText("and it goes on");
        return { vectors, code: "", message: "" };
      } catch (error) {
        const { code, message } = error as AgffError;
        return { vectors, code, message };
      }
    },
    { model: MODEL, device, names, maxSilence },
  );
}

test("device.destroy() in the middle of a batch: all results come, equal to the undisturbed run", async ({
  empty: page,
  server,
}) => {
  const names = Array.from({ length: 5 }, (_, i) => (i % 2 ? "lemons" : "oranges"));
  const undisturbed = await batch(page, "gpu", names);
  expect(undisturbed.code).toBe("");
  expect(undisturbed.vectors).toHaveLength(names.length);

  server.trouble = ({ path }) =>
    path.endsWith("worker-gpu.js") ? { prepend: KEEP_DEVICE } : undefined;
  await page.goto(server.url);
  const first = page.waitForEvent("worker");
  const disturbed = batch(page, "gpu", names);
  const worker = await first;
  await expect.poll(() => worker.evaluate("self.embedding")).toBe(true);
  // While the first pack is computed, which takes this software GPU some seconds.
  await page.waitForTimeout(1500);
  expect(await page.title()).toBe("test");
  const replaced = page.waitForEvent("worker");
  await worker.evaluate("self.device.destroy()");
  await replaced;
  const { vectors, code } = await disturbed;
  expect(code).toBe("");
  expect(vectors).toEqual(undisturbed.vectors);
  expect(page.workers()).toHaveLength(1);
});

test("a device that is lost while nothing is computed is replaced by the next call", async ({
  empty: page,
  server,
}) => {
  server.trouble = ({ path }) =>
    path.endsWith("worker-gpu.js") ? { prepend: KEEP_DEVICE } : undefined;
  const first = page.waitForEvent("worker");
  await page.evaluate(async (model) => {
    const path = new URL("/agff/dist/index.js", location.origin).href;
    const { Agff } = (await import(path)) as typeof import("agff");
    const agff = await Agff.load(model, { device: "gpu" });
    const before = [...(await agff.embedText("a cat")).values];
    Object.assign(window, { agff, before });
  }, MODEL);
  const worker = await first;
  server.asked.length = 0;
  await worker.evaluate("self.device.destroy()");
  await expect.poll(() => page.workers().length).toBe(0);
  const same = await page.evaluate(async () => {
    const { agff, before } = window as unknown as {
      agff: import("agff").Agff;
      before: number[];
    };
    const after = [...(await agff.embedText("a cat")).values];
    return JSON.stringify(after) === JSON.stringify(before);
  });
  expect(same).toBe(true);
  // From the cache, with the engine that was compiled before.
  expect(server.files).toEqual([]);
  expect(server.asked.filter(({ path }) => path.endsWith(".wasm"))).toEqual([]);
});

test("a GPU that is lost again and again is a typed error, not zeros", async ({
  empty: page,
  server,
}) => {
  const destroys = `
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...args) {
      const device = await requestDevice.apply(this, args);
      addEventListener("message", ({ data }) => {
        if (data.call === "embed") setTimeout(() => device.destroy(), 200);
      });
      return device;
    };
  `;
  server.trouble = ({ path }) =>
    path.endsWith("worker-gpu.js") ? { prepend: destroys } : undefined;
  const { vectors, code, message } = await batch(page, "gpu", ["oranges", "lemons"]);
  expect(vectors).toEqual([]);
  expect(["device-lost", "internal"]).toContain(code);
  expect(message).not.toBe("");
});

test("without a worker a lost device is a typed error that asks for a new load", async ({
  empty: page,
}) => {
  await page.addInitScript(KEEP_DEVICE);
  await page.reload();
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "gpu", worker: false });
      await agff.embedText("a cat");
      (window as unknown as { device: { destroy(): void } }).device.destroy();
      const error = (await agff.embedText("a dog").catch((e: unknown) => e)) as AgffError;
      return { name: error.name, code: error.code, message: error.message };
    },
    MODEL,
  );
  expect(found.name).toBe("AgffError");
  expect(["device-lost", "internal"]).toContain(found.code);
  expect(found.message.toLowerCase()).toContain("load the model again");
});

for (const [what, script] of [
  ["falls silent", HANG(2)],
  ["traps", TRAP],
] as const) {
  test(`a worker that ${what} is replaced, and the results are the same`, async ({
    empty: page,
    server,
  }) => {
    const names = ["cat", "coffee", "rocket"];
    const undisturbed = await batch(page, "cpu", names);
    await page.goto(server.url);
    let workers = 0;
    server.trouble = ({ path }) =>
      path.endsWith("worker-cpu.js") && workers++ === 0 ? { prepend: script } : undefined;
    const { vectors, code } = await batch(page, "cpu", names, 15_000);
    expect(code).toBe("");
    expect(vectors).toEqual(undisturbed.vectors);
    expect(workers).toBe(2);
  });
}

test("a worker that always falls silent is a typed error, and no call hangs", async ({
  empty: page,
  server,
}) => {
  server.trouble = ({ path }) =>
    path.endsWith("worker-cpu.js") ? { prepend: HANG(1) } : undefined;
  const { code, message } = await batch(page, "cpu", ["cat"], 5_000);
  expect(code).toBe("worker-silent");
  expect(message).toContain("maxSilence");
});

test("a worker whose script is missing is a typed error that says what to look at", async ({
  empty: page,
  server,
}) => {
  server.trouble = ({ path }) =>
    path.endsWith("worker-cpu.js") ? { body: Buffer.from("}{") } : undefined;
  const { code, message } = await run(
    page,
    async ({ Agff }, model) =>
      Agff.load(model, { device: "cpu" }).then(
        () => ({ code: "", message: "" }),
        ({ code, message }: AgffError) => ({ code, message }),
      ),
    MODEL,
  );
  expect(code).toBe("worker-start");
  expect(message).toContain("worker-src");
});

test("a GPU that looks good and then refuses leaves the choice to the CPU", async ({
  empty: page,
  server,
}) => {
  const refuses = `
    GPUAdapter.prototype.requestDevice = async () => {
      throw new DOMException("refused", "OperationError");
    };
  `;
  server.trouble = ({ path }) =>
    path.endsWith("worker-gpu.js") ? { prepend: refuses } : undefined;
  const found = await run(
    page,
    async ({ Agff }, model) => {
      const adapter = { info: { vendor: "nvidia", architecture: "ada-lovelace" } };
      Object.defineProperty(Object.getPrototypeOf(navigator), "gpu", {
        get: () => ({ requestAdapter: async () => adapter }),
      });
      const insisting = await Agff.load(model, { device: "gpu" }).catch((e: AgffError) => e.code);
      const agff = await Agff.load(model);
      const { views } = await agff.embedText("a cat");
      return { insisting, device: agff.info.device, views: views.length };
    },
    MODEL,
  );
  expect(found.insisting).toBe("no-gpu");
  expect(found.device.kind).toBe("cpu");
  expect(found.device.reason).toContain("refused");
  expect(found.views).toBeGreaterThan(1);
});
