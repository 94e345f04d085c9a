// The engines are built by wasm-bindgen into `../engines/`; their types are those of `engine.ts`,
// so that this package can be checked before the engines are built.
declare module "*/engines/gpu/agff.js" {
  const engine: import("./engine.js").EngineModule;
  export default engine.default;
  export const Engine: typeof engine.Engine;
  export const setPanicHandler: typeof engine.setPanicHandler;
  export const VectorIndex: import("agff:vector-index").VectorIndexClass;
}
declare module "*/engines/cpu/agff.js" {
  const engine: import("./engine.js").EngineModule;
  export default engine.default;
  export const Engine: typeof engine.Engine;
  export const setPanicHandler: typeof engine.setPanicHandler;
  export const VectorIndex: import("agff:vector-index").VectorIndexClass;
  export const CheckpointAddress: import("agff:conversion").CheckpointAddressClass;
  export const Conversion: import("agff:conversion").ConversionClass;
}

declare module "*/engines/cpu-threads/agff.js" {
  const engine: import("./engine.js").EngineModule;
  export default engine.default;
  export const Engine: typeof engine.Engine;
  export const setPanicHandler: typeof engine.setPanicHandler;
  export const Threads: import("./engine.js").ThreadsClass;
  /** Computes as one of the threads that wait at this address; does not return. */
  export function enterThread(address: number): void;
  export const VectorIndex: import("agff:vector-index").VectorIndexClass;
  export const CheckpointAddress: import("agff:conversion").CheckpointAddressClass;
  export const Conversion: import("agff:conversion").ConversionClass;
}

// The index in an engine's memory (src/web/index.rs). What it throws are `Error`s with a `code`.
declare module "agff:vector-index" {
  type Embedding = import("./types.js").Embedding;
  type Similarity = import("./types.js").Similarity;

  /** A part of a query: what is looked for or, with a negative weight, what is not. */
  export interface Term {
    embedding: Embedding;
    /** 1 if absent. */
    weight?: number;
  }

  export interface SearchOptions {
    /** 20 if absent. */
    limit?: number;
    minScore?: number;
  }

  export interface VectorHit {
    id: string;
    /** The weighted sum of the terms' fused similarities. */
    score: number;
    /** How far the score may be from that of the vectors as they were added; 0 for "f32". */
    error: number;
    /** The similarity with each term. */
    terms: Similarity[];
  }

  export interface VectorIndex {
    /** Number of records. */
    readonly size: number;
    /** Number of blocks of records, for `nearDuplicates`. */
    readonly blocks: number;
    /** Adds or replaces records; `values` are [ids, views, dimensions]. Gives how many ids are new. */
    add(ids: string[], values: Float32Array): number;
    /** Gives how many there were. */
    remove(ids: string[]): number;
    has(id: string): boolean;
    /** In the order in which they came. */
    ids(): string[];
    /** A record's vectors; of "int8" those that its integers stand for. */
    get(id: string): Embedding | undefined;
    /**
     * What a taught word searches by: `weight · similarity + offset` is 0 for the records' mean, and 1 for that of the
     * word's photos; `text` is what the word as a text counts beside it.
     */
    taught(word: import("./taught-words.js").Word): {
      embedding: Embedding;
      weight: number;
      offset: number;
      text: number;
      certainty: import("./certainty.js").Logistic;
    };
    /** The best records, the same as if all scores were computed in f32; `scored` is how many were. */
    search(terms: Term[], options?: SearchOptions): { hits: VectorHit[]; scored: number };
    /** What may be among the best for the vectors as they were added, whose owner scores them with `similarity`. */
    candidates(terms: Term[], options?: SearchOptions): { id: string; low: number; high: number }[];
    /** Pairs that are nearly the same; with `from` and `to` those of these blocks with all before them. */
    nearDuplicates(options: {
      threshold: number;
      /** "global" if absent: the cosine of the global views. */
      alike?: "global" | "fused";
      /** 10 000 if absent. */
      limit?: number;
      from?: number;
      to?: number;
    }): { pairs: { first: string; second: string; score: number }[]; more: boolean };
    free(): void;
  }

  export interface VectorIndexClass {
    new (options: {
      views: string[];
      dimensions: number;
      fusion: { temperature: number; reduction: "log-sum-exp" | "max" | "mean" };
      precision?: "f32" | "int8";
    }): VectorIndex;
  }
}

// Checkpoints and their conversion (src/web/checkpoint.rs). What they throw are `Error`s with a `code`.
declare module "agff:conversion" {
  /** A file that a checkpoint is converted from. */
  export interface ChosenFile {
    path: string;
    bytes: number | undefined;
    sha256: string | undefined;
    weights: boolean;
  }

  export interface CheckpointAddress {
    readonly shown: string;
    readonly name: string;
    readonly origin: string;
    /** Undefined if it is no repository of a hub. */
    readonly listing: string | undefined;
    at(revision: string): CheckpointAddress;
    file(path: string): string;
    missing(): Error;
    /** Whether the folder has this file. */
    lists(listing: Uint8Array, path: string): boolean;
    choose(listing: Uint8Array): { commit?: string; files: ChosenFile[] };
    chooseAdapter(listing: Uint8Array): { commit?: string; files: ChosenFile[] };
    free(): void;
  }

  export interface CheckpointAddressClass {
    new (text: string, hub?: string): CheckpointAddress;
    chooseLocal(
      shown: string,
      paths: string[],
      lengths: Float64Array,
    ): { commit?: string; files: ChosenFile[] };
    smallFiles(): string[];
    isWeights(path: string): boolean;
    indexed(json: Uint8Array, shown: string): string[];
  }

  /** What a package takes, in bytes. */
  export interface Plan {
    family: string;
    /** The number of weights. */
    parameters: number;
    package: number;
    device: number;
    tokenTable: number;
    largest: number;
  }

  /** Bytes of a file of the package, and where in it they belong. */
  export interface Write {
    path: string;
    at: number;
    bytes: Uint8Array;
  }

  export interface ConversionOptions {
    dtype?: string | undefined;
    regions?: number | undefined;
    name?: string | undefined;
    checkpoint?: string | undefined;
    adapter?: string | undefined;
    licence?: string | undefined;
    minPixels?: number | undefined;
    maxPixels?: number | undefined;
    views?: string | undefined;
  }

  export interface Conversion {
    insert(path: string, bytes: Uint8Array): void;
    describe(): Plan;
    addFile(name: string, bytes: number, sha256: string | undefined, header: Uint8Array): void;
    begin(): { path: string; bytes: number }[];
    known(): Write[];
    position(): { file: number; at: number } | undefined;
    feed(bytes: Uint8Array): Write[];
    state(): string;
    resume(state: string, lengths: Float64Array): boolean;
    seal(bytes: Uint8Array): void;
    finish(): string;
    free(): void;
  }

  export interface ConversionClass {
    new (place: string, options: ConversionOptions): Conversion;
    headerLength(prefix: Uint8Array, name: string, bytes: number): number;
  }
}
