/** transformers.js as a page would use it: files of a model hub's layout, from this server. */

import {
  AutoProcessor,
  AutoTokenizer,
  CLIPTextModelWithProjection,
  CLIPVisionModelWithProjection,
  RawImage,
  SiglipTextModel,
  SiglipVisionModel,
  env,
} from "/transformers/transformers.min.js";
import { answer } from "./answer.js";

/** The published embedding models' chat format. Its graphs are towers too, the picture's with its prompt inside. */
const QWEN = {
  vision: SiglipVisionModel,
  text: SiglipTextModel,
  outputs: ["pooler_output", "pooler_output"],
  encode: (words) =>
    tokenizer([
      "<|im_start|>system\nRepresent the user's input.<|im_end|>\n" +
        `<|im_start|>user\n${words}<|im_end|>\n<|im_start|>assistant\n`,
    ]),
};

const FAMILIES = {
  siglip: {
    vision: SiglipVisionModel,
    text: SiglipTextModel,
    outputs: ["pooler_output", "pooler_output"],
    encode: (words) => tokenizer([words], { padding: "max_length", truncation: true }),
  },
  clip: {
    vision: CLIPVisionModelWithProjection,
    text: CLIPTextModelWithProjection,
    outputs: ["image_embeds", "text_embeds"],
    encode: (words) => tokenizer([words], { padding: true, truncation: true }),
  },
  // A tower is a tower; the text is the prompt that the package `photo` has.
  photo: {
    vision: SiglipVisionModel,
    text: SiglipTextModel,
    outputs: ["pooler_output", "pooler_output"],
    encode: (words) =>
      tokenizer([`a photo of a ${words.replace(/^an? /, "")}`], { truncation: true }),
  },
  "qwen-nano": QWEN,
  "qwen-slice": QWEN,
};

env.allowRemoteModels = false;
env.allowLocalModels = true;
env.localModelPath = "/models/";
env.useBrowserCache = false;
env.useWasmCache = false;
const { wasm } = env.backends.onnx;

let family, processor, vision, tokenizer, text, model, options;

async function load({ model: name, dtype, threads, device = "wasm" }) {
  const file = (end) =>
    new URL(`/ort-transformers/ort-wasm-simd-threaded.asyncify.${end}`, location).href;
  wasm.wasmPaths = { mjs: file("mjs"), wasm: file("wasm") };
  wasm.numThreads = threads;
  model = name;
  family = FAMILIES[name];
  options = { device, dtype: dtype === "f32" ? "fp32" : dtype };
  processor = await AutoProcessor.from_pretrained(name, {});
  vision = await family.vision.from_pretrained(name, options);
}

async function photo(image) {
  const outputs = await vision(await processor(await RawImage.fromBlob(image)));
  return outputs[family.outputs[0]].data.slice();
}

async function embedText(words) {
  // What embeds photos only needs no text model.
  tokenizer ??= await AutoTokenizer.from_pretrained(model);
  text ??= await family.text.from_pretrained(model, options);
  const outputs = await text(family.encode(words));
  return outputs[family.outputs[1]].data.slice();
}

async function about() {
  return { version: env.version, threads: wasm.numThreads, isolated: crossOriginIsolated };
}

answer({ load, photo, text: embedText, about });
