/**
 * The page without a network. A service worker (`sw.ts`) keeps what the page is made of; the model is in the browser's
 * private store already. A new version of the page waits until the person wants it.
 */

import type { ModelInfo } from "agff";
import { byId } from "./dom";
import { announce } from "./notices";

/** The engines, of which a page needs one. */
export type EngineName = "gpu" | "cpu" | "cpu-threads";

/** The engine that runs a model. */
function engineOf({ device: { kind, threads } }: ModelInfo): EngineName {
  return kind === "cpu" && threads.shared && threads.count > 1 ? "cpu-threads" : kind;
}

/** Registers the service worker of a built page. `?sw=off` does without, for tests of other things. */
export async function workOffline(model: Promise<ModelInfo>): Promise<void> {
  const off = new URLSearchParams(location.search).get("sw") === "off";
  if (!import.meta.env.PROD || off || !("serviceWorker" in navigator)) return;
  try {
    const had = navigator.serviceWorker.controller !== null;
    const registration = await navigator.serviceWorker.register("./sw.js", { scope: "./" });
    offerUpdates(registration, had);
    const ready = await navigator.serviceWorker.ready;
    await keep(ready, engineOf(await model));
    document.body.dataset["offline"] = "ready";
  } catch (error) {
    // The page works without; private windows of some browsers have no service workers.
    console.warn("this page will not be there offline:", error);
  }
}

/** Has the engine that is used kept too; the others are never fetched. */
async function keep({ active }: ServiceWorkerRegistration, engine: EngineName): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const kept = new Promise<void>((resolve, reject) => {
    port1.onmessage = ({ data }: MessageEvent<{ error?: string }>) =>
      data.error === undefined ? resolve() : reject(new Error(data.error));
  });
  active?.postMessage({ keep: engine }, [port2]);
  await kept;
}

function offerUpdates(registration: ServiceWorkerRegistration, had: boolean): void {
  const offer = () => {
    byId("update").hidden = false;
    announce("A new version of this page is ready.");
  };
  const watch = (worker: ServiceWorker | null) => {
    worker?.addEventListener("statechange", () => {
      // The very first one takes over by itself.
      if (worker.state === "installed" && navigator.serviceWorker.controller) offer();
    });
  };
  if (registration.waiting && had) offer();
  watch(registration.installing);
  registration.addEventListener("updatefound", () => watch(registration.installing));
  byId("update-now").addEventListener("click", () => {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
    registration.waiting?.postMessage({ skipWaiting: true });
  });
  byId("update-later").addEventListener("click", () => (byId("update").hidden = true));
  // A page that stays open for days still hears of a new version.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && navigator.onLine) void registration.update().catch(() => {});
  });
}
