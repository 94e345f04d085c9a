/** Many inputs: in packs that fill the device, with the results as they come. */

import type { Backend, Pack } from "./backend.js";
import { AgffError, fromPlain, throwIfAborted } from "./errors.js";
import type { Manifest } from "./manifest.js";
import { crossing } from "./portable.js";
import type { Outcome } from "./protocol.js";
import type {
  BatchOptions,
  BatchProgress,
  BatchResult,
  DecodePreference,
  DeviceInfo,
  EmbedInput,
} from "./types.js";

/** Rows of patches that the engine runs together at most. */
const PACK_ROWS = 4096;

/** Packs that wait for the engine: while it computes others, it reads this one. */
const AHEAD = 1;

const TEXTS_IN_A_PACK = 32;

/** How many photos to give to the engine at once. */
export function photosInAPack(manifest: Manifest, { kind, threads }: DeviceInfo): number {
  // Each core is filled by one photo, and then each result comes as soon as it can.
  if (kind === "cpu") return threads.shared ? threads.count : 1;
  const patches = manifest.image.max_pixels / (manifest.config.vision?.patch_size ?? 1) ** 2;
  return Math.max(1, Math.min(16, Math.floor(PACK_ROWS / patches)));
}

/** How many texts. */
export function textsInAPack(): number {
  return TEXTS_IN_A_PACK;
}

/** An input with its place. */
interface Placed {
  index: number;
  input: EmbedInput;
  name: string;
}

/**
 * Embeds inputs and gives the results in their order. When the consumer stops, so does the work.
 *
 * @param packSize inputs in a pack
 */
export async function* embedAll(
  backend: Backend,
  inputs: Iterable<EmbedInput> | AsyncIterable<EmbedInput>,
  packSize: number,
  decode: DecodePreference,
  options: BatchOptions,
): AsyncGenerator<BatchResult, void, undefined> {
  const stop = new AbortController();
  const { signal: outer, instruction, onProgress } = options;
  const abort = () => stop.abort(outer?.reason);
  if (outer?.aborted) abort();
  outer?.addEventListener("abort", abort, { once: true });

  const total = Array.isArray(inputs) ? inputs.length : undefined;
  const clock = new Clock(total);
  const packs = inPacks(inputs, packSize);
  const running: { pack: Placed[]; outcomes: Promise<Outcome[]> }[] = [];
  try {
    for (let ended = false; ;) {
      while (!ended && running.length < backend.lanes + AHEAD) {
        throwIfAborted(stop.signal);
        const { done, value: pack } = await packs.next();
        ended = done === true;
        if (done) break;
        const outcomes = embedPack(backend, pack, { instruction, decode, signal: stop.signal });
        // Awaited below, in its turn; until then a failure is nobody's.
        outcomes.catch(() => {});
        running.push({ pack, outcomes });
      }
      const first = running.shift();
      if (!first) return;
      const outcomes = await first.outcomes;
      for (const [i, { index, name }] of first.pack.entries()) {
        const outcome = outcomes[i];
        if (!outcome) throw new AgffError("internal", name, "there is no result for this input");
        throwIfAborted(stop.signal);
        onProgress?.(clock.done());
        yield "error" in outcome
          ? { index, name, error: fromPlain(outcome.error) }
          : { index, name, embedding: outcome.embedding };
      }
    }
  } finally {
    outer?.removeEventListener("abort", abort);
    stop.abort();
    await packs.return(undefined);
  }
}

async function embedPack(
  backend: Backend,
  pack: readonly Placed[],
  {
    instruction,
    decode,
    signal,
  }: Pick<Pack, "decode" | "signal"> & { instruction: string | undefined },
): Promise<Outcome[]> {
  const prepare = () => Promise.all(pack.map(({ input }) => crossing(input, instruction)));
  return backend.embed({ prepare, decode, signal, urgent: false });
}

async function* inPacks(
  inputs: Iterable<EmbedInput> | AsyncIterable<EmbedInput>,
  size: number,
): AsyncGenerator<Placed[], undefined, undefined> {
  let pack: Placed[] = [];
  let index = 0;
  for await (const input of inputs) {
    pack.push({ index: index++, input, name: input.name ?? "" });
    if (pack.length === size) {
      yield pack;
      pack = [];
    }
  }
  if (pack.length > 0) yield pack;
  return undefined;
}

/** Tells how far a batch is, and how long it will still take. */
class Clock {
  private readonly began = performance.now();
  private count = 0;

  constructor(private readonly total: number | undefined) {}

  done(): BatchProgress {
    this.count += 1;
    const each = (performance.now() - this.began) / this.count;
    const eta = this.total === undefined ? undefined : each * (this.total - this.count);
    return { done: this.count, total: this.total, eta };
  }
}
