/**
 * How many threads compute: on the CPU, in a worker, as many as the processor has cores, if the page is isolated from
 * others (two headers of its server, see the README) and may share memory between workers.
 */

import type { DeviceKind, LoadOptions, ThreadsInfo } from "./types.js";

/** More bring little: they share the processor's memory and caches. */
const MOST = 8;

/** The little of the page's global scope that is needed. */
export interface Surroundings {
  crossOriginIsolated?: boolean;
  navigator?: { hardwareConcurrency?: number };
}

/** Decides on the threads for a device. */
export function chooseThreads(
  wanted: LoadOptions["threads"],
  device: DeviceKind,
  inWorker: boolean,
  { crossOriginIsolated, navigator }: Surroundings = globalThis as Surroundings,
): ThreadsInfo {
  const one = (reason: string) => ({ count: 1, reason });
  if (device === "gpu") return one("the GPU computes");
  if (wanted === 1) return one("");
  if (!inWorker) return one("the page itself computes, which may not wait for others");
  // Safari tells no number.
  const cores = navigator?.hardwareConcurrency ?? 4;
  const count = wanted === undefined || wanted === "auto" ? Math.min(cores, MOST) : wanted;
  if (count === 1) return one("the processor has one core");
  if (!crossOriginIsolated) {
    return one("the page is not cross-origin isolated, so its workers cannot share memory");
  }
  return { count, reason: "" };
}
