/** What models.mjs times in a page. Contestants are `{ name, kind, …setup }`: see contestants.js. */

import { CONTESTANTS } from "./contestants.js";
import { race } from "./race.js";

/** Milliseconds for the threads of a contestant to come to rest. */
const REST_MS = 150;

const takeTurns = (contestants, options) =>
  race(contestants, { rounds: 9, most: 60_000, rest: REST_MS, ...options });

/** A short one, a usual one and a long one. */
const TEXTS = [
  "a dog on the beach",
  "two people ride bicycles along a river in the evening",
  "an old wooden table with a cup of coffee, three books, a pair of glasses and a vase of yellow flowers near a window",
];

/** A sample photo as a JPEG of one megapixel, square as the pictures that Qwen3-VL is exported for. */
async function jpeg() {
  const { canvas } = await drawn("coffee.jpg", 1000, 1000);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 });
}

/** A sample photo of the size that the models see, so that nobody resizes it. */
async function exact(name, side) {
  const { canvas, context } = await drawn(name, side, side);
  return {
    blob: await canvas.convertToBlob({ type: "image/png" }),
    pixels: context.getImageData(0, 0, side, side),
  };
}

async function drawn(name, width, height) {
  const bitmap = await createImageBitmap(await (await fetch(`/samples/${name}`)).blob());
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0, width, height);
  return { canvas, context };
}

async function loaded(setups) {
  const contestants = setups.map((setup) => ({ setup, ...CONTESTANTS[setup.kind](setup) }));
  for (const contestant of contestants) await contestant.load();
  return contestants;
}

async function described(contestants) {
  const entries = contestants.map(async ({ setup, about }) => [setup.name, await about()]);
  return Object.fromEntries(await Promise.all(entries));
}

/** The vectors of two photos and all texts, of each contestant. */
async function vectorsOf(contestants, side) {
  const photos = [await exact("cat.jpg", side), await exact("coffee.jpg", side)];
  const vectors = {};
  for (const { setup, photo, text } of contestants) {
    vectors[setup.name] = { photo: [], text: [] };
    for (const { blob } of photos) vectors[setup.name].photo.push([...(await photo(blob))]);
    for (const words of TEXTS) vectors[setup.name].text.push([...(await text(words))]);
  }
  return vectors;
}

/** Milliseconds for a photo from its JPEG, and for one of three texts, of each contestant. */
export async function whole(setups, { side }, options) {
  const contestants = await loaded(setups);
  const vectors = await vectorsOf(contestants, side);
  const image = await jpeg();
  const works = (work) =>
    Object.fromEntries(contestants.map((each) => [each.setup.name, () => work(each)]));
  const photo = await takeTurns(
    works(({ photo }) => photo(image)),
    options,
  );
  const texts = await takeTurns(
    works(async ({ text }) => {
      for (const words of TEXTS) await text(words);
    }),
    options,
  );
  for (const times of Object.values(texts))
    for (const which of ["best", "median"]) times[which] /= TEXTS.length;
  return { photo, text: texts, vectors, about: await described(contestants) };
}

/** Milliseconds for the network of photos alone, on pixels that are ready; `side`, `mean` and `std` are the model's. */
export async function network(setups, { side, mean, std }, options) {
  const contestants = await loaded(setups);
  const { pixels } = await exact("cat.jpg", side);
  const values = new Float32Array(3 * side * side);
  for (let i = 0; i < side * side; i++)
    for (let c = 0; c < 3; c++)
      values[c * side * side + i] = (pixels.data[4 * i + c] / 255 - mean[c]) / std[c];
  const input = ({ setup }) => (setup.kind === "runtime" ? values : pixels);
  const vectors = {};
  for (const each of contestants) vectors[each.setup.name] = [[...(await each.photo(input(each)))]];
  const works = contestants.map((each) => [each.setup.name, () => each.photo(input(each))]);
  const photo = await takeTurns(Object.fromEntries(works), options);
  return { photo, vectors, about: await described(contestants) };
}

/** Milliseconds since the page was asked for until the first photo's vector, and until a text's too. */
export async function cold(setup) {
  const image = await (await fetch("/samples/astronaut.jpg")).blob();
  const [contestant] = await loaded([setup]);
  const ready = performance.now();
  await contestant.photo(image);
  const photo = performance.now();
  await contestant.text(TEXTS[0]);
  const text = performance.now();
  return { ready, photo, text, about: await contestant.about() };
}

/**
 * How much faster two cores are than one at the moment: a loop that only computes, in one worker, against two workers
 * at once.
 */
export async function cores() {
  const program = `onmessage = ({ data: count }) => {
    const start = performance.now();
    let x = 1;
    for (let i = 0; i < count; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
    postMessage({ ms: performance.now() - start, x });
  };`;
  const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const workers = [new Worker(url), new Worker(url)];
  const run = (worker) =>
    new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data.ms);
      worker.postMessage(2e8);
    });
  for (const worker of workers) await run(worker);
  const [alone, both] = [[], []];
  for (let round = 0; round < 3; round++) {
    alone.push(await run(workers[round % 2]));
    both.push(Math.max(...(await Promise.all(workers.map(run)))));
  }
  for (const worker of workers) worker.terminate();
  const median = (list) => list.sort((a, b) => a - b)[1];
  return (2 * median(alone)) / median(both);
}
