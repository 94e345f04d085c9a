/**
 * Which engine to download: the GPU one, or the CPU one when there is no adapter or only a software
 * one, which is far slower than the CPU engine's own SIMD.
 */

import { AgffError } from "./errors.js";
import type { DeviceInfo, LoadOptions } from "./types.js";

/** The little of WebGPU that is needed to look at an adapter. */
interface Adapter {
  /** On older browsers, before it moved into `info`. */
  readonly isFallbackAdapter?: boolean;
  readonly info?: {
    readonly vendor?: string;
    readonly architecture?: string;
    readonly device?: string;
    readonly description?: string;
    readonly isFallbackAdapter?: boolean;
  };
}

/** The little of `navigator.gpu` that is needed. */
export interface Gpu {
  requestAdapter(): Promise<Adapter | null>;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render|\bwarp\b/i;

/** A device, before it is known how many threads it gets. */
export type ChosenDevice = Omit<DeviceInfo, "threads">;

/** Decides on the device. Rejects with `no-gpu` when a GPU is insisted on and there is none. */
export async function chooseDevice(
  wanted: NonNullable<LoadOptions["device"]>,
  gpu: Gpu | undefined = (globalThis.navigator as { gpu?: Gpu } | undefined)?.gpu,
): Promise<ChosenDevice> {
  if (wanted === "cpu") return { kind: "cpu", name: "WebAssembly SIMD", reason: "" };
  const found = await findAdapter(gpu);
  if (typeof found === "string") {
    if (wanted === "gpu") {
      throw new AgffError("no-gpu", "", `${found}; load with the device "cpu" or "auto" instead`);
    }
    return { kind: "cpu", name: "WebAssembly SIMD", reason: found };
  }
  const name = adapterName(found);
  if (wanted === "auto" && isSoftware(found)) {
    const reason = `the only GPU adapter is a software one (${name})`;
    return { kind: "cpu", name: "WebAssembly SIMD", reason };
  }
  const slow = isSoftware(found) ? "it was asked for, although it is a slow software adapter" : "";
  return { kind: "gpu", name, reason: wanted === "gpu" ? slow : "a GPU adapter was found" };
}

async function findAdapter(gpu: Gpu | undefined): Promise<Adapter | string> {
  if (!gpu) return "this browser has no WebGPU, or the page is not served over HTTPS";
  try {
    return (await gpu.requestAdapter()) ?? "there is no GPU adapter";
  } catch (error) {
    return `asking for a GPU adapter failed (${error instanceof Error ? error.message : error})`;
  }
}

function isSoftware(adapter: Adapter): boolean {
  if (adapter.isFallbackAdapter || adapter.info?.isFallbackAdapter) return true;
  const { vendor, architecture, device, description } = adapter.info ?? {};
  return [vendor, architecture, device, description].some((text) => text && SOFTWARE.test(text));
}

function adapterName(adapter: Adapter): string {
  const info = adapter.info ?? {};
  const parts = info.description ? [info.description] : [info.vendor, info.architecture];
  return parts.filter(Boolean).join(" ") || "unnamed adapter";
}
