/**
 * The page's side of one worker: calls go out, answers come back, and when the worker dies or falls
 * silent, everybody who waits is told.
 */

import { AgffError, disposedOf, fromPlain, throwIfAborted } from "./errors.js";
import type { CallName, Calls, FromWorker, ToWorker } from "./protocol.js";
import type { DeviceKind, LoadProgress } from "./types.js";

interface Pending {
  resolve(result: never): void;
  reject(error: AgffError): void;
  onProgress: ((progress: LoadProgress) => void) | undefined;
}

/** How often the silence is measured, in milliseconds. */
const TICK = 1000;

export class Link {
  /** Why the worker is of no use any more. */
  lost: AgffError | undefined;
  /** Milliseconds without a sign of life after which it counts as hung. */
  maxSilence: number;

  private readonly worker: Worker;
  private readonly pending = new Map<number, Pending>();
  private next = 0;
  private silence = 0;
  /** Whether the worker has ever said anything. */
  private heard = false;
  private watch: ReturnType<typeof setInterval> | undefined;

  /** Where the threads of an engine say that they have stopped. */
  private readonly losses: BroadcastChannel | undefined;

  constructor(engine: EngineName, maxSilence: number, losses?: string) {
    this.maxSilence = maxSilence;
    this.worker = startWorker(engine);
    if (losses) {
      this.losses = new BroadcastChannel(losses);
      this.losses.onmessage = ({ data }: MessageEvent<string>) => {
        this.lose(new AgffError("internal", "", `a thread of the engine stopped: ${data}`));
      };
    }
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.hear(data);
    this.worker.onmessageerror = () => {
      this.lose(new AgffError("internal", "", "an answer of the worker could not be read"));
    };
    this.worker.onerror = (event) => {
      event.preventDefault();
      this.lose(scriptError(event, this.heard));
    };
  }

  /** Calls the worker. What is in `transfer` is given away. */
  call<K extends CallName>(
    call: K,
    args: Calls[K]["args"],
    {
      transfer = [],
      signal,
      onProgress,
    }: {
      transfer?: Transferable[];
      signal?: AbortSignal | undefined;
      onProgress?: ((progress: LoadProgress) => void) | undefined;
    } = {},
  ): Promise<Calls[K]["result"]> {
    return new Promise((resolve, reject) => {
      throwIfAborted(signal);
      if (this.lost) throw this.lost;
      const id = this.next++;
      const abort = () => {
        // The answer is not waited for: on the CPU it comes only after the pass in work.
        this.settle(id);
        this.worker.postMessage({ abort: id } satisfies ToWorker);
        reject(new AgffError("aborted", "", "stopped by the caller", signal?.reason));
      };
      signal?.addEventListener("abort", abort, { once: true });
      const done = () => signal?.removeEventListener("abort", abort);
      this.pending.set(id, {
        resolve: (result) => (done(), resolve(result)),
        reject: (error) => (done(), reject(error)),
        onProgress,
      });
      this.watchSilence();
      try {
        this.worker.postMessage({ id, call, args } as ToWorker, transfer);
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        const message = `what was given cannot be sent to the worker: ${detail}`;
        this.settle(id)?.reject(new AgffError("input", "", message, error));
      }
    });
  }

  /** Ends the worker. */
  close(): void {
    this.lose(disposedOf());
  }

  private hear(message: FromWorker): void {
    this.silence = 0;
    this.heard = true;
    if ("alive" in message) return;
    if ("lost" in message) return this.lose(fromPlain(message.lost));
    if ("progress" in message) return this.pending.get(message.id)?.onProgress?.(message.progress);
    const pending = this.settle(message.id);
    if ("error" in message) pending?.reject(fromPlain(message.error));
    else pending?.resolve(message.result as never);
  }

  private settle(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    if (this.pending.size === 0) {
      clearInterval(this.watch);
      this.watch = undefined;
    }
    return pending;
  }

  private lose(error: AgffError): void {
    if (this.lost) return;
    this.lost = error;
    this.worker.terminate();
    this.losses?.close();
    for (const id of [...this.pending.keys()]) this.settle(id)?.reject(error);
  }

  private watchSilence(): void {
    if (this.watch !== undefined) return;
    this.silence = 0;
    let last = performance.now();
    this.watch = setInterval(() => {
      const now = performance.now();
      // A page that was suspended, or was busy itself, has not listened meanwhile.
      this.silence += Math.min(now - last, 2 * TICK);
      last = now;
      if (this.silence <= this.maxSilence) return;
      const seconds = Math.round(this.silence / 1000);
      const message = `the worker gave no sign of life for ${seconds} seconds; try again, or raise maxSilence`;
      this.lose(new AgffError("worker-silent", "", message));
    }, TICK);
  }
}

/** The engine for a device and so many threads. */
export function engineFor({
  device,
  threads,
}: {
  device: DeviceKind;
  threads: number;
}): EngineName {
  return device === "cpu" && threads > 1 ? "cpu-threads" : device;
}

/** The engines that have a worker. */
export type EngineName = DeviceKind | "cpu-threads";

// All are written out, so that bundlers find the files and ship them.
const WORKERS: Record<EngineName, () => Worker> = {
  gpu: () =>
    new Worker(new URL("./worker-gpu.js", import.meta.url), { type: "module", name: "agff-gpu" }),
  cpu: () =>
    new Worker(new URL("./worker-cpu.js", import.meta.url), { type: "module", name: "agff-cpu" }),
  "cpu-threads": () =>
    new Worker(new URL("./worker-cpu-threads.js", import.meta.url), {
      type: "module",
      name: "agff-cpu-threads",
    }),
};

function startWorker(engine: EngineName): Worker {
  try {
    return WORKERS[engine]();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const message = `the worker could not be started: ${detail}. Load with worker: false instead`;
    throw new AgffError("worker-start", "", message, error);
  }
}

/** An error that nobody in the worker has caught; before its first word, one of its script itself. */
function scriptError(event: ErrorEvent, heard: boolean): AgffError {
  const cause: unknown = event.error ?? undefined;
  if (heard) return new AgffError("internal", "", `the worker failed: ${event.message}`, cause);
  const message =
    `the worker could not be started: ${event.message || "its script could not be loaded"}. The ` +
    `script must come from the page's own server, and the page's policy must allow it ` +
    `(worker-src 'self')`;
  return new AgffError("worker-start", "", message, cause);
}
