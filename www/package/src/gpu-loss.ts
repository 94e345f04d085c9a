/**
 * Tells at once that a GPU device is lost (a driver's reset, a suspended tab), also while nothing is
 * computed. The engine makes its device itself, so the browser's method that makes them is watched.
 * For a worker of our own only: a page's GPU objects are not ours to touch.
 */

import { AgffError } from "./errors.js";

interface GpuDevice {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
}

interface AdapterPrototype {
  requestDevice(...args: unknown[]): Promise<GpuDevice>;
}

/** Calls back when any device that is made from now on is lost. */
export function watchGpu(onLost: (error: AgffError) => void): void {
  const { GPUAdapter } = globalThis as { GPUAdapter?: { prototype: AdapterPrototype } };
  if (!GPUAdapter) return;
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    void device.lost.then(({ reason, message }) => {
      const detail = message || reason;
      const what = `the GPU was lost (${detail}); try again, or load with device: "cpu"`;
      onLost(new AgffError("device-lost", "", what));
    });
    return device;
  };
}
