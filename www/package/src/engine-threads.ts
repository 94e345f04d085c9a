/** Starts the threads of an engine. */

import type { EngineProgram, ThreadsClass } from "./engine.js";

/** What a thread's worker is started with. */
export interface ThreadStart {
  program: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** Where the threads wait for their work. */
  address: number;
  /** The broadcast channel on which a thread says that it has stopped. */
  losses: string;
}

/** Starts so many; they end with the worker that this runs in. */
export async function startThreads(
  { thread }: Required<Pick<EngineProgram, "thread">>,
  Threads: ThreadsClass,
  count: number,
  start: Omit<ThreadStart, "address">,
): Promise<void> {
  const threads = new Threads(count);
  const { address } = threads;
  const ready = Array.from({ length: count }, () => {
    const worker = thread();
    return new Promise<void>((resolve, reject) => {
      worker.onmessage = () => resolve();
      worker.onerror = (event) => reject(new Error(event.message || "a thread did not start"));
      worker.postMessage({ ...start, address } satisfies ThreadStart);
    });
  });
  await Promise.all(ready);
  threads.start();
}
