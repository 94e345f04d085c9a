/** One of the threads of a CPU engine: a worker that runs the same program in the same memory. */

import init, { enterThread, setPanicHandler } from "../engines/cpu-threads/agff.js";
import type { ThreadStart } from "./engine-threads.js";

/** The little of a worker's global scope that is needed; the window's types lack it. */
interface ThreadScope {
  postMessage(message: "ready"): void;
  addEventListener(
    type: "message",
    listener: (event: MessageEvent<ThreadStart>) => void,
    options: { once: true },
  ): void;
}

const scope = globalThis as unknown as ThreadScope;

scope.addEventListener(
  "message",
  ({ data: { program, memory, address, losses } }) => {
    // The engine's own worker waits for this thread and hears nothing, so the page is told.
    const channel = new BroadcastChannel(losses);
    const lose = (message: string) => channel.postMessage(message);
    const started = init({ module_or_path: program, memory }).then(() => {
      setPanicHandler(lose);
      scope.postMessage("ready");
      try {
        enterThread(address);
      } catch (error) {
        lose(error instanceof Error ? error.message : String(error));
      }
    });
    // Thrown where the engine's worker hears it, which waits for this thread.
    started.catch((error: unknown) => setTimeout(() => reportError(error)));
  },
  { once: true },
);
