/** What the public face stands on: an engine with a package, in a worker or in the page. */

import { type ChosenDevice, chooseDevice } from "./device.js";
import { chooseThreads } from "./threads.js";
import { AgffError } from "./errors.js";
import type { Crossing } from "./portable.js";
import type {
  Calls,
  IndexCall,
  LoadReply,
  LoadRequest,
  MemoryFiles,
  Outcome,
  PackageLocation,
} from "./protocol.js";
import type {
  DecodePreference,
  DeviceInfo,
  LoadOptions,
  LoadProgress,
  ThreadsInfo,
} from "./types.js";

/** All that loading needs, and loading again after a loss. */
export interface Setup {
  location: PackageLocation;
  device: NonNullable<LoadOptions["device"]>;
  limits: "guaranteed" | undefined;
  kernels: "hardware" | undefined;
  precision: LoadOptions["precision"];
  threads: LoadOptions["threads"];
  inWorker: boolean;
  cache: NonNullable<LoadOptions["cache"]>;
  maxSilence: number | undefined;
  onProgress: ((progress: LoadProgress) => void) | undefined;
  signal: AbortSignal | undefined;
}

/** What was loaded, and where it runs. */
export interface Loaded {
  reply: LoadReply;
  device: DeviceInfo;
}

/** A pack of inputs to embed. */
export interface Pack {
  /** Makes the inputs ready to cross; called again if they have to cross again. */
  prepare(): Promise<Crossing[]>;
  decode: DecodePreference;
  urgent: boolean;
  signal: AbortSignal | undefined;
}

export interface Backend {
  /** Changes when the model was loaded anew after a loss. */
  readonly loaded: Loaded;
  /** Packs that are computed beside each other. */
  readonly lanes: number;
  embed(pack: Pack): Promise<Outcome[]>;
  /** Answers a call about an index. */
  index<K extends IndexCall>(
    call: K,
    args: Calls[K]["args"],
    signal: AbortSignal | undefined,
  ): Promise<Calls[K]["result"]>;
  /** Waits for what is running. */
  dispose(): Promise<void>;
}

/** What is kept in memory for all loads of this page (`cache: "memory"`). */
export const memory: MemoryFiles = {
  files: new Map(),
  manifests: new Map(),
  versions: new Map(),
};

/**
 * Picks the device and starts there. If the GPU is chosen freely and then refuses, it is the CPU; if the CPU's threads
 * cannot be started, it is one of them.
 *
 * @param start loads on a device of that kind, with so many threads
 */
export async function startOnDevice<T>(
  setup: Setup,
  start: (request: LoadRequest) => Promise<T>,
): Promise<T & { device: DeviceInfo }> {
  const device = await chooseDevice(setup.device);
  try {
    return await startWithThreads(setup, device, start);
  } catch (error) {
    const refused = error instanceof AgffError && error.code === "no-gpu";
    if (!refused || setup.device !== "auto") throw error;
    const cpu = await chooseDevice("cpu");
    const reason = `the GPU could not be opened (${error.message})`;
    return startWithThreads(setup, { ...cpu, reason }, start);
  }
}

async function startWithThreads<T>(
  setup: Setup,
  device: ChosenDevice,
  start: (request: LoadRequest) => Promise<T>,
): Promise<T & { device: DeviceInfo }> {
  const { location, limits, kernels, precision, cache } = setup;
  const on = async (threads: ThreadsInfo) => {
    const inOne = threads.shared ? threads.count : 1;
    const losses = `agff-${Math.random()}`;
    const request = { location, limits, kernels, precision, cache, memory, losses };
    const asked = { ...request, device: device.kind, threads: inOne, program: undefined };
    return { ...(await start(asked)), device: { ...device, threads } };
  };
  const threads = chooseThreads(setup.threads, device.kind, setup.inWorker);
  try {
    return await on(threads);
  } catch (error) {
    // A browser may not have the addresses for a memory that can be shared, or a policy may forbid its workers.
    const several = threads.count > 1 && threads.shared;
    if (!several || !(error instanceof AgffError)) throw error;
    const { code, message } = error;
    if (!/^(fetch|worker-start)$/.test(code) || !/engine|worker/.test(message)) throw error;
    return on({
      count: 1,
      shared: true,
      reason: `its threads could not be started (${message})`,
    });
  }
}

/** Keeps what a worker has fetched for a cache in memory. */
export function remember(fetched: MemoryFiles): void {
  if (fetched === memory) return;
  for (const [hash, blob] of fetched.files) memory.files.set(hash, blob);
  for (const [key, manifest] of fetched.manifests) memory.manifests.set(key, manifest);
  for (const [key, version] of fetched.versions) memory.versions.set(key, version);
}
