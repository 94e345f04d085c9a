/**
 * Published shapes straight from a hub to vectors, in Chromium on one thread of the CPU: bytes that were fetched and kept,
 * times, the second load, and what WASM memory held at most beside the weights. Part of `make test-long`; the checkpoints
 * are those that the command line's test of the same shapes has left.
 */

import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import type { Agff as AgffClass } from "agff";

const target =
  process.env["CARGO_TARGET_DIR"] ?? fileURLToPath(new URL("../../../target", import.meta.url));
const MIB = 2 ** 20;

/** A folder as a server has it that lists nothing: what is too large for this process's memory is streamed. */
async function serve(folder: string): Promise<{ url: string; server: Server; sent: () => number }> {
  let sent = 0;
  const server = createServer((request, response) => {
    const path = join(folder, decodeURIComponent(new URL(request.url!, "http://x").pathname));
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-expose-headers", "etag, content-range");
    if (!existsSync(path) || !statSync(path).isFile()) return void response.writeHead(404).end();
    const { size } = statSync(path);
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const headers: Record<string, string | number> = {
      "content-length": size - start,
      etag: `"${size}"`,
    };
    if (start > 0) headers["content-range"] = `bytes ${start}-${size - 1}/${size}`;
    response.writeHead(start > 0 ? 206 : 200, headers);
    const stream = createReadStream(path, { start, highWaterMark: MIB });
    stream.on("data", (chunk) => (sent += chunk.length));
    stream.pipe(response);
    response.on("close", () => stream.destroy());
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const url = `http://localhost:${(server.address() as AddressInfo).port}`;
  return { url, server, sent: () => sent };
}

for (const [name, dtype, regions] of [
  ["siglip2-base-patch16-224", "q8", 3],
  ["clip-vit-base-patch32", "q8", 3],
  ["Qwen3-VL-Embedding-2B", "q4", undefined],
] as const) {
  test(`${name} goes from its files to vectors`, async ({ page }) => {
    test.setTimeout(1_800_000);
    const folder = join(target, "shapes", name);
    const bytes = readdirSync(folder).reduce(
      (sum, file) => sum + statSync(join(folder, file)).size,
      0,
    );
    const { url, server, sent } = await serve(join(target, "shapes"));
    try {
      // A page that was really served: browsers let no other ask servers of this machine.
      await page.goto("/agff/package.json");
      const load = (source: string) =>
        page.evaluate(
          async ({ source, dtype, regions }) => {
            const at = (path: string) => import(new URL(path, location.origin).href);
            const { Agff } = (await at("/agff/dist/index.js")) as { Agff: typeof AgffClass };
            const glue = await at("/agff/engines/cpu/agff.js");
            const size = async () => {
              const wasm = new URL("/agff/engines/cpu/agff_bg.wasm", location.origin);
              const { memory } = await glue.default({ module_or_path: wasm });
              return (memory as WebAssembly.Memory).buffer.byteLength;
            };
            const before = await size();
            let [converted, upload] = [0, 0];
            const begin = performance.now();
            const agff = await Agff.load(source, {
              // This page's memory is measured.
              worker: false,
              device: "cpu",
              dtype,
              ...(regions ? { regions } : {}),
              onProgress: ({ phase }) => {
                if (phase === "upload" && upload === 0) {
                  upload = performance.now();
                  converted = -1;
                }
              },
            });
            if (converted === -1) converted = upload - begin;
            const loaded = performance.now() - begin;
            const peak = (await size()) - before;
            let now = performance.now();
            const text = await agff.embedText("a red mug left of a laptop");
            const texting = performance.now() - now;
            now = performance.now();
            const photo = await agff.embedImage(new ImageData(224, 224));
            const photographing = performance.now() - now;
            const { cache, bytes } = agff.info;
            await agff.dispose();
            const { usage = 0 } = await navigator.storage.estimate();
            const finite = [...text.values, ...photo.values].every(Number.isFinite);
            return { peak, converted, loaded, texting, photographing, cache, bytes, usage, finite };
          },
          { source, dtype, regions },
        );
      const first = await load(`${url}/${name}/`);
      const fetched = sent();
      await page.reload();
      const second = await load(`${url}/${name}/`);
      const { files } = await page.evaluate(async () => {
        const root = await navigator.storage.getDirectory();
        const agff = await root.getDirectoryHandle("agff");
        const packages = await agff.getDirectoryHandle("packages");
        for await (const handle of packages.values()) {
          const record = JSON.parse(
            await (await (handle as FileSystemFileHandle).getFile()).text(),
          );
          return JSON.parse(record.manifest) as { files: { path: string; bytes: number }[] };
        }
        return { files: [] };
      });
      const weights = files
        .filter(({ path }) => path.startsWith("weights"))
        .reduce((sum, { bytes }) => sum + bytes, 0);
      const mib = (n: number) => `${Math.round(n / MIB)} MiB`;
      const s = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
      console.log(
        `${name} as ${dtype}: ${mib(bytes)} there, ${mib(fetched)} sent, ${mib(first.bytes)} kept ` +
          `(${mib(weights)} without the table); converted in ${s(first.converted)}, loaded in ${s(first.loaded)}, ` +
          `the second time in ${s(second.loaded)} with ${mib(sent() - fetched)} sent; memory beside the weights ` +
          `${mib(first.peak - weights)}; a text ${s(first.texting)}, a photo ${s(first.photographing)}`,
      );
      expect(first.finite && second.finite).toBe(true);
      // The header of each file of weights is looked at before the file is read.
      expect(fetched).toBeLessThan(bytes * 1.05 + 64 * MIB);
      expect(sent() - fetched).toBeLessThan(64 * MIB);
      expect(second.cache.downloaded).toBe(0);
      expect(first.peak - weights).toBeLessThan(96 * MIB);
      expect(first.bytes).toBeLessThan((dtype === "q4" ? 1350 : 400) * MIB);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}
