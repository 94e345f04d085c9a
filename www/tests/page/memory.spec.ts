/**
 * WASM memory while a package of more than 200 MB is loaded: beside the weights' own resident copy
 * (on the CPU; on the GPU they live in its buffers), the largest tensor and 64 MB. WASM memory never
 * shrinks, so its size in the end is its peak. The package is the one that `cargo test` leaves behind.
 */

import type { Agff as AgffClass } from "agff";
import { expect, test } from "./fixtures";

const MB = 1_000_000;

for (const device of ["cpu", "gpu"] as const) {
  test(`loading 200 MB on the ${device} takes one tensor and little more`, async ({ page }) => {
    await page.route("**/empty.html", (route) =>
      route.fulfill({
        contentType: "text/html",
        body: "<!doctype html><link rel=icon href=data:,>",
      }),
    );
    await page.goto("./empty.html");
    const { before, after, tokens } = await page.evaluate(async (device) => {
      const at = (path: string) => import(new URL(path, location.origin).href);
      const { Agff } = (await at("/agff/dist/index.js")) as { Agff: typeof AgffClass };
      const glue = await at(`/agff/engines/${device}/agff.js`);
      const size = async () => {
        const url = new URL(`/agff/engines/${device}/agff_bg.wasm`, location.origin);
        const { memory } = await glue.default({ module_or_path: url });
        return (memory as WebAssembly.Memory).buffer.byteLength;
      };
      const before = await size();
      const agff = await Agff.load("/packages/large", {
        device,
        // This page's memory is measured, and the engine is to stream from the network.
        worker: false,
        cache: false,
      });
      const after = await size();
      const { tokens } = await agff.embedText("a dog");
      return { before, after, tokens };
    }, device);
    expect(tokens).toBeGreaterThan(0);

    const manifest = await (await page.request.get("/packages/large/agff.json")).json();
    const weights = (manifest.files as { path: string; bytes: number }[])
      .filter(({ path }) => path.startsWith("weights"))
      .reduce((sum, { bytes }) => sum + bytes, 0);
    // The package's linear layers of 16 384 × 1024, at one byte a value.
    const largest = 16_384 * 1024;
    const resident = device === "cpu" ? weights : 0;
    const peak = after - before;
    console.log(
      `${device}: ${Math.round(weights / MB)} MB of weights; WASM memory grew by ` +
        `${Math.round(peak / MB)} MB, ${Math.round((peak - resident) / MB)} MB beside the resident weights`,
    );
    expect(weights).toBeGreaterThan(200 * MB);
    expect(peak).toBeLessThan(resident + largest + 64 * MB);
  });
}
