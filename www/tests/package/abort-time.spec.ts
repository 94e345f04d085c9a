/** Stopping: at once, by the clock. */

import type { AgffError } from "agff";
import { expect, run, test } from "./fixtures";

const MODEL = "/models/agff-nano";

for (const worker of [true, false]) {
  test(`aborting a batch answers within one photo's time (${worker ? "worker" : "page"})`, async ({
    empty: page,
  }) => {
    const found = await run(
      page,
      async ({ Agff }, { model, worker }) => {
        const agff = await Agff.load(model, { device: "cpu", worker });
        const blob = await (await fetch("/samples/astronaut.jpg")).blob();
        await agff.embedImage(blob);
        let start = performance.now();
        for (let i = 0; i < 3; i++) await agff.embedImage(blob);
        const onePhoto = (performance.now() - start) / 3;

        const stop = new AbortController();
        let [results, code, answered] = [0, "", 0];
        const photos = Array.from({ length: 100 }, () => blob);
        try {
          for await (const _ of agff.embedImages(photos, { signal: stop.signal })) {
            if (++results !== 3) continue;
            start = performance.now();
            setTimeout(() => stop.abort(), onePhoto / 3);
          }
        } catch (error) {
          code = (error as AgffError).code;
          answered = performance.now() - start - onePhoto / 3;
        }
        // What is under way may end, and then the next call has its turn.
        start = performance.now();
        const after = await agff.embedImage(blob);
        const next = performance.now() - start;
        return { onePhoto, code, results, answered, next, views: after.views.length };
      },
      { model: MODEL, worker },
    );
    console.log(
      `${worker ? "worker" : "page"}: one photo takes ${found.onePhoto.toFixed(0)} ms, the abort ` +
        `answered after ${found.answered.toFixed(0)} ms, the next photo came after ${found.next.toFixed(0)} ms`,
    );
    expect(found.code).toBe("aborted");
    expect(found.results).toBeLessThan(8);
    // Two and a half for other work on this machine meanwhile.
    expect(found.answered).toBeLessThan(2.5 * found.onePhoto + 50);
    expect(found.next).toBeLessThan(4 * found.onePhoto + 100);
    expect(found.views).toBeGreaterThan(1);
  });
}
