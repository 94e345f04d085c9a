/**
 * What crosses between a page and its worker. Everything here can be structured-cloned.
 *
 * A new call is one more line in {@link Calls} and one more handler in `worker.ts`; the compiler
 * asks for both sides.
 */

import type { PlainError } from "./errors.js";
import type {
  CacheInfo,
  CacheMode,
  DecodePreference,
  DeviceKind,
  Embedding,
  LoadProgress,
} from "./types.js";

/** The calls that a worker answers: what they take, give, and tell on their way. */
export interface Calls {
  /** Fetches the engine and a package and puts it on the device; to be the first call, once. */
  load: { args: LoadRequest; result: LoadReply; progress: LoadProgress };
  /** Embeds one pack of inputs. */
  embed: { args: EmbedRequest; result: Outcome[]; progress: never };
}

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
  /** The URLs by path, if it is not. */
  files: Readonly<Record<string, string>> | undefined;
}

/** The files of packages that are kept in memory: by reference, so they cross without a copy. */
export interface MemoryFiles {
  /** By sha256. */
  files: Map<string, Blob>;
  /** Manifests by the package's key. */
  manifests: Map<string, string>;
}

export interface LoadRequest {
  location: PackageLocation;
  device: DeviceKind;
  limits: "guaranteed" | undefined;
  kernels: "hardware" | undefined;
  cache: CacheMode;
  memory: MemoryFiles;
  /** The compiled engine, if a worker before this one had it. */
  program: WebAssembly.Module | undefined;
}

export interface LoadReply {
  /** `agff.json`, which the engine has checked. */
  manifest: string;
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
