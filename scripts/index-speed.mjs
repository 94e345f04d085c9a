// The index in the CPU engine's WASM, under node: how long a search takes, and that its hits are those
// of scoring every record. One core.
//
//     node scripts/index-speed.mjs [records] [rounds]

import { readFile } from "node:fs/promises";

const folder = new URL("../www/package/engines/cpu/", import.meta.url);
const [records, rounds] = [Number(process.argv[2] ?? 20_000), Number(process.argv[3] ?? 50)];
const [views, dimensions, limit] = [5, 256, 20];
const names = Array.from({ length: views }, (_, i) => (i === 0 ? "global" : `fine-${i}`));
const options = {
  views: names,
  dimensions,
  fusion: { temperature: 0.05, reduction: "log-sum-exp" },
};

const engine = await import(new URL("agff.js", folder));
await engine.default({ module_or_path: await readFile(new URL("agff_bg.wasm", folder)) });

// A small generator, always the same: what vectors of photos are like, all in one cone, subjects in it, and
// photos of each subject.
let state = 1;
function number() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}
function near(centre, spread, out = new Float32Array(dimensions)) {
  const each = spread / Math.sqrt(dimensions);
  let square = 0;
  for (let i = 0; i < dimensions; i++) {
    const normal = number() + number() + number() + number() + number() + number() - 3;
    out[i] = centre[i] + each * normal;
    square += out[i] * out[i];
  }
  const length = Math.sqrt(square);
  for (let i = 0; i < dimensions; i++) out[i] /= length;
  return out;
}
const cone = near(new Float32Array(dimensions), 1);
const subjects = Array.from({ length: 200 }, () => near(cone, 1));
function photo(subject, out) {
  const centre = near(subject, 0.6);
  for (let v = 0; v < views; v++)
    near(centre, 0.5, out.subarray(v * dimensions, (v + 1) * dimensions));
}
const each = views * dimensions;
const values = new Float32Array(records * each);
for (let i = 0; i < records; i++) {
  photo(subjects[(i * 7919) % subjects.length], values.subarray(i * each, (i + 1) * each));
}
function embedding(values) {
  return { views: names, dimensions, values, tokens: 0, truncated: false };
}

/** The definition, in doubles. */
function similarity(query, target) {
  let sum = 0;
  for (let q = 0; q < views; q++) {
    for (let t = 0; t < views; t++) {
      let dot = 0;
      for (let i = 0; i < dimensions; i++)
        dot += query[q * dimensions + i] * target[t * dimensions + i];
      const weight = (q === 0 ? 0.5 : 0.125) * (t === 0 ? 0.5 : 0.125);
      sum += weight * Math.exp((dot - 1) / options.fusion.temperature);
    }
  }
  return Math.fround(1 + options.fusion.temperature * Math.log(sum));
}
function bruteForce(query) {
  const scores = Array.from({ length: records }, (_, i) => ({
    id: String(i),
    score: similarity(query, values.subarray(i * each, (i + 1) * each)),
  }));
  return scores.sort((a, b) => b.score - a.score).slice(0, limit);
}

for (const precision of ["f32", "int8"]) {
  const index = new engine.VectorIndex({ ...options, precision });
  const begun = performance.now();
  const chunk = 500;
  for (let i = 0; i < records; i += chunk) {
    const end = Math.min(records, i + chunk);
    const ids = Array.from({ length: end - i }, (_, j) => String(i + j));
    index.add(ids, values.subarray(i * each, end * each));
  }
  const filled = performance.now() - begun;
  const times = [];
  let scored = 0;
  for (let round = 0; round < rounds; round++) {
    const query = new Float32Array(each);
    photo(subjects[Math.floor(number() * subjects.length)], query);
    const terms = [{ embedding: embedding(query) }];
    const begun = performance.now();
    const found = index.search(terms, { limit });
    times.push(performance.now() - begun);
    scored += found.scored;
    if (precision === "f32" && round < 5) {
      const expected = bruteForce(query);
      found.hits.forEach(({ id, score }, i) => {
        // The two sum up in another order, so that records within a rounding may change places.
        if (Math.abs(score - expected[i].score) > 1e-6) throw new Error(`hit ${i}: ${id} ${score}`);
      });
    }
  }
  times.sort((a, b) => a - b);
  console.log(
    `${precision}: ${records} records × ${views} × ${dimensions} in WASM: ` +
      `best ${times[0].toFixed(1)} ms, median of ${rounds} ${times[rounds >> 1].toFixed(1)} ms, ` +
      `${Math.round(scored / rounds)} scored in full; filled in ${(filled / 1000).toFixed(1)} s`,
  );
  index.free();
}
