/** The public types of the stored photo index. */

import type { AgffError } from "./errors.js";
import type { DecodePath, DecodePreference, ImageSource, Patterns, Region, Sure } from "./types.js";

/** How an index keeps vectors in memory; on the disk they are always `f32`. */
export type IndexPrecision = "f32" | "int8";

/** Options of `agff.openIndex`. */
export interface OpenIndexOptions {
  /**
   * To how many dimensions vectors are cut, for an index that does not exist yet; all of the model's
   * when left out. An index that exists has to have this many.
   */
  dimensions?: number;
  /**
   * `"int8"`, a byte for each value in memory, or `"f32"`, five. Both find the same. When left out,
   * what the index was opened with last, and `"int8"` for a new one.
   */
  precision?: IndexPrecision;
  /** Gives the opening up. */
  signal?: AbortSignal;
}

/** An index that this site has. */
export interface IndexInfo {
  /** What it was opened with. */
  readonly name: string;
  /** Number of records. */
  readonly size: number;
  /** Name of the model that made the vectors. */
  readonly model: string;
  /** Length of every vector. */
  readonly dimensions: number;
  /** How it was opened last. */
  readonly precision: IndexPrecision;
}

/** What is kept of a photo, beside its vectors. */
export interface IndexedPhoto {
  /** What is known of it. */
  readonly record: IndexRecord;
  /** A small picture, if there is one. */
  readonly thumbnail: Blob | undefined;
}

/** The indexes of this site. */
export interface Indexes {
  /** What there is, by name. */
  list(): Promise<IndexInfo[]>;
  /**
   * What an index keeps of its photos beside the vectors, in the order in which they were added. It needs no
   * model: so photos can be added again to the index of another one.
   */
  photos(name: string): AsyncGenerator<IndexedPhoto, void, undefined>;
  /** Throws an index away with all that is in it. Who has it open gets errors of the code `index`. */
  delete(name: string): Promise<void>;
}

/** A photo to add: the image alone, or with what is known of it. */
export type IndexInput =
  | ImageSource
  | {
      /** The photo itself. */
      image: ImageSource;
      /** A name to show; the file's when left out. */
      name?: string;
      /** Where it is, for whoever shows it; the file's `webkitRelativePath` when left out. */
      path?: string;
      /** When it was taken. */
      taken?: Date;
    };

/** What is kept of a photo, beside its vectors and its thumbnail. */
export interface IndexRecord {
  /** The sha-256 of the file in hexadecimal, so a copy is the same record; of what came as pixels, of these. */
  readonly id: string;
  /** Text as it came, so not to be put into a page as HTML. */
  readonly name: string;
  /** Where it is, if that was said. */
  readonly path?: string;
  /** When it was added. */
  readonly added: Date;
  /** When it was taken, if that was said. */
  readonly taken?: Date;
  /** Width of the upright picture, in pixels; absent if this browser cannot show it. */
  readonly width?: number;
  /** Height of the upright picture, in pixels; absent if this browser cannot show it. */
  readonly height?: number;
  /** The file's length. */
  readonly bytes?: number;
  /** How it became pixels. */
  readonly decode: DecodePath;
}

/** A part of a query: a text, a photo, or a record of the index by its id. One of them is given. */
export interface QueryTerm {
  /** What it should show, in words. */
  text?: string;
  /** What it should be like: any photo. */
  image?: ImageSource;
  /** What it should be like: a record of the index. */
  id?: string;
  /** What a text or photo is embedded for, in words; the model's own when left out. */
  instruction?: string;
  /** 1 when left out; what has a negative weight is not wanted. */
  weight?: number;
}

/** What to search by: a text, or terms whose weighted similarities are summed. */
export type Query = string | QueryTerm | readonly QueryTerm[];

/** Options of a search. */
export interface IndexSearchOptions {
  /** How many at most; 20 when left out. */
  limit?: number;
  /**
   * None with a lower score. `"auto"` gives those that probably or perhaps show what is asked for, which takes one text
   * and a model that says how sure it is ({@link Agff.certainty}).
   */
  minScore?: number | "auto";
  /** Gives the search up. */
  signal?: AbortSignal;
}

/** A record that was found, and why: with several terms, the explanation is that of the first. */
export interface Hit extends IndexRecord {
  /** The weighted sum of the terms' fused similarities; of one term, its similarity. */
  readonly score: number;
  /** The similarity within each pattern. */
  readonly patterns: Patterns;
  /** How much each pattern contributed; they sum to 1. */
  readonly weights: Patterns;
  /** The most similar pair of views: the query's name, then the record's. */
  readonly best: readonly [query: string, record: string];
  /** Where in the photo it matches most; undefined for models whose views are not places. */
  readonly region: Region | undefined;
  /** How sure it is, between 0 and 1, where one text was asked for and the model says so. */
  readonly certainty: number | undefined;
  /** The same in a word. */
  readonly sure: Sure | undefined;
  /**
   * The taught word that it was found by, as it was written. Then the explanation is that of the word, and a score of 0
   * is how photos are on the whole, 1 the mean of those that the word was taught by.
   */
  readonly taught: string | undefined;
}

/** A word that was taught by photos. */
export interface TaughtWord {
  /** As it was written. */
  readonly word: string;
  /** The ids of the photos that show it. */
  readonly photos: readonly string[];
  /** The ids of photos that do not, though they may look so. */
  readonly not: readonly string[];
}

/** How far an `add` or `import` is. */
export interface AddProgress {
  /** Photos that are stored, known already, or refused. */
  readonly done: number;
  /** All of them, if their number is known beforehand (of an array it is). */
  readonly total: number | undefined;
  /** Milliseconds until the end at the speed so far; undefined until it can be told. */
  readonly eta: number | undefined;
  /** The photo that this is about, as it was given to `add`. */
  readonly input?: IndexInput;
  /** The one that was just stored. */
  readonly record?: IndexRecord;
  /** The one that was just refused. */
  readonly error?: Refused;
}

/** A photo that cannot be used, and why. */
export interface Refused {
  /** The file's name, or what else names the photo. */
  readonly name: string;
  /** Why. */
  readonly error: AgffError;
}

/** What an `add` or `import` came to. */
export interface AddSummary {
  /** Photos that are new. */
  readonly added: number;
  /** Photos that were in the index already, by their content. */
  readonly present: number;
  /** Of an `import` of a file with taught words: how many are new. */
  readonly words?: number;
  /** Photos that cannot be used. */
  readonly failed: readonly Refused[];
}

/** Options of `add`. */
export interface AddOptions {
  /** Who decodes photos; what the model was loaded with when left out. */
  decode?: DecodePreference;
  /** Called for every photo that is done. */
  onProgress?: (progress: AddProgress) => void;
  /** Stops with an error of the code `aborted`; what is stored stays. */
  signal?: AbortSignal;
}

/** Options of `duplicates`. */
export interface DuplicatesOptions {
  /** The least cosine of the global views; 0.95 when left out. */
  threshold?: number;
  /** Most pairs, the most similar ones; 1000 when left out. */
  limit?: number;
  /** Gives the search up. */
  signal?: AbortSignal;
}

/** Two records that are nearly the same; `first` was added before `second`. */
export interface DuplicatePair {
  /** The id of the one that was added first. */
  readonly first: string;
  /** The id of the other. */
  readonly second: string;
  /** The cosine of their global views. */
  readonly score: number;
}

/** One view's vectors of all records. */
export interface IndexVectors {
  /** In the order in which they were added. */
  readonly ids: string[];
  /** Length of every vector. */
  readonly dimensions: number;
  /** The vectors one after another, `[ids, dimensions]`. */
  readonly values: Float32Array;
}

/**
 * Photos with their vectors, kept in this browser. It may be open in several tabs at once; each sees
 * what the others add. All failures are `AgffError`s.
 */
export interface PhotoIndex {
  /** What it was opened with. */
  readonly name: string;
  /** Number of records. */
  readonly size: number;
  /** Length of every vector. */
  readonly dimensions: number;
  /** How vectors are kept in memory. */
  readonly precision: IndexPrecision;
  /** What is wrong with comparing all records with each other, in words to be shown; mostly nothing. */
  readonly warnings: readonly string[];
  /**
   * Adds photos. What is in already, by its content, is not embedded again; each photo is stored as
   * soon as it is embedded, so that adding the same again goes on where it was stopped.
   */
  add(
    photos: Iterable<IndexInput> | AsyncIterable<IndexInput>,
    options?: AddOptions,
  ): Promise<AddSummary>;
  /** Removes records, and gives how many there were. */
  remove(ids: string | readonly string[]): Promise<number>;
  /** Removes all records, and forgets all words. */
  clear(): Promise<void>;
  /** The words that were taught, in the order in which they came. */
  words(): Promise<TaughtWord[]>;
  /**
   * Teaches a word by photos of the index that show it: `search` then finds it in the others. Three photos do well, ten
   * better. Kept are a sum of the photos' vectors and their ids, in this browser; they leave it by `export` only.
   */
  teach(word: string, ids: string | readonly string[]): Promise<TaughtWord>;
  /** Says of photos that they do not show a word that was taught. */
  correct(word: string, ids: string | readonly string[]): Promise<TaughtWord>;
  /** Forgets a word, and gives whether it was there. */
  forget(word: string): Promise<boolean>;
  /** The best records, best first: the same as if all were compared in `f32`. */
  search(query: Query, options?: IndexSearchOptions): Promise<Hit[]>;
  /** A record by its id; undefined if there is none. */
  get(id: string): Promise<IndexRecord | undefined>;
  /** Records, the newest first. */
  list(options?: { offset?: number; limit?: number }): Promise<IndexRecord[]>;
  /** A small picture of a record; undefined if this browser could not make one. */
  thumbnail(id: string): Promise<Blob | undefined>;
  /** Pairs that are nearly the same, the most similar first. */
  duplicates(options?: DuplicatesOptions): Promise<DuplicatePair[]>;
  /** The vectors of one view, `global` when left out, of all records. */
  vectors(options?: { view?: string; signal?: AbortSignal }): Promise<IndexVectors>;
  /** The records and the taught words as a file of vectors, which `agff index import` reads too. */
  export(format: "jsonl" | "parquet", options?: { signal?: AbortSignal }): Promise<Blob>;
  /** Adds the records and words of such a file; what is in already stays as it is. */
  import(file: Blob, options?: Omit<AddOptions, "decode">): Promise<AddSummary>;
  /** Ends the work with this index. What is stored stays. May be called twice. */
  close(): Promise<void>;
}
