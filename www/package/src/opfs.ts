/**
 * The private file system as a place for packages.
 *
 *     agff/files/SHA256            a file; shorter than the manifest says while it is not yet whole
 *     agff/packages/SHA256.json    the record of a package, named by its key's hash
 *     agff/conversions/KEY/        a package that is being made of a checkpoint
 *
 * A file is written from front to back and never changed, so its length says how much of it is
 * there. Files of equal content are one file, whichever package they belong to.
 */

import { AgffError } from "./errors.js";

/** What is kept about a package. */
export interface PackageRecord {
  /** The key of its location: an absolute URL, or a name. */
  key: string;
  /** `agff.json`. */
  manifest: string;
  /** When it was last loaded, in milliseconds. */
  used: number;
  /** Of a package that was made of a checkpoint here: which version of it. */
  version?: string;
  /** Of a package that was made of a hub's checkpoint: the URL of the listing that says which version there is. */
  listing?: string;
}

/** Appends to a file. What was written is kept even when `close` follows an error. */
export interface Appender {
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

// Only in workers, so the window's types lack it.
interface SyncHandle {
  truncate(size: number): void;
  write(bytes: Uint8Array, options: { at: number }): number;
  flush(): void;
  close(): void;
}
/** A file's handle as workers have it. */
export type WorkerFileHandle = FileSystemFileHandle & {
  createSyncAccessHandle?(): Promise<SyncHandle>;
};

/** The store, or why there is none: only pages over HTTPS have one, and not in every mode. */
export async function openStore(): Promise<Store | string> {
  if (!navigator.storage?.getDirectory || !globalThis.crypto?.subtle) {
    return "this page has no private file system; is it served over HTTPS?";
  }
  try {
    const root = await navigator.storage.getDirectory();
    const agff = await root.getDirectoryHandle("agff", { create: true });
    return new Store(
      await agff.getDirectoryHandle("files", { create: true }),
      await agff.getDirectoryHandle("packages", { create: true }),
      await agff.getDirectoryHandle("conversions", { create: true }),
    );
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return `the browser refuses its private file system (${detail})`;
  }
}

export class Store {
  constructor(
    private readonly files: FileSystemDirectoryHandle,
    private readonly packages: FileSystemDirectoryHandle,
    private readonly conversions: FileSystemDirectoryHandle,
  ) {}

  /** What is there of a file; undefined when nothing is. */
  async file(sha256: string): Promise<File | undefined> {
    return read(this.files, sha256);
  }

  /** Opens a file to go on at `size`; what is behind that is cut off. Only one at a time may. */
  append(sha256: string, size: number): Promise<Appender> {
    return this.open(this.files, sha256, size);
  }

  /** Removes a file, if it is there. */
  async remove(sha256: string): Promise<void> {
    await remove(this.files, sha256);
  }

  async record(key: string): Promise<PackageRecord | undefined> {
    return parseRecord(await read(this.packages, await recordName(key)));
  }

  /** Keeps the record of a package, in the place of an earlier one. */
  async keep(record: PackageRecord): Promise<void> {
    const name = await recordName(record.key);
    const bytes = new TextEncoder().encode(JSON.stringify(record));
    await alone(name, undefined, async () => {
      const writer = await this.open(this.packages, name, 0);
      try {
        await writer.write(bytes);
      } finally {
        await writer.close();
      }
    });
  }

  async forget(key: string): Promise<void> {
    await remove(this.packages, await recordName(key));
  }

  /** The records of all packages; what is no record is passed over. */
  async records(): Promise<PackageRecord[]> {
    const records = [];
    for await (const name of this.packages.keys()) {
      const record = await parseRecord(await read(this.packages, name));
      if (record) records.push(record);
    }
    return records;
  }

  /** The folder of a package that is being made. */
  conversion(name: string): Promise<FileSystemDirectoryHandle> {
    return quota(() => this.conversions.getDirectoryHandle(name, { create: true }));
  }

  /** Removes such a folder, if it is there. */
  async dropConversion(name: string): Promise<void> {
    await remove(this.conversions, name);
  }

  /** The names of all such folders. */
  async conversionNames(): Promise<string[]> {
    const names = [];
    for await (const name of this.conversions.keys()) names.push(name);
    return names;
  }

  /** Makes a file of another folder one of the store's, under its hash. */
  async adopt(
    folder: FileSystemDirectoryHandle,
    path: string,
    { sha256, bytes }: { sha256: string; bytes: number },
  ): Promise<void> {
    // Whoever reads the one that is there goes on doing so.
    if ((await this.file(sha256))?.size === bytes) return;
    const handle = (await folder.getFileHandle(path)) as FileSystemFileHandle & {
      move?(folder: FileSystemDirectoryHandle, name: string): Promise<void>;
    };
    if (handle.move) return quota(() => handle.move!(this.files, sha256));
    const appender = await this.append(sha256, 0);
    try {
      const body = (await handle.getFile()).stream().getReader();
      for (;;) {
        const { done, value } = await body.read();
        if (done) break;
        await appender.write(value);
      }
    } finally {
      await appender.close();
    }
  }

  /** The names of all files. */
  async names(): Promise<string[]> {
    const names = [];
    for await (const name of this.files.keys()) names.push(name);
    return names;
  }

  private async open(
    folder: FileSystemDirectoryHandle,
    name: string,
    size: number,
  ): Promise<Appender> {
    const handle: WorkerFileHandle = await quota(() =>
      folder.getFileHandle(name, { create: true }),
    );
    return handle.createSyncAccessHandle
      ? appendAtOnce(await handle.createSyncAccessHandle(), size)
      : appendOnClose(handle, size);
  }
}

/** Runs `work` alone among all tabs and workers of this site. */
export async function alone<T>(
  name: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (!navigator.locks) return work();
  return (await navigator.locks.request(`agff:${name}`, signal ? { signal } : {}, work)) as T;
}

/** The sha256 of a blob in hexadecimal. */
export async function sha256(blob: Blob): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The name of the folder of a package in the making, by its key. */
export async function draftName(key: string): Promise<string> {
  return (await sha256(new Blob([key]))).slice(0, 32);
}

async function recordName(key: string): Promise<string> {
  return `${await sha256(new Blob([key]))}.json`;
}

async function parseRecord(file: File | undefined): Promise<PackageRecord | undefined> {
  try {
    const record = JSON.parse((await file?.text()) ?? "null") as Partial<PackageRecord> | null;
    const { key, manifest, used, version, listing } = record ?? {};
    const whole =
      typeof key === "string" && typeof manifest === "string" && typeof used === "number";
    if (!whole) return undefined;
    return {
      key,
      manifest,
      used,
      ...(typeof version === "string" ? { version } : {}),
      ...(typeof listing === "string" ? { listing } : {}),
    };
  } catch {
    // A tab that was closed while it wrote; the record is made anew with the next load.
    return undefined;
  }
}

async function read(folder: FileSystemDirectoryHandle, name: string): Promise<File | undefined> {
  try {
    return await (await folder.getFileHandle(name)).getFile();
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotFoundError") return undefined;
    throw error;
  }
}

async function remove(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  try {
    await folder.removeEntry(name, { recursive: true });
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "NotFoundError")) throw error;
  }
}

/** In a worker: every write is kept at once, also when the tab is closed in the middle. */
function appendAtOnce(handle: SyncHandle, size: number): Appender {
  let at = size;
  handle.truncate(size);
  return {
    write: (chunk) =>
      quota(async () => {
        // On a full disk browsers write less than asked for, or (Chrome) give a nonsensical count.
        const written = handle.write(chunk, { at });
        if (written !== chunk.byteLength) throw new DOMException("", "QuotaExceededError");
        at += written;
      }),
    close: async () => {
      handle.flush();
      handle.close();
    },
  };
}

/** In a page, where writes are kept when the file is closed. */
async function appendOnClose(handle: FileSystemFileHandle, size: number): Promise<Appender> {
  const stream = await quota(() => handle.createWritable({ keepExistingData: size > 0 }));
  await stream.truncate(size);
  await stream.seek(size);
  return {
    write: (chunk) => quota(() => stream.write(chunk as Uint8Array<ArrayBuffer>)),
    close: () => quota(() => stream.close()),
  };
}

/** Says what to do when there is no room. */
export async function quota<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "QuotaExceededError")) throw error;
    const { usage = 0, quota = 0 } = (await navigator.storage.estimate?.()) ?? {};
    const megabytes = (bytes: number) => Math.round(bytes / 1e6);
    const message =
      `the browser has no more room for this site (${megabytes(usage)} of ` +
      `${megabytes(quota)} MB are used); delete packages with Agff.cache.delete, free disk space, ` +
      `or load with cache: "memory"`;
    throw new AgffError("quota", "", message, error);
  }
}
