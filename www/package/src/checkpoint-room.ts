/** Whether a device has room for a model, asked before anything is downloaded. */

import type { Plan } from "agff:conversion";
import { AgffError } from "./errors.js";
import type { DeviceKind } from "./types.js";

/** Most bytes of weights that the CPU engine holds: its memory has 4 GiB, and the computing needs some of it. */
const MOST_ON_CPU = 3.5e9;

/** What browsers say at most, however much there is. */
const MOST_SAID = 8;

/** Why the weights do not fit into this device's memory; undefined if nothing says so. */
export function tooLarge({ device }: Pick<Plan, "device">, kind: DeviceKind): string | undefined {
  const takes = `its weights take ${megabytes(device)}`;
  if (kind === "cpu" && device > MOST_ON_CPU) {
    return `${takes}, and the CPU engine holds ${megabytes(MOST_ON_CPU)} at most`;
  }
  const said = (navigator as { deviceMemory?: number }).deviceMemory;
  if (said === undefined || said >= MOST_SAID || device <= said * 1e9) return undefined;
  return `${takes}, and this device has ${megabytes(said * 1e9)} of memory`;
}

/** Refuses a model that is too large for this device's memory. */
export function checkMemory(plan: Plan, kind: DeviceKind, name: string): void {
  const why = tooLarge(plan, kind);
  if (why === undefined) return;
  const message = `there is not enough memory: ${why}; a smaller dtype such as "q4" takes less`;
  throw new AgffError("memory", name, message);
}

/** Why the browser has no room for so many bytes more; undefined if nothing says so. */
export async function noRoom(bytes: number): Promise<string | undefined> {
  const { usage, quota } = (await navigator.storage?.estimate?.()) ?? {};
  if (usage === undefined || quota === undefined || usage + bytes <= quota) return undefined;
  const left = megabytes(Math.max(0, quota - usage));
  return `its package takes ${megabytes(bytes)}, and the browser has room for ${left} more of this site`;
}

/** Refuses files that the browser has no room for. */
export async function checkRoom(files: readonly { bytes: number }[], name: string): Promise<void> {
  const why = await noRoom(files.reduce((sum, { bytes }) => sum + bytes, 0));
  if (why === undefined) return;
  const message = `${why}; delete packages with Agff.cache.delete, free disk space, or load with cache: "memory"`;
  throw new AgffError("quota", name, message);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
