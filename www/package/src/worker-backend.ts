/**
 * A model in a worker that is replaced when it is lost: the GPU was reset, the engine stopped, or the
 * worker fell silent. The package is then loaded again from the cache, and calls that were under
 * way are made once more.
 */

import {
  type Backend,
  type Loaded,
  memory,
  type Pack,
  remember,
  type Setup,
  startOnDevice,
} from "./backend.js";
import { AgffError, disposedOf, throwIfAborted } from "./errors.js";
import { type EngineName, engineFor, Link } from "./link.js";
import { type Manifest, weightBytes } from "./manifest.js";
import type { Calls, IndexCall, LoadRequest, Outcome } from "./protocol.js";
import type { DeviceKind } from "./types.js";

/** Milliseconds of silence that are always granted. */
const PATIENCE = 60_000;

/**
 * Milliseconds for each byte of weights and input of a pack, on the CPU, where a pass cannot
 * give signs of life: two operations for each weight and token, of a thousand tokens or two, on a
 * processor of only a few billion operations a second.
 */
const PATIENCE_PER_BYTE = 1e-3;

/** Compiled engines. */
export type Programs = ReadonlyMap<EngineName, WebAssembly.Module>;

interface Running extends Loaded {
  link: Link;
}

export class WorkerBackend implements Backend {
  readonly lanes = 1;

  private current: Promise<Running>;
  private disposed = false;
  private readonly calls = new Set<Promise<unknown>>();
  /** The compiled engines, so that a new worker need not fetch and compile. */
  private readonly programs: Map<EngineName, WebAssembly.Module>;

  private constructor(
    private readonly setup: Setup,
    public loaded: Loaded,
    first: Running,
  ) {
    this.current = Promise.resolve(first);
    this.programs = new Map([[engineOf(first), first.reply.program]]);
  }

  /** @param programs engines that are compiled already */
  static async load(setup: Setup, programs: Programs = new Map()): Promise<WorkerBackend> {
    const first = await start(setup, programs);
    return new WorkerBackend(setup, first, first);
  }

  embed({ prepare, decode, urgent, signal }: Pack): Promise<Outcome[]> {
    return this.counted(signal, async ({ link, reply }) => {
      const crossings = await prepare();
      const inputs = crossings.map(({ input }) => input);
      link.maxSilence =
        this.setup.maxSilence ?? patience(reply.device, reply.manifest, inputs.length);
      const transfer = crossings.flatMap((one) => one.transfer);
      return link.call("embed", { inputs, decode, urgent }, { transfer, signal });
    });
  }

  /** An index is read from its database by whichever worker is asked, so that a new one goes on. */
  index<K extends IndexCall>(
    call: K,
    args: Calls[K]["args"],
    signal: AbortSignal | undefined,
  ): Promise<Calls[K]["result"]> {
    return this.counted(signal, ({ link }) => link.call(call, args, { signal }));
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    await Promise.allSettled(this.calls);
    await this.current.then(({ link }) => link.close()).catch(() => {});
  }

  /** Work that {@link dispose} waits for. */
  private async counted<T>(
    signal: AbortSignal | undefined,
    work: (running: Running) => Promise<T>,
  ): Promise<T> {
    if (this.disposed) throw disposedOf();
    const call = this.attempt(signal, work, true);
    this.calls.add(call);
    try {
      return await call;
    } finally {
      this.calls.delete(call);
    }
  }

  /** Does something with the worker, and once more with a new one if it is lost in the middle. */
  private async attempt<T>(
    signal: AbortSignal | undefined,
    work: (running: Running) => Promise<T>,
    again: boolean,
  ): Promise<T> {
    const running = await unlessAborted(this.running(), signal);
    try {
      return await work(running);
    } catch (error) {
      if (!running.link.lost || !again || signal?.aborted) throw error;
      return this.attempt(signal, work, false);
    }
  }

  /** The worker, or a new one in the place of one that was lost. */
  private async running(): Promise<Running> {
    const seen = this.current;
    const running = await seen.catch(() => undefined);
    if (running && !running.link.lost) return running;
    if (this.disposed) throw disposedOf();
    // Somebody else may have seen to it meanwhile.
    if (this.current === seen) this.current = this.replace(running?.link.lost);
    return this.current;
  }

  private async replace(cause: AgffError | undefined): Promise<Running> {
    // Nobody waits for this one's progress, and no single call may stop it.
    const quietly = { ...this.setup, onProgress: undefined, signal: undefined };
    try {
      const running = await start(quietly, this.programs);
      this.programs.set(engineOf(running), running.reply.program);
      this.loaded = running;
      return running;
    } catch (error) {
      const { code, message } = error as AgffError;
      const why = cause ? ` (it was lost: ${cause.message})` : "";
      throw new AgffError(code, "", `the model could not be loaded again${why}: ${message}`, error);
    }
  }
}

async function start(setup: Setup, programs: Programs): Promise<Running> {
  const { signal, onProgress } = setup;
  return startOnDevice(setup, async (request: LoadRequest) => {
    throwIfAborted(signal, setup.location.key);
    const engine = engineFor(request);
    const link = new Link(engine, setup.maxSilence ?? PATIENCE, request.losses);
    try {
      const args = { ...request, memory, program: programs.get(engine) };
      const reply = await link.call("load", args, { signal, onProgress });
      remember(reply.memory);
      return { link, reply };
    } catch (error) {
      // An aborted download closes its file first, so that it can go on there later.
      setTimeout(() => link.close(), signal?.aborted ? GRACE : 0);
      throw error;
    }
  });
}

function engineOf({ reply, device }: Loaded): EngineName {
  const { count, shared } = device.threads;
  return engineFor({ device: reply.device, threads: shared ? count : 1 });
}

/** Milliseconds that an aborted worker has for putting its things in order. */
const GRACE = 500;

function patience(device: DeviceKind, manifest: string, inputs: number): number {
  if (device === "gpu") return PATIENCE;
  const weights = weightBytes(JSON.parse(manifest) as Manifest);
  return PATIENCE + PATIENCE_PER_BYTE * weights * inputs;
}

/** The same promise, given up when the signal fires. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    throwIfAborted(signal);
    const abort = () =>
      reject(new AgffError("aborted", "", "stopped by the caller", signal.reason));
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
