/** Timing several ways of doing the same thing, in turn, so that all meet the same machine. */

/**
 * Runs every contestant `rounds` times, in an order that changes with each round, and gives
 * `{ name: { best, median } }` in milliseconds. What is done in less than `least` milliseconds is
 * repeated that long within a round. When `most` milliseconds have passed, three rounds are enough. Before each turn
 * nothing is done for `rest` milliseconds, in which the threads of others stop spinning.
 */
export async function race(contestants, { rounds = 15, least = 30, most = 15_000, rest = 0 } = {}) {
  const runners = [];
  for (const [name, work] of Object.entries(contestants)) {
    await work();
    const once = await time(work, 1);
    runners.push({ name, work, times: [], repeats: Math.max(1, Math.ceil(least / once)) });
  }
  const start = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round >= 3 && performance.now() - start > most) break;
    for (let i = 0; i < runners.length; i++) {
      const runner = runners[(i + round) % runners.length];
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
      runner.times.push(await time(runner.work, runner.repeats));
    }
  }
  return Object.fromEntries(
    runners.map(({ name, times }) => {
      times.sort((a, b) => a - b);
      return [name, { best: times[0], median: times[times.length >> 1] }];
    }),
  );
}

async function time(work, repeats) {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) await work();
  return (performance.now() - start) / repeats;
}

/** The cosine of two vectors. */
export function cosine(a, b) {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return a.length === b.length ? ab / Math.sqrt(aa * bb) : NaN;
}

/** Reproducible numbers between -scale and scale (mulberry32), around `middle`. */
export function random(seed, count, scale, middle = 0) {
  const out = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    out[i] = middle + scale * (((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1);
  }
  return out;
}
