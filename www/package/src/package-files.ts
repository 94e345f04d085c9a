/**
 * The files of a package, from the cache or the network, as blobs that the engine reads from.
 *
 * The manifest is asked for anew with every load, and taken from the cache when the network is not
 * there. The files are named by their hash, so what is in the cache needs no asking. That it is
 * undamaged is the engine's to find, which hashes all it reads; {@link PackageFiles.repair} then
 * fetches anew what is wrong.
 */

import { download, failed, get, shown, type Sink, throwUnlessOk } from "./download.js";
import { AgffError, throwIfAborted } from "./errors.js";
import { type FileEntry, MANIFEST, parseFiles } from "./manifest.js";
import { type Appender, alone, openStore, sha256, type Store } from "./opfs.js";
import type { MemoryFiles, PackageLocation } from "./protocol.js";
import type { CacheInfo, CacheMode, LoadProgress } from "./types.js";

/** Told of the bytes of a package as they come. */
export type Report = (progress: LoadProgress) => void;

/** The URL of a file of a package. */
export function urlOf(location: PackageLocation, path: string): string {
  const { base, files, query = "" } = location;
  if (base !== undefined) return base + path + query;
  if (files && Object.hasOwn(files, path)) return files[path]!;
  const message = `no URL is given for this file of the package ${location.key}`;
  throw new AgffError("package-file-missing", path, message);
}

/**
 * A package that was made of a checkpoint: its manifest, the version of the checkpoint, and the URL of the listing at a
 * hub that says which version there is.
 */
export interface Kept {
  readonly manifest: string;
  readonly version?: string | undefined;
  readonly listing?: string | undefined;
}

export class PackageFiles {
  private readonly blobs = new Map<string, Blob>();
  private readonly counts = { downloaded: 0, reused: 0, repaired: 0 };
  /** The version of the checkpoint that it was made of, and what makes it anew. */
  private made: (Omit<Kept, "manifest"> & { again: () => Promise<void> }) | undefined;

  private constructor(
    readonly location: PackageLocation,
    /** `agff.json` as it was read. */
    readonly manifest: string,
    private readonly entries: readonly FileEntry[],
    private readonly keep: Keep,
    private readonly how: Pick<CacheInfo, "mode" | "reason" | "offline">,
  ) {}

  /** Reads the manifest; no other file is touched yet. */
  static async open(
    location: PackageLocation,
    wanted: CacheMode,
    memory: MemoryFiles,
    signal: AbortSignal | undefined,
  ): Promise<PackageFiles> {
    const { keep, mode, reason } = await openKeep(wanted, memory);
    const kept = await keep.kept(location.key);
    const { manifest, offline } = await readManifest(location, kept?.manifest, signal);
    const entries = parseFiles(
      manifest,
      location.base === undefined ? location.key : location.base + MANIFEST,
    );
    return new PackageFiles(location, manifest, entries, keep, { mode, reason, offline });
  }

  /** A package that was made here. */
  static made(
    location: PackageLocation,
    { manifest, version, listing }: Kept,
    keep: Keep,
    how: Pick<CacheInfo, "mode" | "reason" | "offline">,
    { downloaded }: { downloaded: number },
    again: () => Promise<void>,
  ): PackageFiles {
    const entries = parseFiles(manifest, location.key);
    const files = new PackageFiles(location, manifest, entries, keep, how);
    files.counts.downloaded = downloaded;
    files.made = { version, listing, again };
    return files;
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.entries.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The length of a file as the manifest states it; 0 for one that it does not list. */
  length(path: string): number {
    return this.entries.find((entry) => entry.path === path)?.bytes ?? 0;
  }

  /** What the cache did so far. */
  get cache(): CacheInfo {
    return { ...this.how, ...this.counts };
  }

  /** Has every file at hand. Without a cache there is nothing to do: the engine streams. */
  async fetchAll(report: Report, signal: AbortSignal | undefined): Promise<void> {
    if (this.how.mode === false) return;
    const total = this.bytes;
    // Of one that has just been made all was told while it was.
    const told = this.made !== undefined && this.counts.downloaded > 0;
    let before = 0;
    for (const entry of this.entries) {
      const note = (there: number) =>
        !told &&
        report({
          phase: "package",
          loaded: before + there,
          total,
          file: entry.path,
          fileLoaded: there,
          fileTotal: entry.bytes,
        });
      await this.bring(entry, note, signal);
      note(entry.bytes);
      before += entry.bytes;
    }
    const { manifest, made } = this;
    const { version, listing } = made ?? {};
    await this.keep.remember(this.location.key, { manifest, version, listing });
  }

  /** A file of the package, if it is at hand. */
  blob(path: string): Blob | undefined {
    return path === MANIFEST ? new Blob([this.manifest]) : this.blobs.get(path);
  }

  /** Looks through all that is kept, and fetches anew what is damaged or gone. Tells whether any was. */
  async repair(signal: AbortSignal | undefined): Promise<boolean> {
    if (this.how.mode === false) return false;
    const damaged: FileEntry[] = [];
    let gone = false;
    for (const entry of this.entries) {
      if (await isWhole(this.blobs.get(entry.path), entry)) continue;
      throwIfAborted(signal, entry.path);
      damaged.push(entry);
      // Another tab may have put it there anew.
      const fresh = await this.keep.blob(entry);
      if (await isWhole(fresh, entry)) continue;
      gone = true;
      await this.keep.remove(entry);
    }
    for (const { path } of damaged) this.blobs.delete(path);
    if (gone) await this.made?.again();
    for (const entry of this.made && gone ? this.entries : damaged) {
      await this.bring(entry, () => {}, signal);
    }
    this.counts.repaired += damaged.reduce((sum, { bytes }) => sum + bytes, 0);
    return damaged.length > 0;
  }

  private async bring(
    entry: FileEntry,
    note: (there: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    throwIfAborted(signal, entry.path);
    // Two tabs that load the same package would write the same file.
    const blob = await alone(entry.sha256, signal, async () => {
      const there = await this.keep.blob(entry);
      if (there?.size === entry.bytes) {
        // What has just been made of a download counts as downloaded.
        if (!this.made || this.counts.downloaded === 0) this.counts.reused += entry.bytes;
        return there;
      }
      if (this.made) {
        const message = "was removed from this browser's cache; load the model again";
        throw new AgffError("package-file-missing", entry.path, message);
      }
      return this.fetchWhole(entry, Math.min(there?.size ?? 0, entry.bytes), note, signal);
    });
    this.blobs.set(entry.path, blob);
  }

  private async fetchWhole(
    entry: FileEntry,
    there: number,
    note: (there: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<Blob> {
    const url = urlOf(this.location, entry.path);
    this.counts.reused += there;
    let last = there;
    const count = (now: number) => {
      this.counts.downloaded += Math.max(0, now - last);
      last = now;
      note(now);
    };
    await download(url, entry, this.keep.sink(entry, there), count, signal);
    const blob = await this.keep.blob(entry);
    if (blob && (await isWhole(blob, entry))) return blob;
    await this.keep.remove(entry);
    // The beginning may have been of another version, or damaged: it is worth a second try.
    if (there > 0) return this.fetchWhole(entry, 0, note, signal);
    const message = "has another sha256 than the manifest states; copy it to the server again";
    throw new AgffError("package-hash", shown(url), message);
  }
}

async function readManifest(
  location: PackageLocation,
  kept: string | undefined,
  signal: AbortSignal | undefined,
): Promise<{ manifest: string; offline: boolean }> {
  // Of nothing but a name there is what was kept under it.
  const nameOnly = location.files && Object.keys(location.files).length === 0;
  if (nameOnly && kept !== undefined) return { manifest: kept, offline: false };
  const url = urlOf(location, MANIFEST);
  let failure: AgffError;
  try {
    const response = await get(url, { cache: "no-cache", ...(signal ? { signal } : {}) });
    if (response.status < 500) {
      throwUnlessOk(response, url);
      return { manifest: await response.text(), offline: false };
    }
    failure = new AgffError(
      "fetch",
      shown(url),
      `the server answered ${response.status}; try again later`,
    );
  } catch (error) {
    throwIfAborted(signal, url);
    if (error instanceof AgffError) throw error;
    failure = failed(url, error);
  }
  if (kept === undefined) throw failure;
  return { manifest: kept, offline: true };
}

async function isWhole(blob: Blob | undefined, entry: FileEntry): Promise<boolean> {
  if (blob?.size !== entry.bytes) return false;
  // Without it the page is not over HTTPS; the engine checks all it reads in any case.
  if (!globalThis.crypto?.subtle) return true;
  try {
    return (await sha256(blob)) === entry.sha256;
  } catch (error) {
    // The file was changed or removed since it was opened.
    if (error instanceof DOMException) return false;
    throw error;
  }
}

/** A place for files: the private file system, or memory. */
export interface Keep {
  kept(key: string): Promise<Kept | undefined>;
  remember(key: string, kept: Kept): Promise<void>;
  blob(entry: FileEntry): Promise<Blob | undefined>;
  sink(entry: FileEntry, there: number): Sink;
  remove(entry: FileEntry): Promise<void>;
}

/** Opens the place that is wanted, or another where the browser lacks it. */
export async function openKeep(
  wanted: CacheMode,
  memory: MemoryFiles,
): Promise<{ keep: Keep; mode: CacheMode; reason: string; store?: Store }> {
  if (wanted !== "opfs") return { keep: inMemory(memory), mode: wanted, reason: "" };
  const store = await openStore();
  if (typeof store !== "string") return { keep: inStore(store), mode: "opfs", reason: "", store };
  return { keep: inMemory(memory), mode: "memory", reason: store };
}

function inStore(store: Store): Keep {
  return {
    kept: (key) => store.record(key),
    remember: (key, { manifest, version, listing }) =>
      store.keep({
        key,
        manifest,
        used: Date.now(),
        ...(version === undefined ? {} : { version }),
        ...(listing === undefined ? {} : { listing }),
      }),
    blob: (entry) => store.file(entry.sha256),
    remove: (entry) => store.remove(entry.sha256),
    sink: (entry, there) => {
      let appender: Appender | undefined;
      return {
        size: there,
        begin: async (size) => {
          appender = await store.append(entry.sha256, size);
        },
        write: async (chunk) => appender?.write(chunk),
        end: async () => appender?.close(),
      };
    },
  };
}

function inMemory({ files, manifests, versions }: MemoryFiles): Keep {
  return {
    kept: async (key) => {
      const manifest = manifests.get(key);
      return manifest === undefined ? undefined : { manifest, version: versions.get(key) };
    },
    remember: async (key, { manifest, version }) => {
      manifests.set(key, manifest);
      if (version !== undefined) versions.set(key, version);
    },
    blob: async (entry) => files.get(entry.sha256),
    remove: async (entry) => void files.delete(entry.sha256),
    sink: (entry, there) => {
      let parts: Blob[] = [];
      return {
        size: there,
        begin: async (size) => {
          const before = files.get(entry.sha256);
          parts = before && size > 0 ? [before.slice(0, size)] : [];
        },
        // A blob of each chunk, so that the browser may move them out of this process's memory.
        write: async (chunk) => void parts.push(new Blob([chunk as Uint8Array<ArrayBuffer>])),
        end: async () => void files.set(entry.sha256, new Blob(parts)),
      };
    },
  };
}
