/** The model as a page sees it. */

import { chooseDevice } from "./device.js";
import { type Engine, EngineHost } from "./engine.js";
import { AgffError, throwIfAborted } from "./errors.js";
import { readInput } from "./input.js";
import type {
  EmbedInput,
  EmbedOptions,
  Embedding,
  ImageSource,
  LoadOptions,
  ModelInfo,
  Similarity,
} from "./types.js";

/**
 * A loaded model.
 *
 * ```ts
 * const agff = await Agff.load("/models/agff-nano");
 * const photo = await agff.embedImage(file);
 * const query = await agff.embedText("a red mug left of a laptop");
 * const { score } = agff.similarity(query, photo);
 * ```
 *
 * All failures are {@link AgffError}s. Calls may overlap; they are run one after another.
 */
export class Agff {
  private queue: Promise<unknown> = Promise.resolve();
  private disposed = false;

  private constructor(
    private readonly host: EngineHost,
    private readonly engine: Engine,
    private readonly modelInfo: ModelInfo,
  ) {}

  /**
   * Loads the package at `url`, the folder that holds `agff.json`. Only one engine is downloaded:
   * the GPU one or the CPU one.
   */
  static async load(url: string | URL, options: LoadOptions = {}): Promise<Agff> {
    const { signal } = options;
    const onProgress = guarded(options.onProgress);
    throwIfAborted(signal, String(url));
    const base = packageUrl(url);
    const device = await chooseDevice(options.device ?? "auto");
    throwIfAborted(signal, base);
    const host = await EngineHost.get(device.kind, onProgress, signal);
    const engine = await host.run(
      () =>
        host.module.Engine.load(base, {
          device: device.kind,
          limits: options.limits,
          kernels: options.kernels,
          onProgress: onProgress
            ? (loaded, total, file) => onProgress({ phase: "package", loaded, total, file })
            : undefined,
          signal,
        }),
      base,
    );
    const info = host.runSync(() => engine.info());
    // The engine knows what it was told to use; this side knows why, and the adapter's name.
    return new Agff(host, engine, { ...info, device: { ...device, kind: info.device.kind } });
  }

  /** What is known about the package, and which device runs it and why. */
  get info(): ModelInfo {
    return this.modelInfo;
  }

  /** Embeds one input: an image, a text, or both as one. */
  embed(input: EmbedInput, options?: EmbedOptions): Promise<Embedding>;
  /** Embeds several inputs in one pass, which is faster than one by one. */
  embed(inputs: readonly EmbedInput[], options?: EmbedOptions): Promise<Embedding[]>;
  async embed(
    input: EmbedInput | readonly EmbedInput[],
    options: EmbedOptions = {},
  ): Promise<Embedding | Embedding[]> {
    const { signal, instruction } = options;
    const inputs = Array.isArray(input) ? (input as readonly EmbedInput[]) : [input as EmbedInput];
    const subject = inputs.length === 1 ? (inputs[0]?.name ?? "") : "";
    throwIfAborted(signal, subject);
    const read = await Promise.all(
      inputs.map((one) =>
        readInput(
          instruction === undefined || one.instruction !== undefined
            ? one
            : { ...one, instruction },
          signal,
        ),
      ),
    );
    const results = await this.enqueue(() => {
      throwIfAborted(signal, subject);
      return this.engine.embed(read);
    }, subject);
    if (Array.isArray(input)) return results;
    const first = results[0];
    if (!first) throw new AgffError("internal", subject, "the engine gave no embedding");
    return first;
  }

  /** Embeds a photo: a `File`, `Blob`, URL, `ImageData`, `ImageBitmap`, canvas or `<img>`. */
  embedImage(image: ImageSource, options?: EmbedOptions): Promise<Embedding> {
    return this.embed({ image }, options);
  }

  /** Embeds a text. */
  embedText(text: string, options?: EmbedOptions): Promise<Embedding> {
    return this.embed({ text }, options);
  }

  /** The fused similarity of two embeddings of this model, with its explanation. */
  similarity(query: Embedding, target: Embedding): Similarity {
    this.throwIfDisposed();
    return this.host.runSync(() => this.engine.similarity(query, target));
  }

  /**
   * The first `dimensions` values of every vector, made unit vectors again: smaller to keep, and
   * still comparable with others that were cut to the same length.
   */
  truncate(embedding: Embedding, dimensions: number): Embedding {
    this.throwIfDisposed();
    return this.host.runSync(() => this.engine.truncate(embedding, dimensions));
  }

  /** Waits for what is running and gives the weights' memory back. May be called twice. */
  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.queue.catch(() => {});
    this.host.release(this.engine);
  }

  /** {@link dispose}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private enqueue<T>(call: () => Promise<T>, subject: string): Promise<T> {
    this.throwIfDisposed();
    const result = this.queue.then(() => this.host.run(call, subject));
    this.queue = result.catch(() => {});
    return result;
  }

  private throwIfDisposed(): void {
    if (this.disposed) {
      throw new AgffError("input", "", "this model was disposed of; load it again");
    }
  }
}

function packageUrl(url: string | URL): string {
  try {
    const here = globalThis.document?.baseURI ?? globalThis.location?.href;
    const base = new URL(url, here);
    base.pathname = base.pathname.replace(/\/agff\.json$/, "/");
    base.search = base.hash = "";
    if (!base.pathname.endsWith("/")) base.pathname += "/";
    return base.href;
  } catch (error) {
    throw new AgffError("input", String(url), "this is not a URL of a package", error);
  }
}

// A fault in the caller's callback is reported like any uncaught one, and does not stop the loading.
function guarded(callback: LoadOptions["onProgress"]): LoadOptions["onProgress"] {
  if (!callback) return undefined;
  return (progress) => {
    try {
      callback(progress);
    } catch (error) {
      reportError(error);
    }
  };
}
