/**
 * What crosses between a page and its worker. Everything here can be structured-cloned.
 *
 * A new call is one more line in {@link Calls} and one more handler in `worker.ts`; the compiler
 * asks for both sides.
 */

import type { Plan } from "agff:conversion";
import type { Logistic } from "./certainty.js";
import type { PlainError } from "./errors.js";
import type { DuplicatePair, IndexPrecision, IndexVectors } from "./index-types.js";
import type { Word } from "./taught-words.js";
import type {
  CacheInfo,
  CacheMode,
  DecodePreference,
  DeviceKind,
  Embedding,
  LoadOptions,
  LoadProgress,
  Similarity,
} from "./types.js";

/** The calls that a worker answers: what they take, give, and tell on their way. */
export interface Calls {
  /** Fetches the engine and a package and puts it on the device; to be the first call, once. */
  load: { args: LoadRequest; result: LoadReply; progress: LoadProgress };
  /** Says what a checkpoint would take; in a worker that loads nothing. */
  plan: { args: PlanRequest; result: PlanReply; progress: never };
  /** Embeds one pack of inputs. */
  embed: { args: EmbedRequest; result: Outcome[]; progress: never };
  /** Reads an index into memory, and gives the number of its records. */
  indexFill: { args: IndexRef; result: number; progress: never };
  indexSearch: { args: SearchRequest; result: SearchReply; progress: never };
  indexDuplicates: { args: DuplicatesRequest; result: DuplicatePair[]; progress: never };
  indexVectors: { args: IndexVectorsRequest; result: IndexVectors; progress: never };
  /** Gives an index's memory back. */
  indexClose: { args: IndexRef; result: void; progress: never };
}

/** The calls about indexes. Any of them reads the index first where that has not been done. */
export type IndexCall = Exclude<CallName, "load" | "plan" | "embed">;

/** The name of a call. */
export type CallName = keyof Calls;

/** From the page to the worker. `abort` names a call that is to be given up. */
export type ToWorker =
  | { [K in CallName]: { id: number; call: K; args: Calls[K]["args"] } }[CallName]
  | { abort: number };

/** From the worker to the page. */
export type FromWorker =
  | { [K in CallName]: { id: number; result: Calls[K]["result"] } }[CallName]
  | { id: number; error: PlainError }
  | { id: number; progress: LoadProgress }
  /** A sign of life while a call is in work. */
  | { alive: true }
  /** The engine is gone, by a panic or because its device was lost: this worker is of no use. */
  | { lost: PlainError };

/** Where a package is: a folder's URL with its final slash, or a URL for each file. All absolute. */
export interface PackageLocation {
  /** What names it, in messages and in the cache. */
  key: string;
  /** The folder, if it is one. */
  base: string | undefined;
  /** What is put behind every file's URL of a folder: `?` and what follows, or nothing. */
  query?: string;
  /** The URLs by path, if it is not. */
  files: Readonly<Record<string, string>> | undefined;
  /** The checkpoint that it is made of, if there is no package there. */
  checkpoint?: CheckpointLocation | undefined;
}

/** Where a checkpoint is, and what to make of it. */
export interface CheckpointLocation {
  /** What names its package in the cache. */
  key: string;
  /** What to call it in messages. */
  name: string;
  /** A name of a hub, or a URL; not used if there are files. */
  address: string;
  /** Files that somebody has chosen, by their paths. */
  files: { path: string; file: Blob }[] | undefined;
  hub: string | undefined;
  revision: string | undefined;
  token: string | undefined;
  dtype: string;
  regions: number | undefined;
  /** An adapter that is folded in: a name of a hub, or a URL. */
  adapter: string | undefined;
  /** The text of a `views.json`. */
  views: string | undefined;
  minPixels: number | undefined;
  maxPixels: number | undefined;
}

export interface PlanRequest {
  location: PackageLocation;
}

export interface PlanReply extends Omit<Plan, "parameters" | "largest"> {
  /** Not known of packages. */
  parameters: number | undefined;
  largest: number | undefined;
  /** The model's own name. */
  name: string;
  /** Bytes that would come over the network, or from the files that were chosen. */
  download: number;
}

/** The files of packages that are kept in memory: by reference, so they cross without a copy. */
export interface MemoryFiles {
  /** By sha256. */
  files: Map<string, Blob>;
  /** Manifests by the package's key. */
  manifests: Map<string, string>;
  /** Of packages that were made of a checkpoint: which version of it, by their keys. */
  versions: Map<string, string>;
}

export interface LoadRequest {
  location: PackageLocation;
  device: DeviceKind;
  limits: "guaranteed" | undefined;
  kernels: "hardware" | undefined;
  precision: LoadOptions["precision"];
  /** How many threads compute. */
  threads: number;
  /** The broadcast channel on which a thread says that it has stopped. */
  losses: string;
  cache: CacheMode;
  memory: MemoryFiles;
  /** The compiled engine, if a worker before this one had it. */
  program: WebAssembly.Module | undefined;
}

export interface LoadReply {
  /** What names the package in the cache. */
  key: string;
  /** `agff.json`, which the engine has checked. */
  manifest: string;
  /** The engine's own hash of all that the vectors depend on. */
  fingerprint: string;
  /** Where the engine says that it runs. */
  device: DeviceKind;
  cache: CacheInfo;
  memory: MemoryFiles;
  program: WebAssembly.Module;
}

export interface EmbedRequest {
  inputs: PortableInput[];
  decode: DecodePreference;
  /** Whether it goes before packs that wait: a search should not wait for the whole library. */
  urgent: boolean;
}

/** Pixels in RGBA order, 8 bits each, not premultiplied. */
export interface RawPixels {
  width: number;
  height: number;
  data: Uint8Array | Uint8ClampedArray;
}

/** An image as it crosses; files cross by reference and are read on the other side. */
export type PortableImage = { file: Blob } | { url: string } | { bitmap: ImageBitmap } | RawPixels;

/** An input as it crosses. */
export interface PortableInput {
  image?: PortableImage;
  text?: string;
  instruction?: string;
  /** For messages. */
  name: string;
  /** Why this one cannot even cross; it gets this error, and the others of its pack none. */
  problem?: PlainError;
}

/** What became of one input of a pack. */
export type Outcome = { embedding: Embedding } | { error: PlainError };

/** Which index, and how it is to be in memory. */
export interface IndexRef {
  name: string;
  precision: IndexPrecision;
}

/** A part of a query: an embedding, the id of a record whose vectors are meant, or a taught word. */
export type SearchTerm = { weight: number } & (
  | {
      embedding: Embedding;
      /** Whether it is the text of the taught words before it and says nothing else. */
      beside?: boolean;
      id?: undefined;
      word?: undefined;
    }
  | { id: string; embedding?: undefined; word?: undefined }
  | { word: Word; embedding?: undefined; id?: undefined }
);

export interface SearchRequest {
  index: IndexRef;
  terms: SearchTerm[];
  limit: number;
  minScore: number | undefined;
}

/** A record that was found. */
export interface FoundRecord {
  id: string;
  score: number;
  /** With the first term. */
  similarity: Similarity;
}

export interface SearchReply {
  hits: FoundRecord[];
  /** The first term, if it is a taught word that could be searched for, and how sure its matches are. */
  taught?: { name: string; certainty: Logistic };
  /** How many records were scored in full. */
  scored: number;
}

export interface DuplicatesRequest {
  index: IndexRef;
  threshold: number;
  limit: number;
}

export interface IndexVectorsRequest {
  index: IndexRef;
  view: string;
}
