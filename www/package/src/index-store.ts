/** What the page reads from an index's database and writes to it. */

import {
  ALL,
  type IndexDatabase,
  type IndexMeta,
  metaOf,
  sizeOf,
  type StoredRecord,
  type StoredThumbnail,
  type StoredVectors,
  type Transaction,
} from "./index-database.js";
import type { IndexRecord } from "./index-types.js";

/** Removals that are listed; with more, everybody reads the whole index anew. */
const MOST_REMOVED = 10_000;

/** A photo that is ready to be stored. */
export interface NewRecord {
  record: IndexRecord;
  tokens: number;
  /** `[views, dimensions]`, in a buffer of its own. */
  values: Float32Array;
  thumbnail: StoredThumbnail | undefined;
}

/** A record with all that belongs to it. */
export interface Whole {
  record: StoredRecord;
  values: Float32Array;
  thumbnail: StoredThumbnail | undefined;
}

/**
 * Stores photos, all or none of them, but for those whose ids are there. Gives for each whether it was
 * new, and the index's new state.
 */
export function insert(
  database: IndexDatabase,
  photos: readonly NewRecord[],
): Promise<{ added: boolean[]; meta: IndexMeta }> {
  return database.run(ALL, "readwrite", async (transaction) => {
    const meta = await metaOf(transaction);
    const records = transaction.objectStore("records");
    const added: boolean[] = [];
    for (const { record, tokens, values, thumbnail } of photos) {
      const isNew = (await records.getKey(record.id)) === undefined;
      added.push(isNew);
      if (!isNew) continue;
      const seq = ++meta.seq;
      meta.decoders[record.decode] += 1;
      await Promise.all([
        records.add({ ...record, seq, tokens }),
        transaction.objectStore("vectors").add({ seq, id: record.id, values }),
        thumbnail && transaction.objectStore("thumbnails").put(thumbnail, record.id),
      ]);
    }
    if (added.includes(true)) await transaction.objectStore("meta").put(meta, "index");
    return { added, meta };
  });
}

/** Removes records, and gives how many there were. */
export function remove(
  database: IndexDatabase,
  ids: readonly string[],
): Promise<{ removed: number; meta: IndexMeta }> {
  return database.run(ALL, "readwrite", async (transaction) => {
    const meta = await metaOf(transaction);
    const before = sizeOf(meta);
    const log = transaction.objectStore("removed");
    for (const id of new Set(ids)) {
      const record = await transaction.objectStore("records").get(id);
      if (!record) continue;
      meta.decoders[record.decode] -= 1;
      await Promise.all([
        transaction.objectStore("records").delete(id),
        transaction.objectStore("vectors").delete(record.seq),
        transaction.objectStore("thumbnails").delete(id),
        log.put(id, ++meta.seq),
      ]);
    }
    if ((await log.count()) > MOST_REMOVED) {
      await log.clear();
      meta.epoch += 1;
    }
    await transaction.objectStore("meta").put(meta, "index");
    return { removed: before - sizeOf(meta), meta };
  });
}

/** Removes all records, and forgets the words that were taught. */
export function clear(database: IndexDatabase): Promise<IndexMeta> {
  return database.run(ALL, "readwrite", async (transaction) => {
    const meta = await metaOf(transaction);
    // The sequence goes on, so that no number ever means two things.
    meta.seq += 1;
    meta.epoch += 1;
    meta.decoders = { exact: 0, browser: 0, pixels: 0 };
    for (const store of ["records", "vectors", "thumbnails", "removed"] as const) {
      await transaction.objectStore(store).clear();
    }
    await transaction.objectStore("meta").delete("words");
    await transaction.objectStore("meta").put(meta, "index");
    return meta;
  });
}

/** Keeps another state of the index as a whole. */
export function changeMeta(
  database: IndexDatabase,
  change: Partial<Pick<IndexMeta, "precision">>,
): Promise<IndexMeta> {
  return database.run(["meta"], "readwrite", async (transaction) => {
    const meta = { ...(await metaOf(transaction)), ...change };
    await transaction.objectStore("meta").put(meta, "index");
    return meta;
  });
}

/** Whether an id is there. */
export function has(database: IndexDatabase, id: string): Promise<boolean> {
  return database.run(
    ["records"],
    "readonly",
    async (transaction) => (await transaction.objectStore("records").getKey(id)) !== undefined,
  );
}

/** Records by their ids; undefined in the place of one that is not there. */
export function get(
  database: IndexDatabase,
  ids: readonly string[],
): Promise<(IndexRecord | undefined)[]> {
  return database.run(["records"], "readonly", async (transaction) => {
    const records = transaction.objectStore("records");
    const found = await Promise.all(ids.map((id) => records.get(id)));
    return found.map((record) => record && toRecord(record));
  });
}

/** Records, the newest first. */
export function list(
  database: IndexDatabase,
  offset: number,
  limit: number,
): Promise<IndexRecord[]> {
  return database.run(["records"], "readonly", async (transaction) => {
    const bySeq = transaction.objectStore("records").index("seq");
    // Two jumps of a cursor find the ends; what is between them is read at once.
    let cursor = await bySeq.openKeyCursor(null, "prev");
    if (offset > MOST_STEPS) return [];
    if (cursor && offset > 0) cursor = await cursor.advance(offset);
    if (!cursor || limit <= 0) return [];
    const last = cursor.key;
    const end = limit > 1 ? await cursor.advance(Math.min(limit - 1, MOST_STEPS)) : cursor;
    const range = end ? IDBKeyRange.bound(end.key, last) : IDBKeyRange.upperBound(last);
    return (await bySeq.getAll(range)).reverse().map(toRecord);
  });
}

/** The most that a cursor can be told to advance. */
const MOST_STEPS = 2 ** 32 - 1;

/** A record's small picture. */
export function thumbnail(
  database: IndexDatabase,
  id: string,
): Promise<StoredThumbnail | undefined> {
  return database.run(["thumbnails"], "readonly", (transaction) =>
    transaction.objectStore("thumbnails").get(id),
  );
}

/** The next records behind a number of the sequence, in order, with all that belongs to them. */
export function wholeRecords(
  database: IndexDatabase,
  after: number,
  limit: number,
): Promise<Whole[]> {
  return database.run(ALL, "readonly", async (transaction) => {
    const range = IDBKeyRange.lowerBound(after, true);
    const vectors = await transaction.objectStore("vectors").getAll(range, limit);
    return Promise.all(vectors.map((one) => whole(transaction, one)));
  });
}

async function whole(
  transaction: Transaction<"readonly">,
  { id, values }: StoredVectors,
): Promise<Whole> {
  const [record, thumbnail] = await Promise.all([
    transaction.objectStore("records").get(id),
    transaction.objectStore("thumbnails").get(id),
  ]);
  // They come and go in one transaction.
  return { record: record!, values, thumbnail };
}

/** A record without what is only kept here. */
export function toRecord({ seq: _, tokens: __, ...record }: StoredRecord): IndexRecord {
  return record;
}
