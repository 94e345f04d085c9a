/** What this package itself reads of a package's `agff.json`; all else of it is the engine's matter. */

import { AgffError } from "./errors.js";
import type { Calibration, Fusion, Probability, Region } from "./types.js";

/** The manifest's file name. */
export const MANIFEST = "agff.json";

/** A file of a package. */
export interface FileEntry {
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hexadecimal, of the whole file. */
  readonly sha256: string;
  /** There if it is read by range. */
  readonly blocks?: unknown;
}

/** The parts of a manifest that are used here. */
export interface Manifest {
  readonly name: string;
  readonly family?: string;
  readonly trained: boolean;
  readonly licence: string;
  readonly provenance?: string;
  readonly languages?: readonly string[];
  readonly dtype: string;
  readonly dimensions: readonly number[];
  readonly views: readonly { readonly name: string; readonly region?: Region }[];
  readonly fusion: Fusion;
  readonly probability?: Probability;
  readonly certainty?: Calibration;
  readonly prompt: {
    readonly instruction: string;
    readonly named?: Readonly<Record<string, string>>;
  };
  readonly image: { readonly max_pixels: number };
  readonly config: { readonly vision?: { readonly patch_size?: number } };
  readonly files: readonly FileEntry[];
}

/**
 * Reads what is needed to fetch the files. The paths become parts of URLs and the hashes names of
 * files, so both are checked; the rest is checked by the engine before anything is made of it.
 */
export function parseFiles(json: string, name: string): FileEntry[] {
  let files: unknown;
  try {
    files = (JSON.parse(json) as Partial<Manifest> | null)?.files;
  } catch (error) {
    throw new AgffError("package-manifest", name, "this is not JSON; is it a package?", error);
  }
  if (!Array.isArray(files) || !files.every(isEntry)) {
    const message = "its `files` are not { path, bytes, sha256 }, with paths inside the package";
    throw new AgffError("package-manifest", name, message);
  }
  return files;
}

function isEntry(value: unknown): value is FileEntry {
  const { path, bytes, sha256 } = (value ?? {}) as Partial<Record<keyof FileEntry, unknown>>;
  return (
    typeof path === "string" &&
    /^[\w.-]+(\/[\w.-]+)*$/.test(path) &&
    !path.split("/").some((part) => part === "." || part === "..") &&
    Number.isSafeInteger(bytes) &&
    (bytes as number) >= 0 &&
    typeof sha256 === "string" &&
    /^[0-9a-f]{64}$/.test(sha256)
  );
}

/** Bytes of a package's weights. */
export function weightBytes({ files }: Manifest): number {
  const weights = files.filter(({ path }) => path.startsWith("weights"));
  return weights.reduce((sum, { bytes }) => sum + bytes, 0);
}
