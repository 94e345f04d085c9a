/// <reference lib="esnext.disposable" preserve="true" />
/** The model as a page sees it. */

import { type Backend, type Loaded, type Setup } from "./backend.js";
import { embedAll, photosInAPack, textsInAPack } from "./batch.js";
import { certaintyOf } from "./certainty.js";
import { AgffError, disposedOf, fromPlain, throwIfAborted } from "./errors.js";
import { guarded } from "./guarded.js";
import type { Indexes, OpenIndexOptions, PhotoIndex } from "./index-types.js";
import { locate } from "./location.js";
import type { Manifest } from "./manifest.js";
import { crossing, inputName, nameOf } from "./portable.js";
import { checkMany, oneOf, wholeFrom } from "./given.js";
import { similarity, truncate } from "./similarity.js";
import type {
  Certainty,
  BatchOptions,
  BatchResult,
  DecodePreference,
  EmbedInput,
  EmbedOptions,
  Embedding,
  ImageSource,
  LoadOptions,
  ModelInfo,
  ModelPlan,
  ModelSource,
  PackageCache,
  PlanOptions,
  Similarity,
} from "./types.js";
import { WorkerBackend } from "./worker-backend.js";

/**
 * A loaded model.
 *
 * ```ts
 * const agff = await Agff.load();
 * const photo = await agff.embedImage(file);
 * const query = await agff.embedText("a red mug left of a laptop");
 * const { score } = agff.similarity(query, photo);
 * ```
 *
 * All failures are {@link AgffError}s. Calls may overlap; the engine runs one after another, single
 * inputs before those of a batch.
 */
export class Agff {
  /** What of packages is kept in the browser. */
  static readonly cache: PackageCache = {
    list: async () => (await import("./cache.js")).cache.list(),
    delete: async (...which) => (await import("./cache.js")).cache.delete(...which),
    persist: async () => (await import("./cache.js")).cache.persist(),
  };

  /** The indexes that this site keeps: `list()`, `photos(name)`, `delete(name)`. */
  static readonly indexes: Indexes = {
    list: async () => (await import("./indexes.js")).list(),
    photos: async function* (name) {
      yield* (await import("./indexes.js")).photos(name);
    },
    delete: async (name) => (await import("./indexes.js")).remove(name),
  };

  private disposed = false;
  private known: { loaded: Loaded; manifest: Manifest; info: ModelInfo } | undefined;

  private constructor(
    private readonly backend: Backend,
    private readonly decode: DecodePreference,
    private readonly inWorker: boolean,
  ) {}

  /**
   * Loads a model. By name one that comes with this library: `"photo"`, which is also what is loaded when none
   * is named, or `"agff-nano"`. A package: the URL of its folder, which holds `agff.json`, or the URLs of its
   * files. Or a checkpoint in its original form: by its name at a model hub, `"google/siglip2-base-patch16-224"`,
   * the URL of such a folder, or its files as somebody has chosen them. It is then converted while its bytes
   * arrive, and the package is kept in the browser for the next time.
   *
   * Only one engine is downloaded: the GPU one or the CPU one.
   */
  static async load(source: ModelSource = "photo", options: LoadOptions = {}): Promise<Agff> {
    const { signal, worker = true, decode = "exact" } = options;
    throwIfAborted(signal, typeof source === "string" ? source : "");
    oneOf("device", options.device, ["auto", "gpu", "cpu"]);
    oneOf("cache", options.cache, ["opfs", "memory", false]);
    oneOf("decode", decode, ["exact", "browser"]);
    oneOf("precision", options.precision, ["fast", "exact"]);
    if (options.threads !== "auto") wholeFrom("threads", options.threads ?? 1, 1, 64);
    const onProgress = guarded(options.onProgress);
    const setup: Setup = {
      location: await locate(source, options),
      device: options.device ?? "auto",
      limits: options.limits,
      kernels: options.kernels,
      precision: options.precision,
      threads: options.threads,
      inWorker: worker,
      cache: options.cache ?? "opfs",
      maxSilence: options.maxSilence,
      onProgress,
      signal,
    };
    throwIfAborted(signal, setup.location.key);
    const backend = worker
      ? await inWorkers(setup)
      : await (await import("./direct-backend.js")).DirectBackend.load(setup);
    const agff = new Agff(backend, decode, worker);
    const { bytes } = agff.info;
    onProgress?.({
      phase: "ready",
      loaded: bytes,
      total: bytes,
      file: "",
      fileLoaded: 0,
      fileTotal: 0,
    });
    return agff;
  }

  /**
   * What a model would take: bytes to download, to keep, and on the device. Of a checkpoint only its small files
   * are read, so whether it can be converted at all is known, too.
   */
  static async plan(source: ModelSource, options: PlanOptions = {}): Promise<ModelPlan> {
    oneOf("device", options.device, ["auto", "gpu", "cpu"]);
    return (await import("./plan-call.js")).plan(await locate(source, options), options);
  }

  /** What is known about the package, and which device runs it and why. */
  get info(): ModelInfo {
    return this.about().info;
  }

  /** Embeds one input: an image, a text, or both as one. */
  embed(input: EmbedInput, options?: EmbedOptions): Promise<Embedding>;
  /** Embeds several inputs together; fails with the first one that cannot be used. */
  embed(inputs: readonly EmbedInput[], options?: BatchOptions): Promise<Embedding[]>;
  async embed(
    input: EmbedInput | readonly EmbedInput[],
    options: EmbedOptions = {},
  ): Promise<Embedding | Embedding[]> {
    if (Array.isArray(input)) {
      const inputs = input as readonly EmbedInput[];
      const texts = inputs.every((one?: EmbedInput | null) => one?.image === undefined);
      return this.collect(inputs, texts ? textsInAPack() : this.photos(), options);
    }
    this.throwIfDisposed();
    const { signal, instruction, decode = this.decode } = options;
    const one = input as EmbedInput;
    throwIfAborted(signal, inputName(one));
    const prepare = async () => [await crossing(one, instruction)];
    const [outcome] = await this.backend.embed({ prepare, decode, signal, urgent: true });
    if (!outcome) throw new AgffError("internal", "", "the engine gave no embedding");
    if ("error" in outcome) throw fromPlain(outcome.error);
    return outcome.embedding;
  }

  /** Embeds a photo: a `File`, `Blob`, URL, `ImageData`, `ImageBitmap`, canvas or `<img>`. */
  embedImage(image: ImageSource, options?: EmbedOptions): Promise<Embedding> {
    return this.embed({ image }, options);
  }

  /** Embeds a text. */
  embedText(text: string, options?: EmbedOptions): Promise<Embedding> {
    return this.embed({ text }, options);
  }

  /**
   * Embeds many photos, several in one pass where the device gains by it, and gives the results in
   * their order as they come. A photo that cannot be used has an `error` in the place of its
   * `embedding`. Leaving the loop stops the work.
   *
   * ```ts
   * for await (const { name, embedding, error } of agff.embedImages(files)) {
   *   if (embedding) keep(name, embedding);
   *   else console.warn(name, error.message);
   * }
   * ```
   */
  embedImages(
    images: Iterable<ImageSource | EmbedInput> | AsyncIterable<ImageSource | EmbedInput>,
    options: BatchOptions = {},
  ): AsyncGenerator<BatchResult, void, undefined> {
    this.throwIfDisposed();
    checkMany(images, "images", "embedImage");
    return this.all(asInputs(images), this.photos(), options);
  }

  /**
   * Embeds many texts in few passes, equal ones once; fails with the first one that cannot be used. Progress counts
   * those that differ.
   */
  async embedTexts(texts: Iterable<string>, options: BatchOptions = {}): Promise<Embedding[]> {
    checkMany(texts, "texts", "embedText");
    const all = [...texts];
    const different = [...new Set(all)];
    const inputs = different.map((text) => ({ text }));
    const made = await this.collect(inputs, textsInAPack(), options);
    const of = new Map(different.map((text, i) => [text, made[i]!]));
    return all.map((text) => {
      const embedding = of.get(text)!;
      return { ...embedding, values: embedding.values.slice() };
    });
  }

  /** The fused similarity of two embeddings of this model, with its explanation. */
  similarity(query: Embedding, target: Embedding): Similarity {
    return similarity(query, target, this.info.fusion);
  }

  /**
   * The probability that a text is of a photo, between 0 and 1, as the model was trained to give it: of their
   * global views, each pair by itself and not among others. Undefined for models without one, which are all but
   * those of SigLIP's kind, and for embeddings that were cut.
   */
  probability(query: Embedding, target: Embedding): number | undefined {
    const { fusion, probability, dimensions } = this.info;
    const { patterns } = similarity(query, target, fusion);
    if (!probability || query.dimensions !== dimensions[0]) return undefined;
    return 1 / (1 + Math.exp(-(probability.scale * patterns.gg + probability.bias)));
  }

  /**
   * How sure matches of a text are: whether a photo shows it, or is only the nearest of those that there are.
   * Undefined for models that do not say, and for embeddings that were cut.
   *
   * ```ts
   * const text = await agff.embedText("dog");
   * const { certainty, sure } = agff.certainty(text)!.of(agff.similarity(text, photo));
   * ```
   */
  certainty(text: Embedding): Certainty | undefined {
    return certaintyOf(this.info, text);
  }

  /**
   * The first `dimensions` values of every vector, made unit vectors again: smaller to keep, and
   * still comparable with others that were cut to the same length.
   */
  truncate(embedding: Embedding, dimensions: number): Embedding {
    return truncate(embedding, dimensions);
  }

  /**
   * Opens an index of photos that is kept in this browser, or makes it. It is bound to this model:
   * vectors of another one are refused with an error of the code `index-model`.
   *
   * ```ts
   * const index = await agff.openIndex("photos");
   * await index.add(files, { onProgress });
   * const hits = await index.search("a red mug left of a laptop");
   * ```
   */
  async openIndex(name: string, options: OpenIndexOptions = {}): Promise<PhotoIndex> {
    this.throwIfDisposed();
    throwIfAborted(options.signal, name);
    const { openIndex } = await import("./photo-index.js");
    return openIndex(this, (...call) => this.backend.index(...call), name, options);
  }

  /** Waits for what is running and gives the weights' memory back. May be called twice. */
  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    await this.backend.dispose();
  }

  /** {@link dispose}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private all(
    inputs: Iterable<EmbedInput> | AsyncIterable<EmbedInput>,
    packSize: number,
    options: BatchOptions,
  ): AsyncGenerator<BatchResult, void, undefined> {
    const onProgress = guarded(options.onProgress);
    const { decode = this.decode } = options;
    return embedAll(this.backend, inputs, packSize, decode, {
      ...options,
      ...(onProgress ? { onProgress } : {}),
    });
  }

  private async collect(
    inputs: readonly EmbedInput[],
    packSize: number,
    options: BatchOptions,
  ): Promise<Embedding[]> {
    this.throwIfDisposed();
    const embeddings = [];
    for await (const { embedding, error } of this.all(inputs, packSize, options)) {
      if (error) throw error;
      embeddings.push(embedding);
    }
    return embeddings;
  }

  private photos(): number {
    return photosInAPack(this.about().manifest, this.info.device);
  }

  /** Made anew when the model was loaded again after a loss. */
  private about(): { manifest: Manifest; info: ModelInfo } {
    const { loaded } = this.backend;
    if (this.known?.loaded !== loaded) {
      const manifest = JSON.parse(loaded.reply.manifest) as Manifest;
      const info = describe(manifest, loaded, this.inWorker);
      this.known = { loaded, manifest, info };
    }
    return this.known;
  }

  private throwIfDisposed(): void {
    if (this.disposed) throw disposedOf();
  }
}

/** In one worker, or in several with a copy of the model each. */
async function inWorkers(setup: Setup): Promise<Backend> {
  const first = await WorkerBackend.load(setup);
  if (first.loaded.device.threads.shared) return first;
  return (await import("./pool-backend.js")).pool(setup, first);
}

function describe(manifest: Manifest, { reply, device }: Loaded, worker: boolean): ModelInfo {
  const { name, trained, licence, dimensions, dtype, fusion, prompt } = manifest;
  const { provenance = "", languages = [] } = manifest;
  return {
    name,
    url: reply.key,
    trained,
    licence,
    provenance,
    languages,
    fingerprint: reply.fingerprint,
    views: manifest.views.map((view) => view.name),
    regions: Object.fromEntries(
      manifest.views.flatMap(({ name, region }) => (region ? [[name, region]] : [])),
    ),
    dimensions,
    dtype,
    bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
    fusion,
    probability: manifest.probability,
    certainty: manifest.certainty,
    instruction: prompt.instruction,
    instructions: prompt.named ?? {},
    // The engine knows what it was told to use; the page knows why, and the adapter's name.
    device: { ...device, kind: reply.device },
    worker,
    cache: reply.cache,
  };
}

/** Keeps an array an array, whose length is known. */
function asInputs(
  images: Iterable<ImageSource | EmbedInput> | AsyncIterable<ImageSource | EmbedInput>,
): Iterable<EmbedInput> | AsyncIterable<EmbedInput> {
  if (Array.isArray(images)) return (images as (ImageSource | EmbedInput)[]).map(asInput);
  return (async function* () {
    for await (const image of images) yield asInput(image);
  })();
}

function asInput(image: ImageSource | EmbedInput): EmbedInput {
  return isInput(image) ? image : { image, name: nameOf(image) };
}

// Blobs have a method that is called `text`.
function isInput(image: ImageSource | EmbedInput): image is EmbedInput {
  const isObject = typeof image === "object" && image !== null && !(image instanceof Blob);
  return isObject && ("image" in image || "text" in image);
}
