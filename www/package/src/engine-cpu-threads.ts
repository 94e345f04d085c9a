/** The CPU engine of several threads. In a module of its own, so that who loads another engine does not get this one. */

import init, {
  Engine,
  setPanicHandler,
  Threads,
  VectorIndex,
  CheckpointAddress,
  Conversion,
} from "../engines/cpu-threads/agff.js";
import type { EngineProgram } from "./engine.js";

export const engine: EngineProgram = {
  kind: "cpu",
  // Written out, so that bundlers find the file and ship it.
  wasm: new URL("../engines/cpu-threads/agff_bg.wasm", import.meta.url),
  module: {
    default: init,
    Engine,
    setPanicHandler,
    Threads,
    VectorIndex,
    CheckpointAddress,
    Conversion,
  },
  thread: () => {
    const url = new URL("./worker-thread.js", import.meta.url);
    return new Worker(url, { type: "module", name: "agff-thread" });
  },
};
