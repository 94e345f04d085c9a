/**
 * Where the photos themselves can be read again. The library keeps small pictures and vectors only; a
 * photo is at hand while the page that took it is open, and later where the browser lets a page
 * keep a handle to a file and the person still allows it.
 */

import type { Source } from "./files";

const NAME = "agff-originals";
const STORE = "handles";

export class Originals {
  private readonly files = new Map<string, File>();
  private readonly database = open();

  keep(id: string, { file, handle }: Source): void {
    this.files.set(id, file);
    if (handle) void this.write((store) => store.put(handle, id));
  }

  /** The photo, if it can be read without asking. */
  async read(id: string): Promise<File | undefined> {
    const kept = this.files.get(id);
    if (kept && (await isReadable(kept))) return kept;
    const handle = await this.handle(id);
    if (!handle || (await permission(handle, "queryPermission")) !== "granted") return undefined;
    return handle.getFile().catch(() => undefined);
  }

  /**
   * Asks for those that could be read if the person allowed it; a browser asks once for a folder.
   * Has to be called from a click.
   */
  async ask(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      if (this.files.has(id)) continue;
      const handle = await this.handle(id);
      if (!handle || (await permission(handle, "queryPermission")) === "granted") continue;
      if ((await permission(handle, "requestPermission")) !== "granted") return;
    }
  }

  async forget(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.files.delete(id);
    await this.write((store) => {
      for (const id of ids) store.delete(id);
    });
  }

  private async handle(id: string): Promise<FileSystemFileHandle | undefined> {
    const database = await this.database;
    if (!database) return undefined;
    return new Promise((resolve) => {
      const request = database.transaction(STORE).objectStore(STORE).get(id);
      request.onsuccess = () => resolve(request.result as FileSystemFileHandle | undefined);
      request.onerror = () => resolve(undefined);
    });
  }

  private async write(work: (store: IDBObjectStore) => void): Promise<void> {
    const database = await this.database;
    if (!database) return;
    await new Promise<void>((resolve) => {
      const transaction = database.transaction(STORE, "readwrite");
      // It is a convenience: what cannot be written is not at hand later.
      transaction.oncomplete = transaction.onabort = transaction.onerror = () => resolve();
      work(transaction.objectStore(STORE));
    });
  }
}

function open(): Promise<IDBDatabase | undefined> {
  return new Promise((resolve) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(undefined);
  });
}

async function isReadable(file: File): Promise<boolean> {
  return file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
}

// The types of the DOM leave these out.
async function permission(
  handle: FileSystemFileHandle,
  what: "queryPermission" | "requestPermission",
): Promise<PermissionState> {
  const asked = handle as unknown as Partial<
    Record<typeof what, (options: object) => Promise<PermissionState>>
  >;
  return (await asked[what]?.({ mode: "read" }).catch(() => "denied" as const)) ?? "granted";
}
