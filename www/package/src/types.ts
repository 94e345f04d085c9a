/** The public types: what goes in, and what comes out. */

import type { AgffError } from "./errors.js";

/** Where the model runs. */
export type DeviceKind = "gpu" | "cpu";

/**
 * Where a package's files are kept between loads: in the browser's private file system, in this
 * page's memory, or nowhere.
 */
export type CacheMode = "opfs" | "memory" | false;

/**
 * Who decodes photos. `"exact"` is the decoder of the desktop, so that a photo has the same vector
 * everywhere; what it does not read (AVIF, HEIC, more than 24 megapixels) goes to the browser's.
 * `"browser"` takes the browser's for all.
 */
export type DecodePreference = "exact" | "browser";

/** How a photo became pixels: by one of the two decoders, or it was given as pixels. */
export type DecodePath = "exact" | "browser" | "pixels";

/** What {@link Agff.load} can load. */
export type ModelSource = string | URL | PackageUrls | Iterable<File>;

/** How a checkpoint is found and converted. Packages, which are finished, have no use for it. */
export interface CheckpointOptions {
  /** How the weights of linear layers are stored; `"q8"` when left out. */
  dtype?: "f32" | "f16" | "q8" | "q4";
  /** A branch, a tag or a commit; `"main"` when left out. */
  revision?: string;
  /** For models that not everybody may read. Only the hub itself is told, never the server that it refers to. */
  token?: string;
  /** The hub that names belong to; `"https://huggingface.co"` when left out. */
  hub?: string;
  /** Adds a grid of so many parts of the photo on a side as fine views, for models of two towers: 2 to 15. */
  regions?: number;
  /**
   * An adapter of PEFT (LoRA) that is folded into the weights: its name at the hub, or the URL of its folder. One that
   * lies beside the weights is folded in by itself.
   */
  adapter?: string | URL;
  /** Views, fusion and prompts, as the text of a `views.json` or as its object. */
  views?: string | object;
  /** Fewest pixels that photos are read with, instead of the checkpoint's own. */
  minPixels?: number;
  /** Most pixels that photos are read with, instead of the checkpoint's own. */
  maxPixels?: number;
}

/** Options of {@link Agff.plan}. */
export interface PlanOptions extends CheckpointOptions {
  /** Whose memory is looked at; `"auto"` when left out. */
  device?: "auto" | DeviceKind;
  /** Stops the asking with an error of the code `aborted`. */
  signal?: AbortSignal;
}

/** What a model would take, in bytes. */
export interface ModelPlan {
  /** Its own name. */
  readonly name: string;
  /** The family of models that it belongs to, which is the code that runs it. */
  readonly family: string;
  /** The number of weights; not known of packages. */
  readonly parameters: number | undefined;
  /** What comes over the network, if nothing of it is there yet. */
  readonly download: number;
  /** What is kept in the browser: all tensors of the package. */
  readonly package: number;
  /** What is on the device as long as the model is loaded. */
  readonly device: number;
  /** The token embeddings, of which only the rows that are needed are read. */
  readonly tokenTable: number;
  /** The largest tensor on the device; not known of packages. */
  readonly largest: number | undefined;
  /** Whether there is room, as far as the browser says: `false` if there is surely none. */
  readonly fits: boolean;
  /** Why not; empty if it fits. */
  readonly reason: string;
}

/** Options of `Agff.load`. */
export interface LoadOptions extends CheckpointOptions {
  /**
   * `"auto"` (the default) takes the GPU, or the CPU when there is no adapter or only a software
   * one. `"gpu"` and `"cpu"` insist.
   */
  device?: "auto" | DeviceKind;
  /**
   * How many threads compute on the CPU; `"auto"` when left out: as many as the processor has cores, up to eight.
   * They share one model's memory if the page is cross-origin isolated. If not, there are as many workers, each with
   * a copy of the model if it is small, which share out the inputs of a batch. {@link DeviceInfo.threads} tells.
   */
  threads?: "auto" | number;
  /**
   * How the CPU multiplies with q8 and q4 weights: `"fast"`, as whole numbers of twelve bits, when left out;
   * `"exact"`, as floats.
   */
  precision?: "fast" | "exact";
  /** Whether to work in a Web Worker, so that the page stays responsive; `true` when left out. */
  worker?: boolean;
  /**
   * Where the package's files are kept; `"opfs"` when left out. Where the browser has no private
   * file system (or the page is not served over HTTPS), memory is taken instead, which
   * {@link ModelInfo.cache} tells.
   */
  cache?: CacheMode;
  /** Who decodes photos; `"exact"` when left out. Calls may state another. */
  decode?: DecodePreference;
  /**
   * After how many milliseconds without a sign of life the worker counts as hung and is replaced.
   * When left out: a minute, and on the CPU as much more as a pass of this model may take.
   */
  maxSilence?: number;
  /** `"guaranteed"` asks the GPU for nothing beyond the limits that WebGPU guarantees everywhere. */
  limits?: "guaranteed";
  /** `"hardware"` runs the kernels that are made for real GPUs on a software adapter too: for tests. */
  kernels?: "hardware";
  /** Called while the engine and the package are loaded. */
  onProgress?: (progress: LoadProgress) => void;
  /** Stops the loading with an error of the code `aborted`. What has arrived is kept in the cache. */
  signal?: AbortSignal;
}

/**
 * A package by the URL of each of its files, by its path in the package: for files that a bundler
 * has renamed. `agff/photo` exports those of the default model, `agff/nano` those of agff-nano.
 */
export interface PackageUrls {
  /** A name for messages and for the cache. */
  readonly name: string;
  /** `agff.json` and every file that it lists; or nothing, for what the cache has under this name. */
  readonly files: Readonly<Record<string, string>>;
}

/** How far the loading is. */
export interface LoadProgress {
  /**
   * `"engine"` while the program is fetched, `"package"` while the package's files are fetched or
   * found in the cache, `"upload"` while the weights are checked and put on the device, and once
   * `"ready"`.
   */
  readonly phase: "engine" | "package" | "upload" | "ready";
  /** Bytes so far in this phase. */
  readonly loaded: number;
  /** Bytes of this phase, or 0 when they are not known. */
  readonly total: number;
  /** The file that is being read. */
  readonly file: string;
  /** Bytes of that file so far. */
  readonly fileLoaded: number;
  /** Its length in bytes, or 0 when it is not known. */
  readonly fileTotal: number;
}

/** Options of the embedding calls. */
export interface EmbedOptions {
  /** What the embedding is for, in words; the package's own instruction when left out. */
  instruction?: string;
  /** Who decodes photos; what {@link LoadOptions.decode} says when left out. */
  decode?: DecodePreference;
  /** Gives the call up, within one pass of the model, with an error of the code `aborted`. */
  signal?: AbortSignal;
}

/** Options of the calls that embed many inputs. */
export interface BatchOptions extends EmbedOptions {
  /** Called with every input that is done. */
  onProgress?: (progress: BatchProgress) => void;
}

/** How far a batch is. */
export interface BatchProgress {
  /** Inputs that are embedded or refused. */
  readonly done: number;
  /** All inputs, if their number is known beforehand (of an array it is). */
  readonly total: number | undefined;
  /** Milliseconds until the end at the speed so far; undefined until it can be told. */
  readonly eta: number | undefined;
}

/** One input of a batch, embedded or refused. */
export type BatchResult =
  | {
      /** The place of the input, from 0. */
      readonly index: number;
      /** The file's name, or what else names the input. */
      readonly name: string;
      /** What was asked for. */
      readonly embedding: Embedding;
      /** Absent. */
      readonly error?: undefined;
    }
  | {
      /** The place of the input, from 0. */
      readonly index: number;
      /** The file's name, or what else names the input. */
      readonly name: string;
      /** Absent. */
      readonly embedding?: undefined;
      /** Why this input cannot be embedded; the others are not affected. */
      readonly error: AgffError;
    };

/** Whatever a browser knows as an image. */
export type ImageSource =
  | Blob
  | URL
  | string
  | ImageData
  | ImageBitmap
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLImageElement;

/** One thing to embed: an image, a text, or both together as one input. */
export interface EmbedInput {
  /**
   * A photo. A `File`, `Blob`, URL or `<img>` is read as the encoded file; pixels from a canvas or a
   * bitmap are taken as they are.
   */
  image?: ImageSource;
  /** A text. */
  text?: string;
  /** What the embedding is for, in words; the package's own instruction when left out. */
  instruction?: string;
  /** A name for error messages; taken from the file or URL when left out. */
  name?: string;
}

/** 1 + K unit vectors of one input: the global view and K fine ones. */
export interface Embedding {
  /** Names of the views, `global` first. */
  readonly views: readonly string[];
  /** Length of each view's vector. */
  readonly dimensions: number;
  /** The vectors one after another: `views.length * dimensions` numbers. */
  readonly values: Float32Array;
  /** How many tokens the input was, prefix and all views together. */
  readonly tokens: number;
  /** Whether the text was too long and has been cut. */
  readonly truncated: boolean;
  /**
   * How the photo became pixels. Vectors of one photo by different ways differ a little, so an
   * index should keep to one. Absent without a photo.
   */
  readonly decode?: DecodePath;
}

/**
 * A number for each of the four perception patterns. The first letter is the query's side, the
 * second the target's: `g` its global view, `f` its fine ones.
 */
export interface Patterns {
  /** The whole of the query with the whole of the target. */
  gg: number;
  /** Details of the query with the whole of the target. */
  fg: number;
  /** The whole of the query with details of the target. */
  gf: number;
  /** Details of the query with details of the target. */
  ff: number;
}

/** The fused similarity of a query and a target, and its explanation. */
export interface Similarity {
  /** The fused similarity; cosines fused by a log-sum-exp, at most 1. */
  readonly score: number;
  /** The similarity within each pattern. */
  readonly patterns: Patterns;
  /** How much each pattern contributed; they sum to 1. */
  readonly weights: Patterns;
  /** The most similar pair of views: the query's name, then the target's. */
  readonly best: readonly [query: string, target: string];
  /** The target's fine view that counts most; undefined if it has none. */
  readonly fine: string | undefined;
}

/** A rectangle of a photo, upright as people see it, in fractions of its sides. */
export interface Region {
  /** Its left edge. */
  readonly x: number;
  /** Its upper edge. */
  readonly y: number;
  /** Its width. */
  readonly width: number;
  /** Its height. */
  readonly height: number;
}

/** How view similarities become one score; a part of the package. */
export interface Fusion {
  /** τ of the log-sum-exp. */
  readonly temperature: number;
  /** How the pairs within a pattern are reduced. */
  readonly reduction: "log-sum-exp" | "max" | "mean";
}

/**
 * How a model that was trained with a sigmoid loss, as SigLIP, turns a cosine of two whole views into the
 * probability that a text is of a photo: `1 / (1 + exp(-(scale * cosine + bias)))`.
 */
export interface Probability {
  /** What a cosine is multiplied with. */
  readonly scale: number;
  /** What is added to it. */
  readonly bias: number;
}

/** What a model says of its scores: what they are divided by for a text, and how that becomes a certainty. */
export interface Calibration {
  /** Directions in which scores spread. */
  readonly spread: {
    /** What the whole numbers of each are multiplied with. */
    readonly scales: readonly number[];
    /** The directions one after another, as whole numbers of 8 bits in hexadecimal. */
    readonly directions: string;
    /** What lies in no direction, on the mean over all dimensions. */
    readonly rest: number;
  };
  /** How fast certainty grows with the quotient. */
  readonly slope: number;
  /** The quotient at which it is one half. */
  readonly middle: number;
  /** From here on a match is `"probably"`. */
  readonly probably: number;
  /** From here on it is `"perhaps"`. */
  readonly perhaps: number;
}

/** A certainty in a word: it probably shows it, it may, or it is only the nearest of those that there are. */
export type Sure = "probably" | "perhaps" | "hardly";

/** How sure matches of one text are. */
export interface Certainty {
  /** Of a match: a number between 0 and 1, and a word for it. */
  of(match: Pick<Similarity, "score" | "patterns">): {
    /** The number. */
    certainty: number;
    /** The word. */
    sure: Sure;
  };
  /** The score from which on matches are `"perhaps"`; undefined where the score does not decide. */
  readonly leastScore: number | undefined;
}

/** The device that runs the model, and why it was taken. */
export interface DeviceInfo {
  /** Which of the two it is. */
  readonly kind: DeviceKind;
  /** The adapter's own name, as far as the browser tells it. */
  readonly name: string;
  /** Why this device, in a phrase that can follow "because"; empty when it was asked for. */
  readonly reason: string;
  /** How many threads compute on it. */
  readonly threads: ThreadsInfo;
}

/** How many threads compute. */
export interface ThreadsInfo {
  /** How many there are, or may be: copies are made when there is work for them. */
  readonly count: number;
  /** Whether they share a model, and so compute one input faster, too; if not, each has a copy. */
  readonly shared: boolean;
  /** Why there are not more, in a phrase that can follow "because"; empty when there are as many as were asked for. */
  readonly reason: string;
}

/** Where the package's files came from and are kept. */
export interface CacheInfo {
  /** What is used, which is not what was asked for where the browser lacks it. */
  readonly mode: CacheMode;
  /** Why it is not what was asked for; empty when it is. */
  readonly reason: string;
  /** Bytes that came over the network for this load; the engine is not counted. */
  readonly downloaded: number;
  /** Bytes that were found in the cache. */
  readonly reused: number;
  /** Bytes that were damaged in the cache and fetched anew. */
  readonly repaired: number;
  /** Whether the manifest could not be asked for anew, and the kept one was taken. */
  readonly offline: boolean;
}

/** What is known about the loaded package and its device. */
export interface ModelInfo {
  /** The package's name. */
  readonly name: string;
  /** Where it was loaded from. */
  readonly url: string;
  /** Whether the weights were ever trained. If not, a ranking means nothing. */
  readonly trained: boolean;
  /** The weights' licence. */
  readonly licence: string;
  /** Where the weights come from. */
  readonly provenance: string;
  /** The languages of texts that it knows, as BCP 47 tags; empty if its package does not say. */
  readonly languages: readonly string[];
  /** The same for packages whose vectors may be compared, and for no others. */
  readonly fingerprint: string;
  /** Names of the views, `global` first. */
  readonly views: readonly string[];
  /** Where the fine views are that see a part of the photo. Empty for models whose views are not places. */
  readonly regions: Readonly<Record<string, Region>>;
  /** Dimensions that an embedding may be cut to, the full one first. */
  readonly dimensions: readonly number[];
  /** How the weights are stored: `f32`, `f16`, `q8` or `q4`. */
  readonly dtype: string;
  /** Bytes of the package's files. */
  readonly bytes: number;
  /** How the views' similarities are fused. */
  readonly fusion: Fusion;
  /** How a cosine becomes a probability; undefined for models without one. */
  readonly probability: Probability | undefined;
  /** How sure matches are; undefined for models that were not calibrated. */
  readonly certainty: Calibration | undefined;
  /** The instruction that is used when a call states none. */
  readonly instruction: string;
  /** The package's other instructions by name, such as `query` and `document`. */
  readonly instructions: Readonly<Record<string, string>>;
  /** Where it runs. */
  readonly device: DeviceInfo;
  /** Whether it runs in a worker. */
  readonly worker: boolean;
  /** Where its files are kept. */
  readonly cache: CacheInfo;
}

/** What of packages is kept in the browser's private file system, to be seen and thrown away. */
export interface PackageCache {
  /** The kept packages, the one that was used last first. */
  list(): Promise<CachedPackage[]>;
  /**
   * Throws a package away, or everything that is kept, unfinished downloads too. Files that another
   * package has as well stay. Models that are loaded go on; they fetch again what they miss. One that was made
   * of a checkpoint is named as in `load`, with the same options, or by the `url` that `list` gives.
   */
  delete(source?: string | URL | PackageUrls, options?: CheckpointOptions): Promise<void>;
  /**
   * Asks the browser not to clear this site's storage when the disk is full. Gives whether it
   * agreed; some browsers ask the person.
   */
  persist(): Promise<boolean>;
}

/** A package in the private file system. */
export interface CachedPackage {
  /** Where it came from: what `Agff.load` was called with, as an absolute URL, or a name. */
  readonly url: string;
  /** Its name. */
  readonly name: string;
  /** Bytes of it that are there. */
  readonly bytes: number;
  /** Bytes that it has in all. */
  readonly total: number;
  /** When it was last loaded. */
  readonly used: Date;
}
