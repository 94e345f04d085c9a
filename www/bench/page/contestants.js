/**
 * The contestants of models.js. Each has `load()`, `photo(blob)`, `text(string)` and `about()`, and works in a worker of
 * its own.
 */

/** This library through its public interface; `options` are those of `Agff.load`. */
export function ours({ model, dtype, options }) {
  let agff;
  return {
    async load() {
      const { Agff } = await import("/agff/dist/index.js");
      const url = new URL(`/models/${model}-${dtype}`, location.href).href;
      agff = await Agff.load(url, { device: "cpu", cache: false, ...options });
    },
    photo: async (image) => global(await agff.embedImage(image)),
    text: async (text) => global(await agff.embedText(text)),
    async about() {
      const { device } = agff.info;
      return { threads: device.threads?.count ?? 1, device };
    },
  };
}

function global({ values, dimensions }) {
  return values.subarray(0, dimensions);
}

/** transformers.js, or ONNX Runtime Web with ready pixels: what `program` has. */
function inWorker(program, setup) {
  const worker = new Worker(new URL(program, import.meta.url), { type: "module" });
  let next = 0;
  const waiting = new Map();
  worker.onerror = ({ message }) => {
    for (const { reject } of waiting.values()) reject(new Error(`${program}: ${message}`));
  };
  worker.onmessage = ({ data: { id, error, result } }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(`${program}: ${error}`));
    else resolve(result);
  };
  const call = (verb) => (argument) =>
    new Promise((resolve, reject) => {
      waiting.set(++next, { resolve, reject });
      worker.postMessage({ id: next, verb, argument });
    });
  return {
    load: () => call("load")(setup),
    photo: call("photo"),
    text: call("text"),
    about: call("about"),
  };
}

export const theirs = (setup) => inWorker("./worker-transformers.js", setup);
export const runtime = (setup) => inWorker("./worker-onnx.js", setup);

export const CONTESTANTS = { ours, theirs, runtime };
