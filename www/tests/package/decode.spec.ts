/** Who decodes what, and how far the two decoders are apart. */

import { readFileSync } from "node:fs";
import { expect, run, test } from "./fixtures";
import { bmp, sample, withOrientation, withProfile } from "./images";

const MODEL = "/models/agff-nano";

test("what the engine does not read is decoded by the browser, and said to be", async ({
  empty: page,
}) => {
  const found = await run(
    page,
    async ({ Agff }, { model, bmp }) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const cat = await (await fetch("/samples/cat.jpg")).blob();
      const bitmap = await createImageBitmap(cat);
      const large = new OffscreenCanvas(6000, 4200);
      large.getContext("2d")!.drawImage(bitmap, 0, 0, 6000, 4200);
      const pixels = Uint8Array.from(atob(bmp), (c) => c.charCodeAt(0));
      const paths: Record<string, string | undefined> = {};
      const inputs: [string, Blob, "exact" | "browser"][] = [
        ["jpeg", cat, "exact"],
        ["jpeg by choice", cat, "browser"],
        ["bmp", new Blob([pixels]), "exact"],
        ["25 megapixels", await large.convertToBlob({ type: "image/jpeg" }), "exact"],
      ];
      for (const [name, image, decode] of inputs) {
        paths[name] = (await agff.embedImage(image, { decode })).decode;
      }
      paths["text"] = (await agff.embedText("a cat")).decode;
      return paths;
    },
    { model: MODEL, bmp: bmp(64, 48).toString("base64") },
  );
  expect(found).toEqual({
    jpeg: "exact",
    "jpeg by choice": "browser",
    bmp: "browser",
    "25 megapixels": "browser",
    text: undefined,
  });
});

test("AVIF is decoded by the browser, and HEIC too or refused with what to do", async ({
  empty: page,
}) => {
  const [avif, heic] = ["avif", "heic"].map((format) =>
    readFileSync(new URL(`photos/cat.${format}`, import.meta.url)).toString("base64"),
  );
  const found = await run(
    page,
    async ({ Agff, AgffError }, { model, avif, heic }) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const file = (base64: string, name: string) =>
        new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name);
      const jpeg = await agff.embedImage("/samples/cat.jpg");
      const same = await agff.embedImage(file(avif, "cat.avif"));
      const [a, b] = [jpeg, same].map(({ values, dimensions }) => values.slice(0, dimensions));
      const cosine = a!.reduce((sum, x, i) => sum + x * b![i]!, 0);
      const other = await agff.embedImage(file(heic, "cat.heic")).then(
        ({ decode }) => decode,
        (error: unknown) =>
          error instanceof AgffError ? `${error.code}: ${error.message}` : String(error),
      );
      return { decode: same.decode, cosine, other };
    },
    { model: MODEL, avif: avif!, heic: heic! },
  );
  expect(found.decode).toBe("browser");
  expect(found.cosine).toBeGreaterThan(0.97);
  // Chromium has no licence for HEIC; Safari reads it.
  expect(found.other).toMatch(/^(browser|image-format: .*HEIC.*convert it to JPEG or PNG.*)$/);
});

test("a file of 400 MB is refused without being read", async ({ empty: page }) => {
  const code = await run(
    page,
    async ({ Agff }, model) => {
      const agff = await Agff.load(model, { device: "cpu" });
      const megabyte = new Blob([new Uint8Array(1 << 20)]);
      const huge = new File(Array<Blob>(400).fill(megabyte), "huge.jpg");
      return agff.embedImage(huge).then(
        () => "embedded",
        (error: { code: string }) => error.code,
      );
    },
    MODEL,
  );
  expect(code).toBe("image-too-large");
});

test("the browser's decoder turns and colours real photos as the engine's does", async ({
  empty: page,
}) => {
  const names = ["cat", "coffee", "rocket", "astronaut"];
  const photos = names.flatMap((name) => [
    { name, bytes: sample(name) },
    { name: `${name}, turned by EXIF`, bytes: withOrientation(sample(name), 6) },
    { name: `${name}, with a wide profile`, bytes: withProfile(sample(name)) },
  ]);
  const made = await run(
    page,
    async ({ Agff }, { model, photos }) => {
      const agff = await Agff.load(model, { device: "cpu" });
      // Applying the profile would make another picture of it.
      const profiled = Uint8Array.from(atob(photos[2]!.base64), (c) => c.charCodeAt(0));
      const drawn: Uint8ClampedArray[] = [];
      for (const colorSpaceConversion of ["none", "default"] as const) {
        const bitmap = await createImageBitmap(new Blob([profiled]), { colorSpaceConversion });
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d")!;
        context.drawImage(bitmap, 0, 0);
        drawn.push(context.getImageData(0, 0, bitmap.width, bitmap.height).data);
      }
      const changed = drawn[0]!.filter((value, i) => Math.abs(value - drawn[1]![i]!) > 3).length;
      if (changed < drawn[0]!.length / 10) throw new Error("the profile does nothing");
      const vectors = [];
      for (const { base64 } of photos) {
        const file = new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))]);
        const exact = await agff.embedImage(file);
        const browser = await agff.embedImage(file, { decode: "browser" });
        vectors.push(
          [exact, browser].map(({ values, decode }) => ({ decode, values: [...values] })),
        );
      }
      return vectors;
    },
    {
      model: MODEL,
      photos: photos.map(({ name, bytes }) => ({ name, base64: bytes.toString("base64") })),
    },
  );
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, x, i) => sum + x * (b[i] ?? NaN), 0);
  const cosine = (a: readonly number[], b: readonly number[]) =>
    dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  photos.forEach(({ name }, i) => {
    const [exact, browser] = made[i] ?? [];
    const apart = cosine(exact!.values, browser!.values);
    const most = exact!.values.map((x, i) => Math.abs(x - (browser!.values[i] ?? NaN)));
    console.log(
      `${name}: 1 − cosine of the two decoders' vectors ${(1 - apart).toExponential(1)}, ` +
        `largest difference ${Math.max(...most).toExponential(1)}`,
    );
    expect.soft([exact!.decode, browser!.decode]).toEqual(["exact", "browser"]);
    expect.soft(apart, name).toBeGreaterThan(0.98);
    // EXIF does something, and a profile nothing, in both.
    const plain = made[i - (i % 3)]!;
    if (i % 3 === 1) {
      expect.soft(cosine(exact!.values, plain[0]!.values), name).toBeLessThan(0.9999);
    }
    if (i % 3 === 2) {
      expect.soft(exact!.values, name).toEqual(plain[0]!.values);
      expect.soft(browser!.values, name).toEqual(plain[1]!.values);
    }
  });
});
