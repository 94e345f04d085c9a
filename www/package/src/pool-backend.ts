/**
 * A model in several workers, each with an engine and weights of its own, for pages whose workers cannot share memory. The
 * first answers everything; others are started when there is more to embed than it has hands for, and take packs of
 * inputs.
 */

import type { Backend, Loaded, Pack, Setup } from "./backend.js";
import type { Calls, IndexCall, Outcome } from "./protocol.js";
import { type Manifest, weightBytes } from "./manifest.js";
import type { CacheMode, ThreadsInfo } from "./types.js";
import { WorkerBackend } from "./worker-backend.js";

/** Bytes that the weights of all copies may take. */
const COPIES = 512e6;

/** A pool around its first worker. */
export function pool(setup: Setup, first: WorkerBackend): Backend {
  const { reply, device } = first.loaded;
  const manifest = JSON.parse(reply.manifest) as Manifest;
  return new PoolBackend(setup, first, copies(device.threads, manifest, reply.cache.mode));
}

/** A worker, and how many packs it has. */
interface Hand {
  backend: WorkerBackend;
  packs: number;
}

class PoolBackend implements Backend {
  private readonly hands: [Hand, ...Hand[]];
  private starting: Promise<void> | undefined;
  private disposed = false;
  private told: { of: Loaded; loaded: Loaded } | undefined;

  /** @param threads how many workers there may be */
  constructor(
    private readonly setup: Setup,
    first: WorkerBackend,
    private threads: ThreadsInfo,
  ) {
    this.hands = [{ backend: first, packs: 0 }];
  }

  get lanes(): number {
    return this.threads.count;
  }

  get loaded(): Loaded {
    const of = this.hands[0].backend.loaded;
    if (this.told?.of !== of) {
      this.told = { of, loaded: { ...of, device: { ...of.device, threads: this.threads } } };
    }
    return this.told.loaded;
  }

  async embed(pack: Pack): Promise<Outcome[]> {
    const hand = this.hands.reduce((least, one) => (one.packs < least.packs ? one : least));
    if (hand.packs > 0) this.start();
    hand.packs += 1;
    try {
      return await hand.backend.embed(pack);
    } finally {
      hand.packs -= 1;
    }
  }

  index<K extends IndexCall>(
    call: K,
    args: Calls[K]["args"],
    signal: AbortSignal | undefined,
  ): Promise<Calls[K]["result"]> {
    return this.hands[0].backend.index(call, args, signal);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await this.starting;
    await Promise.all(this.hands.map(({ backend }) => backend.dispose()));
  }

  /** Starts one more worker, unless there are enough or one is being started. */
  private start(): void {
    if (this.disposed || this.starting || this.hands.length >= this.threads.count) return;
    const { reply } = this.hands[0].backend.loaded;
    // Nobody waits for it, and no single call may stop it. Its files come from the cache.
    const quietly = { ...this.setup, device: "cpu" as const, threads: 1 };
    const setup = { ...quietly, onProgress: undefined, signal: undefined };
    this.starting = WorkerBackend.load(setup, new Map([["cpu", reply.program]]))
      .then(
        (backend) => void this.hands.push({ backend, packs: 0 }),
        (error: unknown) => {
          const detail = error instanceof Error ? error.message : String(error);
          const count = this.hands.length;
          this.threads = { ...this.threads, count, reason: `no more could be started (${detail})` };
          this.told = undefined;
        },
      )
      .finally(() => (this.starting = undefined));
  }
}

/** How many workers with a copy of the model there may be, of those that were chosen. */
function copies(
  { count, shared, reason }: ThreadsInfo,
  manifest: Manifest,
  cache: CacheMode,
): ThreadsInfo {
  const isolate = "a page that is cross-origin isolated can have more";
  if (cache === false) {
    return {
      count: 1,
      shared,
      reason: `without a cache each copy is another download; ${isolate}`,
    };
  }
  const bytes = weightBytes(manifest);
  const most = Math.max(1, Math.floor(COPIES / bytes));
  if (most >= count) return { count, shared, reason };
  const [megabytes, room] = [bytes, COPIES].map((bytes) => Math.round(bytes / 1e6));
  const why = `copies of ${megabytes} MB would take more than ${room} MB; ${isolate}`;
  return { count: most, shared, reason: why };
}
