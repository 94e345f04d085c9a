/**
 * Handles to files and folders, which some browsers let a page keep from one visit to the next. They are a convenience:
 * what cannot be kept is not there later, and nothing fails for it.
 */

const NAME = "agff-handles";
const STORE = "handles";

const database = open();

/** Keeps a handle under a key. */
export async function keepHandle(key: string, handle: FileSystemHandle): Promise<void> {
  await write((store) => store.put(handle, key));
}

/** The handle with that key. */
export async function handleOf<T extends FileSystemHandle>(key: string): Promise<T | undefined> {
  const db = await database;
  if (!db) return undefined;
  return new Promise((resolve) => {
    const request = db.transaction(STORE).objectStore(STORE).get(key);
    request.onsuccess = () => resolve(request.result as T | undefined);
    request.onerror = () => resolve(undefined);
  });
}

export async function forgetHandles(keys: readonly string[]): Promise<void> {
  await write((store) => {
    for (const key of keys) store.delete(key);
  });
}

/**
 * Whether a handle may be read.
 *
 * @param ask whether the person may be asked for it, which a browser allows in the course of a click only
 */
export async function mayRead(handle: FileSystemHandle, ask: boolean): Promise<boolean> {
  // The types of the DOM leave these out; a browser without them asks for nothing.
  const asked = handle as unknown as Partial<
    Record<"queryPermission" | "requestPermission", (options: object) => Promise<PermissionState>>
  >;
  const state = async (what: "queryPermission" | "requestPermission") =>
    (await asked[what]?.({ mode: "read" }).catch(() => "denied" as const)) ?? "granted";
  if ((await state("queryPermission")) === "granted") return true;
  return ask && (await state("requestPermission")) === "granted";
}

async function write(work: (store: IDBObjectStore) => void): Promise<void> {
  const db = await database;
  if (!db) return;
  await new Promise<void>((resolve) => {
    const transaction = db.transaction(STORE, "readwrite");
    transaction.oncomplete = transaction.onabort = transaction.onerror = () => resolve();
    work(transaction.objectStore(STORE));
  });
}

function open(): Promise<IDBDatabase | undefined> {
  return new Promise((resolve) => {
    let request: IDBOpenDBRequest;
    try {
      request = indexedDB.open(NAME, 1);
    } catch {
      return resolve(undefined);
    }
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(undefined);
  });
}
