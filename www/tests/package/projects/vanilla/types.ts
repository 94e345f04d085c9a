/** The public types, as a strict project uses them. Only compiled. */

import {
  Agff,
  AgffError,
  type BatchResult,
  type Embedding,
  type Hit,
  type LoadProgress,
  type PhotoIndex,
} from "agff";
import { nano } from "agff/nano";
import { photo as everyday } from "agff/photo";

const stop = new AbortController();
const agff: Agff = await Agff.load(nano, {
  device: "auto",
  worker: true,
  cache: "opfs",
  decode: "exact",
  onProgress: ({ phase, loaded, total }: LoadProgress) => console.log(phase, loaded, total),
  signal: stop.signal,
});
await (await Agff.load()).dispose();
await (await Agff.load(everyday, { device: "cpu" })).dispose();
const photo: Embedding = await agff.embed({ image: new Blob([]), text: "a cat", instruction: "x" });
const pair: Embedding[] = await agff.embed([
  { text: "a" },
  { image: new URL("https://a.example") },
]);
const texts: Embedding[] = await agff.embedTexts(["a", "b"], { signal: stop.signal });
for await (const result of agff.embedImages([new File([], "a.jpg")])) {
  const one: BatchResult = result;
  // One of the two is there, and the compiler knows which.
  if (one.error) console.log(one.error.code satisfies string);
  else console.log(one.embedding.values satisfies Float32Array);
}
const best: readonly [string, string] = agff.similarity(texts[0]!, photo).best;
console.log(best, pair, agff.info.cache.mode, (await Agff.cache.list())[0]?.bytes);
const index: PhotoIndex = await agff.openIndex("photos", { dimensions: 64, precision: "int8" });
const { added, failed } = await index.add(
  [new File([], "a.jpg"), { image: photoUrl(), name: "b" }],
  {
    signal: stop.signal,
    onProgress: ({ done, total, record, error }) =>
      console.log(done, total, record?.id, error?.error.code),
  },
);
const hits: Hit[] = await index.search([{ text: "a mug" }, { id: "x", weight: -0.5 }], {
  limit: 5,
});
console.log(added, failed[0]?.name, hits[0]?.best, index.size satisfies number, index.warnings[0]);
console.log((await Agff.indexes.list())[0]?.model, (await index.export("parquet")).size);
function photoUrl(): URL {
  return new URL("https://a.example/b.jpg");
}
// @ts-expect-error -- there is no such precision
await agff.openIndex("photos", { precision: "f16" });
// @ts-expect-error -- a photo is not a text
await agff.embedText(new Blob([]));
// @ts-expect-error -- there is no such device
await Agff.load("agff-nano", { device: "npu" });
if (new AgffError("aborted", "", "") instanceof Error) await agff[Symbol.asyncDispose]();
