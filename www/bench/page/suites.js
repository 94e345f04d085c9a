/** What is timed in the page; `run.mjs` calls these and prints what they give. */

import { blockModel, productModel } from "./blocks.js";
import { cosine, race, random } from "./race.js";

const loaded = {};

/** One of the engines that were built with `scripts/wasm.sh --bench`. */
function engine(kind) {
  return (loaded[kind] ??= (async () => {
    const module = await import(`/engines/${kind}/agff.js`);
    await module.default({ module_or_path: fetch(`/engines/${kind}/agff_bg.wasm`) });
    return module;
  })());
}

async function runtime(name) {
  return (loaded[name] ??= (async () => {
    const ort = await import(`/ort/ort.${name}.bundle.min.mjs`);
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = "/ort/";
    ort.env.logLevel = "error";
    return ort;
  })());
}

async function session(name, provider, model) {
  const ort = await runtime(name);
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [provider],
    graphOptimizationLevel: "all",
    ...(provider === "webgpu" && { preferredOutputLocation: "gpu-buffer" }),
  });
  const once = async (x, shape) =>
    (await session.run({ x: new ort.Tensor("float32", x, shape) })).y;
  const run = async (x, shape, repeats = 1) => {
    for (let i = 1; i < repeats; i++) (await once(x, shape)).dispose();
    const y = await once(x, shape);
    return y.getData(true);
  };
  return { run, release: () => session.release() };
}

/** A block on the CPU engine, with f32 and q8 weights, and on ONNX Runtime Web's WASM. */
export async function cpuBlock(shape, options) {
  const { Block } = await engine("cpu");
  const sizes = ["hidden", "wide", "heads", "kvHeads", "headDim"].map((name) => shape[name]);
  const names = Block.tensors(shape.vision, shape.rows, Uint32Array.from(sizes));
  const tensors = {};
  names.forEach(({ name, shape }, i) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const norm = shape.length === 1 && !name.includes("bias");
    const scale = norm ? 0.2 : shape.length === 1 ? 0.1 : Math.sqrt(3 / shape[1]);
    tensors[name] = { shape, values: random(i + 1, count, scale, norm ? 1 : 0) };
  });
  const values = names.map(({ name }) => tensors[name].values);
  const make = (q8) => Block.create(shape.vision, shape.rows, Uint32Array.from(sizes), values, q8);
  const [ours, q8] = [await make(false), await make(true)];
  const model = blockModel(shape, tensors, await ours.rotary());
  const theirs = await session("wasm", "wasm", model);

  const x = random(99, shape.rows * shape.hidden, 1);
  const dims = [shape.rows, shape.hidden];
  const expected = await theirs.run(x, dims);
  const alike = { f32: cosine(await ours.run(x), expected), q8: cosine(await q8.run(x), expected) };
  if (!(alike.f32 >= 0.9999))
    throw new Error(`the block differs from ONNX Runtime's: ${alike.f32}`);
  const times = await race(
    { ours: () => ours.run(x), q8: () => q8.run(x), ort: () => theirs.run(x, dims) },
    options,
  );
  ours.free();
  q8.free();
  await theirs.release();
  return { times, alike };
}

/**
 * A matrix product on WebGPU: our linear kernel, Burn's matmul, and ONNX Runtime Web's. Small ones
 * are done several times before the last result is read back, because that takes its own time.
 */
export async function gpuProduct([rows, inputs, outputs], options) {
  const { Product } = await engine("gpu");
  const weight = random(7, outputs * inputs, Math.sqrt(3 / inputs));
  const x = random(8, rows * inputs, 1);
  const product = await Product.create(weight, inputs, outputs);
  const theirs = await session("webgpu", "webgpu", productModel(rows, inputs, outputs, weight));
  const repeats = Math.ceil(1e8 / (2 * rows * inputs * outputs));
  const contestants = {
    ours: () => product.kernel(x, repeats),
    burn: () => product.burn(x, repeats),
    ort: () => theirs.run(x, [rows, inputs], repeats),
  };
  const expected = await contestants.ours();
  for (const [name, work] of Object.entries(contestants)) {
    const alike = cosine(await work(), expected);
    if (!(alike >= 0.9999)) throw new Error(`the product of ${name} differs: ${alike}`);
  }
  const times = await race(contestants, options);
  product.free();
  await theirs.release();
  return { times, repeats };
}

/** Milliseconds that agff-nano takes for one photo after the other, of each on the named engine. */
export async function photos(kind, names, options) {
  const { Engine } = await engine(kind);
  const base = new URL("/models/agff-nano", location.href).href;
  const nano = await Engine.load(base, { device: kind });
  const inputs = await Promise.all(
    names.map(async (name) => ({
      name,
      image: new Uint8Array(await (await fetch(`/samples/${name}`)).arrayBuffer()),
    })),
  );
  const all = async () => {
    for (const input of inputs) await nano.embed([input]);
  };
  const { photos } = await race({ photos: all }, options);
  nano.free();
  return { best: photos.best / inputs.length, median: photos.median / inputs.length };
}

/** A 4:2:0 JPEG of that size, tiles of the named photo. */
async function tiles(name, width, height) {
  const photo = await createImageBitmap(await (await fetch(`/samples/${name}`)).blob());
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  for (let y = 0; y < height; y += photo.height)
    for (let x = 0; x < width; x += photo.width) context.drawImage(photo, x, y);
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
  return new Uint8Array(await blob.arrayBuffer());
}

/**
 * Milliseconds to decode a JPEG of 12 megapixels whole and at a part of its size. The pixels are copied out of
 * the engine, too.
 */
export async function decoding(name, options) {
  const { Engine } = await engine("cpu");
  const [across, down] = [4000, 3000];
  const bytes = await tiles(name, across, down);
  const decode = (divisor) => async () => {
    const least = divisor && Math.ceil(down / divisor);
    const { width } = Engine.decode("large.jpg", bytes, least);
    if (width !== Math.ceil(across / (divisor ?? 1))) throw new Error(`${width} wide`);
  };
  const contestants = { whole: decode(), half: decode(2), quarter: decode(4), eighth: decode(8) };
  return { bytes: bytes.length, times: await race(contestants, options) };
}

const MODEL = "/photo";

/** The model of photos on the CPU engine; with `views`, only so many of its views. */
async function everydayModel(views) {
  const { Engine } = await engine("cpu");
  const manifest = await (await fetch(`${MODEL}/agff.json`)).json();
  manifest.views = manifest.views.slice(0, views);
  const answer = async (url, init) =>
    url.endsWith("/agff.json") ? new Response(JSON.stringify(manifest)) : fetch(url, init);
  const model = await Engine.load(new URL(MODEL, location.href).href, {
    device: "cpu",
    fetch: answer,
  });
  return { model, side: Math.round(Math.sqrt(manifest.image.max_pixels)), manifest };
}

/** Pixels in RGBA, as an input. */
function pixels(side) {
  const data = Uint8ClampedArray.from(random(3, side * side * 4, 127, 128));
  return { name: "pixels", image: { width: side, height: side, data } };
}

/**
 * The model of photos: milliseconds for a JPEG of one megapixel from its bytes to its views, and for the parts of that
 * alone; and for the network with all views and with the global one only.
 */
export async function everyday(name, options) {
  const { Engine, Picture } = await engine("cpu");
  const [{ model, side }, { model: one }] = [await everydayModel(), await everydayModel(1)];
  const image = await tiles(name, 1152, 864);
  const [picture, ready] = [Picture.create(image), pixels(side)];
  const times = await race(
    {
      whole: () => model.embed([{ name: "photo.jpg", image }]),
      decode: async () => Engine.decode("photo.jpg", image, 2 * side),
      resize: async () => picture.resize(side, side),
      forward: () => model.embed([ready]),
      global: () => one.embed([ready]),
    },
    options,
  );
  for (const each of [model, one, picture]) each.free();
  return times;
}

/** Milliseconds from a text to the best of many photos, each part alone: embedding the text, and the search. */
export async function typing(count, names, options) {
  const { VectorIndex } = await engine("cpu");
  const { model, manifest } = await everydayModel();
  const views = manifest.views.map((view) => view.name);
  const [dimensions] = manifest.dimensions;
  const index = new VectorIndex({ views, dimensions, fusion: manifest.fusion, precision: "int8" });
  const photos = [];
  for (const name of names) {
    const image = new Uint8Array(await (await fetch(`/samples/${name}`)).arrayBuffer());
    photos.push((await model.embed([{ name, image }]))[0].values);
  }
  // Each is one of the photos, more or less.
  for (let i = 0; i < count; i++) {
    const near = photos[i % photos.length];
    const noise = random(i + 1, near.length, 0.06);
    const values = near.map((value, j) => value + noise[j]);
    for (let v = 0; v < values.length; v += dimensions) unit(values.subarray(v, v + dimensions));
    index.add([String(i)], values);
  }
  const words = ["dog", "a cup of coffee", "mountains in the snow", "red flowers"];
  let turn = 0;
  const embed = async () => (await model.embed([{ text: words[turn++ % words.length] }]))[0];
  const embedding = await embed();
  const times = await race(
    {
      text: embed,
      search: async () => index.search([{ embedding }], { limit: 300 }),
      both: async () => index.search([{ embedding: await embed() }], { limit: 300 }),
    },
    options,
  );
  for (const each of [model, index]) each.free();
  return times;
}

function unit(values) {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  for (let i = 0; i < values.length; i++) values[i] /= length;
}
