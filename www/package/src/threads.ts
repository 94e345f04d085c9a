/**
 * How many threads compute. On the CPU, in a worker, as many as the processor has cores: in one memory if the page is
 * isolated from others (two headers of its server, see the README), or else in workers with a copy of the model each.
 */

import type { DeviceKind, LoadOptions, ThreadsInfo } from "./types.js";

/** More bring little: they share the processor's memory and caches. */
const MOST = 8;

/** The little of the page's global scope that is needed. */
export interface Surroundings {
  crossOriginIsolated?: boolean;
  navigator?: { hardwareConcurrency?: number };
}

/** How many threads a model on this device may have, and whether they can share memory. */
export function chooseThreads(
  wanted: LoadOptions["threads"],
  device: DeviceKind,
  inWorker: boolean,
  { crossOriginIsolated, navigator }: Surroundings = globalThis as Surroundings,
): ThreadsInfo {
  const one = (reason: string) => ({ count: 1, shared: true, reason });
  if (device === "gpu") return one("the GPU computes");
  if (wanted === 1) return one("");
  if (!inWorker) return one("the page itself computes, which may not wait for others");
  // Some browsers tell no number.
  const cores = navigator?.hardwareConcurrency ?? 4;
  const count = wanted === undefined || wanted === "auto" ? Math.min(cores, MOST) : wanted;
  if (count === 1) return one("the processor has one core");
  return { count, shared: crossOriginIsolated === true, reason: "" };
}
