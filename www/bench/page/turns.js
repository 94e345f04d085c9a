/** Timing contestants in turn that have threads, which go on spinning for a while when their work is done. */

/** Milliseconds for such threads to come to rest. */
const REST_MS = 150;

/**
 * Runs every contestant `rounds` times, in an order that changes with each round, and gives
 * `{ name: { best, median } }` in milliseconds. What is done in less than `least` milliseconds is repeated that long within a round. When `most`
 * milliseconds have passed, three rounds are enough.
 */
export async function takeTurns(contestants, { rounds = 9, least = 30, most = 60_000 } = {}) {
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
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
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
