/**
 * Where a package lies while it is made of a checkpoint: its files are written piece by piece, in any order, and get
 * their names, which are their hashes, when all is there.
 *
 *     agff/conversions/KEY/PATH          a file of the package
 *     agff/conversions/KEY/state.json    where to go on
 */

import { alone, draftName, quota, type Store, type WorkerFileHandle } from "./opfs.js";
import type { FileEntry } from "./manifest.js";
import type { MemoryFiles } from "./protocol.js";

/** A package in the making. */
export interface Draft {
  /** What was kept when an earlier conversion stopped. */
  state(): Promise<string | undefined>;
  /** The length of a file so far. */
  length(path: string): Promise<number>;
  write(path: string, at: number, bytes: Uint8Array): Promise<void>;
  /** Keeps where to go on: all that was written before is kept as well. */
  remember(state: string): Promise<void>;
  /** Ends the writing for now; what was written stays. */
  close(): Promise<void>;
  /** A file as it was written, after {@link close}. */
  read(path: string): Promise<Blob>;
  /** Gives the files their names. */
  finish(files: readonly FileEntry[]): Promise<void>;
  /** Forgets all. */
  discard(): Promise<void>;
}

const STATE = "state.json";

/** In the private file system. */
export async function draftInStore(store: Store, key: string): Promise<Draft> {
  const name = await draftName(key);
  let folder = await store.conversion(name);
  const open = new Map<string, Place>();
  const place = async (path: string): Promise<Place> => {
    let one = open.get(path);
    if (!one) open.set(path, (one = await openPlace(folder, path)));
    return one;
  };
  const close = async () => {
    const all = [...open.values()];
    open.clear();
    const closed = await Promise.allSettled(all.map((one) => one.close()));
    for (const one of closed) if (one.status === "rejected") throw one.reason;
  };
  return {
    state: async () => {
      try {
        const text = await (await (await folder.getFileHandle(STATE)).getFile()).text();
        return text.split("\n", 1)[0];
      } catch {
        return undefined;
      }
    },
    length: async (path) => {
      try {
        return (await (await folder.getFileHandle(path)).getFile()).size;
      } catch {
        return 0;
      }
    },
    write: async (path, at, bytes) => (await place(path)).write(at, bytes),
    remember: async (state) => {
      // In a page what is written is kept only when the file is closed.
      if ([...open.values()].some(({ flush }) => flush === undefined)) await close();
      for (const one of open.values()) await one.flush?.();
      const writer = await openPlace(folder, STATE);
      try {
        const bytes = new TextEncoder().encode(`${state}\n`);
        await writer.write(0, bytes);
        // Whoever is stopped before this finds the rest of an older one behind the line.
        await writer.truncate(bytes.byteLength);
      } finally {
        await writer.close();
      }
    },
    close,
    read: async (path) => (await folder.getFileHandle(path)).getFile(),
    finish: async (files) => {
      for (const entry of files) {
        await alone(entry.sha256, undefined, () => store.adopt(folder, entry.path, entry));
      }
      await store.dropConversion(name);
    },
    discard: async () => {
      await close();
      await store.dropConversion(name);
      folder = await store.conversion(name);
    },
  };
}

/** In memory: nothing is there to go on with later. */
export function draftInMemory({ files }: MemoryFiles): Draft {
  const parts = new Map<string, Uint8Array>();
  return {
    state: async () => undefined,
    length: async (path) => parts.get(path)?.byteLength ?? 0,
    write: async (path, at, bytes) => {
      let part = parts.get(path);
      const end = at + bytes.byteLength;
      if (!part || part.byteLength < end) {
        const longer = new Uint8Array(end);
        if (part) longer.set(part);
        parts.set(path, (part = longer));
      }
      part.set(bytes, at);
    },
    remember: async () => {},
    close: async () => {},
    read: async (path) => new Blob([parts.get(path)! as Uint8Array<ArrayBuffer>]),
    finish: async (entries) => {
      for (const { path, sha256 } of entries) {
        files.set(sha256, new Blob([parts.get(path)! as Uint8Array<ArrayBuffer>]));
        parts.delete(path);
      }
    },
    discard: async () => parts.clear(),
  };
}

/** A file that is written at any place. */
interface Place {
  write(at: number, bytes: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  /** Absent where only {@link close} keeps what was written. */
  flush?(): Promise<void>;
  close(): Promise<void>;
}

async function openPlace(folder: FileSystemDirectoryHandle, path: string): Promise<Place> {
  const handle: WorkerFileHandle = await quota(() => folder.getFileHandle(path, { create: true }));
  if (handle.createSyncAccessHandle) {
    const file = await handle.createSyncAccessHandle();
    return {
      write: (at, bytes) =>
        quota(async () => {
          const written = file.write(bytes, { at });
          if (written !== bytes.byteLength) throw new DOMException("", "QuotaExceededError");
        }),
      truncate: async (size) => file.truncate(size),
      flush: async () => file.flush(),
      close: async () => {
        file.flush();
        file.close();
      },
    };
  }
  // In a page, where what was written is kept when the file is closed.
  const stream = await quota(() => handle.createWritable({ keepExistingData: true }));
  return {
    write: (at, bytes) =>
      quota(() =>
        stream.write({ type: "write", position: at, data: bytes as Uint8Array<ArrayBuffer> }),
      ),
    truncate: (size) => stream.truncate(size),
    close: () => quota(() => stream.close()),
  };
}
