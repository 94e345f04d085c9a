/** The GPU engine. In a module of its own, so that who loads the other engine does not get this one. */

import init, { Engine, setPanicHandler, VectorIndex } from "../engines/gpu/agff.js";
import type { EngineProgram } from "./engine.js";

export const engine: EngineProgram = {
  kind: "gpu",
  // Written out, so that bundlers find the file and ship it.
  wasm: new URL("../engines/gpu/agff_bg.wasm", import.meta.url),
  module: { default: init, Engine, setPanicHandler, VectorIndex },
};
