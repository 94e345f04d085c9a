/**
 * The engines against the golden cases of `tests/parity`, and against what the native crate made of
 * the same files. The packages and the native results are those that `cargo test` leaves behind.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import type { Agff as AgffClass, Embedding } from "agff";
import { expect, test } from "./fixtures";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const golden = join(root, "tests/parity/golden");
const parity = join(process.env["CARGO_TARGET_DIR"] ?? join(root, "target"), "parity");

/** One input, as the native test leaves it. */
interface Kept {
  id: string;
  text: string | null;
  image: string | null;
  instruction: string | null;
  /** What `transformers` made of it. */
  expected: number[];
  /** What the crate made of it on the CPU. */
  native: number[];
  /** The sha256 of the decoded RGB pixels. */
  pixels: string | null;
}

/** What the page made of one. */
interface Made {
  id: string;
  values: number[];
  pixels: string | null;
}

type Device = "cpu" | "gpu";

const LONG = process.env["AGFF_TEST_LONG"] !== undefined;

/** Those that `make test-long` is for are run in it only: a case takes the GPU engine a quarter of a minute. */
const cases = readdirSync(golden).filter((name) => {
  const file = join(golden, name, "case.json");
  if (!existsSync(file)) return false;
  const { long } = JSON.parse(readFileSync(file, "utf8")) as { long?: boolean };
  return !long || LONG;
});

function kept(name: string): Kept[] {
  return JSON.parse(readFileSync(join(parity, `${name}.json`), "utf8")) as Kept[];
}

/** Loads a package in an otherwise empty page and embeds all inputs of a case, one by one. */
async function embed(
  page: Page,
  packageName: string,
  device: Device,
  inputs: readonly Kept[],
  special: { limits?: "guaranteed"; kernels?: "hardware" } = {},
): Promise<Made[]> {
  await page.route("**/empty.html", (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><link rel=icon href=data:,>" }),
  );
  await page.goto("./empty.html");
  return page.evaluate(
    async ({ packageName, device, inputs, special }) => {
      const at = (path: string) => import(new URL(path, location.origin).href);
      const { Agff } = (await at("/agff/dist/index.js")) as { Agff: typeof AgffClass };
      const agff = await Agff.load(`/packages/${packageName}`, {
        device,
        ...special,
      });
      if (agff.info.device.kind !== device) throw new Error(`it runs on ${agff.info.device.kind}`);
      // The model works in its worker; this one only decodes.
      const glue = await at(`/agff/engines/${device}/agff.js`);
      const wasm = new URL(`/agff/engines/${device}/agff_bg.wasm`, location.origin);
      await glue.default({ module_or_path: wasm });
      const made = [];
      for (const { id, text, image, instruction } of inputs) {
        const file = image && (await (await fetch(`/golden/images/${image}`)).blob());
        const embedding: Embedding = await agff.embed({
          ...(file ? { image: file, name: image } : {}),
          // The reference is given nothing at all in one case; here that is an empty text.
          ...(text !== null ? { text } : file ? {} : { text: "" }),
          ...(instruction === null ? {} : { instruction }),
        });
        let pixels = null;
        if (file) {
          const bytes = new Uint8Array(await file.arrayBuffer());
          const { data } = glue.Engine.decode(image, bytes) as { data: Uint8Array<ArrayBuffer> };
          const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
          pixels = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
        }
        made.push({ id, values: [...embedding.values], pixels });
      }
      await agff.dispose();
      return made;
    },
    { packageName, device, inputs: [...inputs], special },
  );
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? NaN), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0);
}

/** Holds the page's results against those of `transformers` and of the native crate. */
function compare(made: readonly Made[], inputs: readonly Kept[]): void {
  expect(made.length).toBe(inputs.length);
  let [worst, apart] = [1, 0];
  inputs.forEach((input, i) => {
    const own = made[i];
    if (!own) throw new Error(`nothing was made of ${input.id}`);
    // Its decoder rounds otherwise than libjpeg, which the reference uses.
    const jpeg = /\.jpe?g$/.test(input.image ?? "");
    const reference = cosine(own.values, input.expected);
    const native = cosine(own.values, input.native);
    expect.soft(own.values.length, input.id).toBe(input.expected.length);
    expect.soft(reference, `${input.id}: reference`).toBeGreaterThanOrEqual(jpeg ? 0.999 : 0.99999);
    expect.soft(native, `${input.id}: native`).toBeGreaterThanOrEqual(0.99999);
    expect.soft(own.pixels, `${input.id}: pixels`).toBe(input.pixels);
    if (!jpeg) {
      const difference = largestDifference(own.values, input.expected);
      expect.soft(difference, `${input.id}: difference`).toBeLessThanOrEqual(2e-4);
      [worst, apart] = [Math.min(worst, reference), Math.max(apart, difference)];
    }
  });
  console.log(
    `${made.length} inputs: cosine to the reference at least ${worst.toFixed(8)}, ` +
      `difference at most ${apart.toExponential(1)}`,
  );
}

test("there are golden cases, and the native tests have kept their packages", () => {
  expect(cases.length).toBeGreaterThanOrEqual(7);
  for (const name of cases) expect(kept(name).length, name).toBeGreaterThan(0);
});

/** On a software GPU one of each kind of model; all of them in `make test-long`. */
const onGpu = LONG ? cases : ["sharded", "siglip-2", "clip-openai"];

for (const [device, names] of [
  ["cpu", cases],
  ["gpu", onGpu],
] as const) {
  for (const name of names) {
    test(`${name} on the ${device} equals transformers and the native crate`, async ({ page }) => {
      const inputs = kept(name);
      compare(await embed(page, `${name}-f32`, device, inputs), inputs);
    });
  }
}

test("deep on the gpu with no more than WebGPU's guaranteed limits", async ({ page }) => {
  const inputs = kept("deep");
  compare(await embed(page, "deep-f32", "gpu", inputs, { limits: "guaranteed" }), inputs);
});

// Chrome checks what lavapipe and SwiftShader do not mind, such as barriers in uniform control flow.
for (const name of LONG ? ["small", "patch14"] : ["patch14"]) {
  test(`${name} on the gpu with the kernels for real GPUs`, async ({ page }) => {
    const inputs = kept(name);
    const special = { limits: "guaranteed", kernels: "hardware" } as const;
    compare(await embed(page, `${name}-f32`, "gpu", inputs, special), inputs);
  });
}

for (const dtype of LONG ? ["f16", "q8", "q4"] : ["q8"]) {
  test(`${dtype} weights give the same vectors on both engines`, async ({ page }) => {
    for (const name of LONG ? ["small", "patch14"] : ["small"]) {
      const inputs = kept(name);
      const cpu = await embed(page, `${name}-${dtype}`, "cpu", inputs);
      const gpu = await embed(page, `${name}-${dtype}`, "gpu", inputs, { kernels: "hardware" });
      cpu.forEach(({ id, values }, i) => {
        const same = cosine(values, gpu[i]?.values ?? []);
        expect.soft(same, `${name} ${id}`).toBeGreaterThanOrEqual(0.99999);
      });
    }
  });
}
