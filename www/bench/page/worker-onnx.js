/** ONNX Runtime Web's own build for the CPU, with pixels that are ready: the network alone. */

import * as ort from "/ort/ort.wasm.bundle.min.mjs";
import { answer } from "./answer.js";

let session;

async function load({ model, dtype, threads }) {
  ort.env.wasm.wasmPaths = "/ort/";
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  const suffix = dtype === "f32" ? "" : "_quantized";
  session = await ort.InferenceSession.create(`/models/${model}/onnx/vision_model${suffix}.onnx`, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
  });
}

/** `values` is one square photo, by channel. */
async function photo(values) {
  const side = Math.sqrt(values.length / 3);
  const pixels = new ort.Tensor("float32", values, [1, 3, side, side]);
  const outputs = await session.run({ [session.inputNames[0]]: pixels });
  return outputs[session.outputNames[0]].data.slice();
}

async function about() {
  return {
    version: ort.env.versions.web,
    threads: ort.env.wasm.numThreads,
    isolated: crossOriginIsolated,
  };
}

answer({ load, photo, about });
