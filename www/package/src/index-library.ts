/**
 * The indexes that the engine's side has in memory, which it reads from their databases and searches.
 * Nothing here writes, so a lost worker loses nothing: the next call reads all of it anew.
 */

import type { VectorIndex, VectorIndexClass } from "agff:vector-index";
import { IndexDatabase } from "./index-database.js";
import { LoadedIndex } from "./loaded-index.js";
import type {
  DuplicatesRequest,
  IndexRef,
  IndexVectorsRequest,
  SearchReply,
  SearchRequest,
} from "./protocol.js";
import type { DuplicatePair, IndexPrecision, IndexVectors } from "./index-types.js";
import type { Fusion } from "./types.js";

/** How the library gets at the engine. */
export interface VectorEngine {
  VectorIndex: VectorIndexClass;
  /** Runs one call on the engine; it also ends when the engine dies in the middle of it. */
  run<T>(call: () => T): Promise<T>;
  fusion: Fusion;
  /** Gives an index's memory back. */
  release(index: VectorIndex): void;
}

/** Runs work while the engine does nothing else. */
export type Alone = <T>(work: () => Promise<T>) => Promise<T>;

export class IndexLibrary {
  private readonly open = new Map<string, Promise<LoadedIndex>>();

  constructor(private readonly engine: VectorEngine) {}

  /** Reads what there is, and gives the number of records. */
  async fill(ref: IndexRef, signal: AbortSignal | undefined): Promise<number> {
    return (await this.get(ref)).sync(signal);
  }

  async search(
    { index, ...query }: SearchRequest,
    signal: AbortSignal | undefined,
  ): Promise<SearchReply> {
    return (await this.get(index)).search(query, signal);
  }

  /** @param alone runs a part of the work without a pass of the model in between */
  async duplicates(
    { index, ...options }: DuplicatesRequest,
    alone: Alone,
    signal: AbortSignal | undefined,
  ): Promise<DuplicatePair[]> {
    return (await this.get(index)).duplicates(options, alone, signal);
  }

  async vectors(
    { index, view }: IndexVectorsRequest,
    signal: AbortSignal | undefined,
  ): Promise<IndexVectors> {
    return (await this.get(index)).vectors(view, signal);
  }

  /** Gives an index's memory back, in every precision. */
  async close(name: string): Promise<void> {
    const keys = [...this.open.keys()].filter((key) => nameIn(key) === name);
    await Promise.all(keys.map((key) => this.drop(key)));
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.open.keys()].map((key) => this.drop(key)));
  }

  private async get({ name, precision }: IndexRef): Promise<LoadedIndex> {
    const key = `${precision}:${name}`;
    const seen = this.open.get(key);
    const there = await seen?.catch(() => undefined);
    if (there && !there.lost) return there;
    // Somebody else may have seen to it meanwhile.
    if (this.open.get(key) === seen) await this.drop(key);
    const opening = this.open.get(key) ?? this.load(name, precision);
    this.open.set(key, opening);
    return opening;
  }

  private async load(name: string, precision: IndexPrecision): Promise<LoadedIndex> {
    return new LoadedIndex(await IndexDatabase.open(name), precision, this.engine);
  }

  private async drop(key: string): Promise<void> {
    const index = this.open.get(key);
    this.open.delete(key);
    await index?.then((index) => index.close()).catch(() => {});
  }
}

function nameIn(key: string): string {
  return key.slice(key.indexOf(":") + 1);
}
