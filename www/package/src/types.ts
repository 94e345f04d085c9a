/** The public types: what goes in, and what comes out. */

/** Where the model runs. */
export type DeviceKind = "gpu" | "cpu";

/** Options of {@link Agff.load}. */
export interface LoadOptions {
  /**
   * `"auto"` (the default) takes the GPU, or the CPU when there is no adapter or only a software
   * one. `"gpu"` and `"cpu"` insist.
   */
  device?: "auto" | DeviceKind;
  /** `"guaranteed"` asks the GPU for nothing beyond the limits that WebGPU guarantees everywhere. */
  limits?: "guaranteed";
  /** `"hardware"` runs the kernels that are made for real GPUs on a software adapter too: for tests. */
  kernels?: "hardware";
  /** Called while the engine and the package are loaded. */
  onProgress?: (progress: LoadProgress) => void;
  /** Stops the loading with an error of the code `aborted`. */
  signal?: AbortSignal;
}

/** How far the loading is. */
export interface LoadProgress {
  /** `"engine"` while the program is fetched, `"package"` while the weights are. */
  phase: "engine" | "package";
  /** Bytes so far in this phase. */
  loaded: number;
  /** Bytes of this phase, or 0 when they are not known. */
  total: number;
  /** The file that is being read. */
  file: string;
}

/** Options of the embedding calls. */
export interface EmbedOptions {
  /** What the embedding is for, in words; the package's own instruction when left out. */
  instruction?: string;
  /** Gives the call up before it starts with an error of the code `aborted`. */
  signal?: AbortSignal;
}

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
   * A photo. A `File`, `Blob`, URL or `<img>` is read as the encoded file, with the same decoder
   * as on the desktop; pixels from a canvas or a bitmap are taken as they are.
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
}

/**
 * A number for each of the four perception patterns. The first letter is the query's side, the
 * second the target's: `g` its global view, `f` its fine ones.
 */
export interface Patterns {
  gg: number;
  fg: number;
  gf: number;
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
}

/** The device that runs the model, and why it was taken. */
export interface DeviceInfo {
  readonly kind: DeviceKind;
  /** The adapter's own name, as far as the browser tells it. */
  readonly name: string;
  /** Why this device, in a phrase that can follow "because"; empty when it was asked for. */
  readonly reason: string;
}

/** What is known about the loaded package and its device. */
export interface ModelInfo {
  /** The package's name. */
  readonly name: string;
  /** Whether the weights were ever trained. If not, a ranking means nothing. */
  readonly trained: boolean;
  /** The weights' licence. */
  readonly licence: string;
  /** Names of the views, `global` first. */
  readonly views: readonly string[];
  /** Dimensions that an embedding may be cut to, the full one first. */
  readonly dimensions: readonly number[];
  /** How the weights are stored: `f32`, `f16`, `q8` or `q4`. */
  readonly dtype: string;
  /** Where it runs. */
  readonly device: DeviceInfo;
}
