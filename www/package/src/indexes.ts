/** The indexes of this site: `Agff.indexes`. */

import { AgffError } from "./errors.js";
import { IndexDatabase, PREFIX, sizeOf, storageError } from "./index-database.js";
import { toRecord, wholeRecords } from "./index-store.js";
import type { IndexedPhoto, IndexInfo } from "./index-types.js";
import { deleteDB } from "./vendor/idb.js";

/** Photos that are read from a database at once. */
const CHUNK = 32;

/** What there is, by name. */
export async function list(): Promise<IndexInfo[]> {
  // Firefox has it since version 126.
  if (!globalThis.indexedDB?.databases) {
    throw new AgffError("io", "", "this browser cannot list what a site stores; use a newer one");
  }
  const databases = await indexedDB.databases().catch((error: unknown) => {
    throw storageError("", error);
  });
  const names = databases
    .map(({ name = "" }) => name)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length))
    .sort();
  const found = await Promise.all(names.map(about));
  return found.filter((one) => one !== undefined);
}

/** What an index keeps of its photos, in the order in which they were added. */
export async function* photos(name: string): AsyncGenerator<IndexedPhoto, void, undefined> {
  const database = await IndexDatabase.open(name);
  try {
    for (let after = 0; ;) {
      const some = await wholeRecords(database, after, CHUNK);
      for (const { record, thumbnail } of some) {
        after = record.seq;
        yield {
          record: toRecord(record),
          thumbnail: thumbnail && new Blob([thumbnail.bytes], { type: thumbnail.type }),
        };
      }
      if (some.length < CHUNK) return;
    }
  } finally {
    database.close();
  }
}

/** Throws an index away with all that is in it. */
export async function remove(name: string): Promise<void> {
  try {
    await deleteDB(PREFIX + name);
  } catch (error) {
    throw storageError(name, error);
  }
}

async function about(name: string): Promise<IndexInfo | undefined> {
  let database: IndexDatabase | undefined;
  try {
    database = await IndexDatabase.open(name);
    const meta = await database.meta();
    const { model, dimensions, precision } = meta;
    return { name, size: sizeOf(meta), model, dimensions, precision };
  } catch (error) {
    // One that was deleted meanwhile, or that a newer version of this library made.
    if (error instanceof AgffError && error.code === "index") return undefined;
    throw error;
  } finally {
    database?.close();
  }
}
