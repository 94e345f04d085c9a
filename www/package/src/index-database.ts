/**
 * Where an index is kept: one IndexedDB database for each. The page writes to it and the engine's side
 * reads vectors from it, each through a connection of its own; so what is in memory can always be made
 * anew.
 *
 * Every change gets the next number of a sequence, in the transaction that makes it. Whoever has read up to
 * a number reads on from there, whichever tab made the change: vectors have their number as their key, and
 * what was removed is listed by number.
 */

import { AgffError } from "./errors.js";
import type { IndexPrecision, IndexRecord } from "./index-types.js";
import type { Word } from "./taught-words.js";
import type { DecodePath } from "./types.js";
import {
  type DBSchema,
  type IDBPDatabase,
  type IDBPTransaction,
  openDB,
  type StoreNames,
} from "./vendor/idb.js";

/** What the names of the databases begin with. */
export const PREFIX = "agff-index:";

/** Of the database's layout. */
const VERSION = 1;

/** What is known of an index as a whole. */
export interface IndexMeta {
  /** The model's name, to show. */
  model: string;
  /** What tells whether vectors may be compared: that of the model's package. */
  fingerprint: string;
  trained: boolean;
  views: string[];
  dimensions: number;
  precision: IndexPrecision;
  /** Another number means that all that was read before is of no use. */
  epoch: number;
  /** The number of the last change. */
  seq: number;
  /** Number of records, by how they became pixels. */
  decoders: Record<DecodePath, number>;
}

/** A record as it is stored. */
export interface StoredRecord extends IndexRecord {
  /** The number of the change that brought it. */
  seq: number;
  /** Tokens that the model read. */
  tokens: number;
}

/** The vectors of a record, `[views, dimensions]`. */
export interface StoredVectors {
  seq: number;
  id: string;
  values: Float32Array;
}

/** A small picture. Bytes rather than a blob: they are read and written in the same transaction everywhere. */
export interface StoredThumbnail {
  type: string;
  bytes: ArrayBuffer;
}

export interface IndexSchema extends DBSchema {
  /** The index as a whole, and the words that were taught. */
  meta: { key: "index" | "words"; value: IndexMeta | Word[] };
  /** By id. */
  records: { key: string; value: StoredRecord; indexes: { seq: number } };
  /** By the number of the change. */
  vectors: { key: number; value: StoredVectors };
  /** By the record's id. */
  thumbnails: { key: string; value: StoredThumbnail };
  /** Ids, by the number of the change that removed them. */
  removed: { key: number; value: string };
}

type Stores = StoreNames<IndexSchema>;

/** A running transaction. */
export type Transaction<M extends IDBTransactionMode> = IDBPTransaction<IndexSchema, Stores[], M>;

/** All stores, for what changes records. */
export const ALL: Stores[] = ["meta", "records", "vectors", "thumbnails", "removed"];

/** Number of records. */
export function sizeOf({ decoders }: IndexMeta): number {
  return Object.values(decoders).reduce((sum, count) => sum + count, 0);
}

export class IndexDatabase {
  private gone: string | undefined;
  private db!: IDBPDatabase<IndexSchema>;

  private constructor(readonly name: string) {}

  /**
   * Opens an index's database.
   *
   * @param create what it begins with if it is not there; without, that is an error of the code `index`
   */
  static async open(name: string, create?: IndexMeta): Promise<IndexDatabase> {
    const database = new IndexDatabase(name);
    let missing = false;
    try {
      database.db = await openDB<IndexSchema>(PREFIX + name, VERSION, {
        upgrade(db, _, __, transaction) {
          if (!create) {
            missing = true;
            transaction.done.catch(() => {});
            return transaction.abort();
          }
          db.createObjectStore("meta");
          db.createObjectStore("records", { keyPath: "id" }).createIndex("seq", "seq");
          db.createObjectStore("vectors", { keyPath: "seq" });
          db.createObjectStore("thumbnails");
          db.createObjectStore("removed");
          void transaction.objectStore("meta").put(create, "index");
        },
        // Another tab deletes it, or has a newer version of this library.
        blocking: () => database.lose("this index was deleted or replaced; open it again"),
        terminated: () => database.lose("the browser closed this index; open it again"),
      });
    } catch (error) {
      if (missing) throw new AgffError("index", name, "there is no such index; open it to make it");
      throw storageError(name, error);
    }
    return database;
  }

  /** Whether this connection is of no use any more. */
  get lost(): boolean {
    return this.gone !== undefined;
  }

  throwIfLost(): void {
    if (this.gone !== undefined) throw new AgffError("index", this.name, this.gone);
  }

  /** Does something in one transaction: all of it is kept, or nothing. */
  async run<M extends "readonly" | "readwrite", T>(
    stores: Stores[],
    mode: M,
    work: (transaction: Transaction<M>) => Promise<T>,
  ): Promise<T> {
    this.throwIfLost();
    let transaction: Transaction<M> | undefined;
    try {
      transaction = this.db.transaction(stores, mode);
      // Awaited below; should the work fail before, nobody does.
      transaction.done.catch(() => {});
      const result = await work(transaction);
      await transaction.done;
      return result;
    } catch (error) {
      const cause = transaction?.error ?? error;
      try {
        transaction?.abort();
      } catch {
        // It has ended by itself.
      }
      if (this.gone !== undefined) throw new AgffError("index", this.name, this.gone, cause);
      throw storageError(this.name, cause);
    }
  }

  /** What is known of the index as a whole. */
  meta(): Promise<IndexMeta> {
    return this.run(["meta"], "readonly", metaOf);
  }

  close(): void {
    this.lose("this index was closed; open it again");
  }

  private lose(why: string): void {
    this.gone ??= why;
    this.db.close();
  }
}

/** The entry of a transaction's `meta`. */
export async function metaOf(
  transaction: Transaction<"readonly" | "readwrite">,
): Promise<IndexMeta> {
  const meta = await transaction.objectStore("meta").get("index");
  if (meta && !Array.isArray(meta)) return meta;
  throw new AgffError("index", "", "the index is damaged: delete it and add the photos again");
}

/** What the browser's storage throws, as one of ours. */
export function storageError(name: string, error: unknown): AgffError {
  if (error instanceof AgffError) return error;
  const { name: kind, message } = error instanceof Error ? error : new Error(String(error));
  if (kind === "QuotaExceededError") {
    const why =
      "the browser has no more room for this site; free some on the disk, remove photos from the index, " +
      "or delete cached models";
    return new AgffError("quota", name, why, error);
  }
  if (kind === "VersionError") {
    const why = "this index was made by a newer version of this page; reload it";
    return new AgffError("index", name, why, error);
  }
  const why = `the browser's storage failed (${message}); in a private window there may be none`;
  return new AgffError("io", name, why, error);
}
