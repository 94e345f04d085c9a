/**
 * One index in the engine's memory: vectors as integers (or f32), read from the database, and kept up
 * with it.
 *
 * The integers bound every score, so the scan gives what may be among the best; scoring these from the f32 vectors
 * in the database gives exactly the best of all (docs/method.md, "Exact search").
 */

import type { VectorIndex } from "agff:vector-index";
import { AgffError, throwIfAborted, toAgffError } from "./errors.js";
import { type IndexDatabase, metaOf, type StoredVectors } from "./index-database.js";
import type { Alone, VectorEngine } from "./index-library.js";
import type { DuplicatePair, IndexPrecision, IndexVectors } from "./index-types.js";
import { OriginalVectors } from "./original-vectors.js";
import type { DuplicatesRequest, FoundRecord, SearchReply, SearchRequest } from "./protocol.js";
import { similarity, truncate } from "./similarity.js";
import type { Word } from "./taught-words.js";
import { Turns } from "./turns.js";
import type { Embedding, Similarity } from "./types.js";

/** Records that are read in one transaction. */
const CHUNK = 256;

/** Candidates that are scored together: few of all that there are reach the end. */
const TOGETHER = 48;

/** Blocks of records that are compared in one call of the engine, so that it may be stopped in between. */
const BLOCKS_IN_A_CALL = 2;

/** Milliseconds after which others have a turn. */
const GO = 250;

/** Searches that are begun anew because a record was removed in the middle. */
const MOST_TRIES = 5;

/** Pairs that are kept beyond those that are wanted, until they are scored in f32. */
const MORE_PAIRS = 1000;

/** The name of a taught word's one view. */
const TAUGHT = "taught";

/** A query that can be searched by. */
interface Prepared {
  query: { embedding: Embedding; weight: number }[];
  offset: number;
  taught: SearchReply["taught"];
}

export class LoadedIndex {
  private index: VectorIndex | undefined;
  private views: readonly string[] = [];
  private dimensions = 0;
  /** What was read: all changes of this epoch up to this number. */
  private epoch = -1;
  private seq = 0;
  /** Where each record's vectors are. */
  private readonly places = new Map<string, number>();
  /** How often a record was removed, as that moves others. */
  private removals = 0;
  /** The largest value of a global view so far, on which the integers' error depends. */
  private largest = 0;
  private readonly originals: OriginalVectors;
  private readonly turns = new Turns();

  constructor(
    private readonly database: IndexDatabase,
    private readonly precision: IndexPrecision,
    private readonly engine: VectorEngine,
  ) {
    this.originals = new OriginalVectors(database);
  }

  get lost(): boolean {
    return this.database.lost;
  }

  /** Reads what has changed, and gives the number of records. */
  sync(signal: AbortSignal | undefined): Promise<number> {
    return this.turns.take(true, async () => {
      for (let more = true; more;) {
        throwIfAborted(signal, this.database.name);
        more = await this.readOn();
      }
      return this.places.size;
    });
  }

  /** The best records, exactly. */
  async search(
    { terms, limit, minScore }: Omit<SearchRequest, "index">,
    signal: AbortSignal | undefined,
  ): Promise<SearchReply> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      await this.sync(signal);
      if (!this.index || this.places.size === 0) return { hits: [], scored: 0 };
      const { query, offset, taught } = await this.embeddings(terms);
      const least = minScore === undefined ? undefined : minScore - offset;
      const options = { limit, ...(least === undefined ? {} : { minScore: least }) };
      const index = this.index;
      // It was closed or cleared meanwhile.
      if (!index) continue;
      const reply = ({ hits, scored }: SearchReply): SearchReply => ({
        hits: hits.map((hit) => ({ ...hit, score: hit.score + offset })),
        scored,
        ...(taught ? { taught } : {}),
      });
      if (this.precision === "f32") {
        const { hits, scored } = await this.engine.run(() => index.search(query, options));
        return reply({
          hits: hits.map(({ id, score, terms }) => ({ id, score, similarity: terms[0]! })),
          scored,
        });
      }
      const candidates = await this.engine.run(() => index.candidates(query, options));
      const found = await this.rescore(query, candidates, limit, least, signal);
      // If one of them was removed meanwhile, another one may have its place.
      if (found) return reply(found);
    }
    const message = "vectors are missing from it; delete the index and add the photos again";
    throw new AgffError("index", this.database.name, message);
  }

  /** Pairs that are nearly the same by their global views, the most similar first. */
  async duplicates(
    { threshold, limit }: Omit<DuplicatesRequest, "index">,
    alone: Alone,
    signal: AbortSignal | undefined,
  ): Promise<DuplicatePair[]> {
    await this.sync(signal);
    for (;;) {
      const before = this.removals;
      const pairs = await this.pairs(threshold, limit, alone, signal);
      if (this.removals === before) return pairs;
    }
  }

  /** A view's vectors of all records. */
  async vectors(view: string, signal: AbortSignal | undefined): Promise<IndexVectors> {
    const { views, dimensions } = await this.database.meta();
    const at = views.indexOf(view);
    if (at < 0) {
      const message = `there is no view ${JSON.stringify(view)}; there are ${views.join(", ")}`;
      throw new AgffError("input", "view", message);
    }
    const ids: string[] = [];
    const parts: Float32Array[] = [];
    for (let seq = 0, more = true; more;) {
      throwIfAborted(signal, this.database.name);
      const chunk = await this.database.run(["vectors"], "readonly", (transaction) =>
        transaction.objectStore("vectors").getAll(IDBKeyRange.lowerBound(seq, true), CHUNK),
      );
      for (const { id, values } of chunk) {
        ids.push(id);
        parts.push(values.slice(at * dimensions, (at + 1) * dimensions));
      }
      more = chunk.length === CHUNK;
      seq = chunk.at(-1)?.seq ?? seq;
    }
    return { ids, dimensions, values: joined(parts, dimensions) };
  }

  /** Gives the memory back. */
  async close(): Promise<void> {
    this.database.close();
    await this.turns.take(false, async () => this.reset());
  }

  /** Reads the next changes; gives whether there may be more. */
  private async readOn(): Promise<boolean> {
    const { meta, removed, vectors } = await this.database.run(
      ["meta", "vectors", "removed"],
      "readonly",
      async (transaction) => {
        const meta = await metaOf(transaction);
        const after = meta.epoch === this.epoch ? this.seq : 0;
        if (meta.seq === after) return { meta, removed: [], vectors: [] };
        const range = IDBKeyRange.lowerBound(after, true);
        const [removed, vectors] = await Promise.all([
          // Nothing is there yet that could have been removed.
          after === 0 ? [] : transaction.objectStore("removed").getAll(range),
          transaction.objectStore("vectors").getAll(range, CHUNK),
        ]);
        return { meta, removed, vectors };
      },
    );
    if (meta.epoch !== this.epoch) {
      this.reset();
      const { views, dimensions, epoch } = meta;
      const { fusion, VectorIndex } = this.engine;
      const options = { views, dimensions, fusion, precision: this.precision };
      this.index = await this.engine.run(() => new VectorIndex(options));
      [this.views, this.dimensions, this.epoch, this.seq] = [views, dimensions, epoch, 0];
    }
    // First, as what was removed may have come again since. Records that are not read yet are not affected.
    if (removed.length > 0) await this.forget(removed);
    if (vectors.length > 0) await this.take(vectors);
    const more = vectors.length === CHUNK;
    this.seq = more ? vectors.at(-1)!.seq : meta.seq;
    return more;
  }

  private async take(vectors: readonly StoredVectors[]): Promise<void> {
    const ids = vectors.map(({ id }) => id);
    const values = joined(
      vectors.map(({ values }) => values),
      this.views.length * this.dimensions,
    );
    await this.engine.run(() => this.index!.add(ids, values));
    for (const { id, seq, values } of vectors) {
      this.places.set(id, seq);
      for (let i = 0; i < this.dimensions; i++) {
        this.largest = Math.max(this.largest, Math.abs(values[i]!));
      }
    }
  }

  private async forget(ids: string[]): Promise<void> {
    this.removals += await this.engine.run(() => this.index!.remove(ids));
    for (const id of ids) {
      this.originals.forget(this.places.get(id));
      this.places.delete(id);
    }
  }

  private reset(): void {
    if (this.index) this.engine.release(this.index);
    this.index = undefined;
    this.epoch = -1;
    this.removals += 1;
    this.places.clear();
    this.originals.clear();
  }

  /**
   * The terms with their embeddings, at the index's dimensions; what is added to their sum; and how sure matches of the
   * first one are, if it is a taught word.
   */
  private async embeddings(terms: SearchRequest["terms"]): Promise<Prepared> {
    const made: Prepared = { query: [], offset: 0, taught: undefined };
    // How much a text counts that says no more than the taught words before it.
    let text = 1;
    for (const term of terms) {
      const { weight } = term;
      if (term.word) {
        const { word } = term;
        const taught = await this.taught(word);
        // Then it is searched for as a text alone.
        if (!taught) continue;
        const { certainty } = taught;
        if (made.query.length === 0) made.taught = { name: word.name, certainty };
        made.query.push({ embedding: taught.embedding, weight: weight * taught.weight });
        made.offset += weight * taught.offset;
        text = Math.min(text, taught.text);
      } else if (term.embedding) {
        const { embedding, beside } = term;
        const cut =
          embedding.dimensions > this.dimensions ? truncate(embedding, this.dimensions) : embedding;
        made.query.push({ embedding: cut, weight: beside ? weight * text : weight });
        text = 1;
      } else {
        const [values] = await this.originalsOf([term.id]);
        if (!values) {
          const message = "there is no record of this id in the index, which is looked for by it";
          throw new AgffError("input", term.id, message);
        }
        made.query.push({ embedding: this.embedding(values), weight });
      }
    }
    return made;
  }

  /** What a word searches by; undefined if its photos cannot be told from the others. */
  private async taught(word: Word): Promise<ReturnType<VectorIndex["taught"]> | undefined> {
    try {
      return await this.engine.run(() => this.index!.taught(word));
    } catch (thrown) {
      const { code } = toAgffError(thrown, word.name);
      if (code === "embedding" || code === "input") return undefined;
      throw thrown;
    }
  }

  /** Scores candidates, which come with the most promising first; undefined if one is gone. */
  private async rescore(
    query: readonly { embedding: Embedding; weight: number }[],
    candidates: readonly { id: string; high: number }[],
    limit: number,
    minScore: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<SearchReply | undefined> {
    const best: (FoundRecord & { place: number })[] = [];
    let scored = 0;
    for (let from = 0; from < candidates.length;) {
      throwIfAborted(signal, this.database.name);
      const worst = best.length === limit ? best[limit - 1]!.score : -Infinity;
      if (candidates[from]!.high < worst) break;
      const part = candidates.slice(from, (from += TOGETHER));
      const vectors = await this.originalsOf(part.map(({ id }) => id));
      for (const [i, { id }] of part.entries()) {
        const values = vectors[i];
        const place = this.places.get(id);
        if (!values || place === undefined) return undefined;
        const target = this.embedding(values);
        let score = 0;
        let first: Similarity | undefined;
        for (const { embedding, weight } of query) {
          // A taught word is compared with the photo as a whole.
          const seen = embedding.views[0] === TAUGHT ? this.global(target) : target;
          const similar = similarity(embedding, seen, this.engine.fusion);
          first ??= similar;
          score += weight * similar.score;
        }
        scored += 1;
        if (minScore === undefined || score >= minScore) {
          best.push({ id, score, similarity: first!, place });
        }
      }
      // Of equal scores the one that was added first.
      best.sort((a, b) => b.score - a.score || a.place - b.place).splice(limit);
    }
    return { hits: best.map(({ place: _, ...hit }) => hit), scored };
  }

  private async pairs(
    threshold: number,
    limit: number,
    alone: Alone,
    signal: AbortSignal | undefined,
  ): Promise<DuplicatePair[]> {
    const index = this.index;
    if (!index) return [];
    const exact = this.precision === "f32";
    const options = exact
      ? { threshold, limit }
      : { threshold: threshold - this.pairError(), limit: limit + MORE_PAIRS };
    let pairs: DuplicatePair[] = [];
    let from = 0;
    const more = () => index === this.index && from < index.blocks;
    const go = async () => {
      for (const begun = performance.now(); more() && performance.now() - begun < GO;) {
        throwIfAborted(signal, this.database.name);
        const part = { ...options, from, to: (from += BLOCKS_IN_A_CALL) };
        const found = await this.engine.run(() => index.nearDuplicates(part));
        pairs = sorted([...pairs, ...found.pairs]).slice(0, options.limit);
        await new Promise((resolve) => setTimeout(resolve));
      }
    };
    while (more()) await alone(go);
    if (exact) return pairs;
    const ids = [...new Set(pairs.flatMap(({ first, second }) => [first, second]))];
    const originals = new Map<string, Float32Array | undefined>();
    for (let from = 0; from < ids.length; from += CHUNK) {
      throwIfAborted(signal, this.database.name);
      const part = ids.slice(from, from + CHUNK);
      (await this.originalsOf(part)).forEach((values, i) => originals.set(part[i]!, values));
    }
    const scored = pairs.flatMap(({ first, second }) => {
      const [a, b] = [originals.get(first), originals.get(second)];
      // One that is gone is in no pair.
      return a && b ? [{ first, second, score: cosine(a, b, this.dimensions) }] : [];
    });
    return sorted(scored.filter(({ score }) => score >= threshold)).slice(0, limit);
  }

  /**
   * How far a cosine of integers may be from that of the vectors. Every value is off by at most half
   * a step, which is a 127th of its vector's largest value; then by Cauchy and Schwarz.
   */
  private pairError(): number {
    const off = ((this.largest / 127) * Math.sqrt(this.dimensions)) / 2;
    return 2.02 * off + off * off + 1e-6;
  }

  private originalsOf(ids: readonly string[]): Promise<(Float32Array | undefined)[]> {
    return this.originals.get(ids.map((id) => this.places.get(id)));
  }

  private global(target: Embedding): Embedding {
    const values = target.values.subarray(0, this.dimensions);
    return { ...target, views: target.views.slice(0, 1), values };
  }

  private embedding(values: Float32Array): Embedding {
    const { views, dimensions } = this;
    return { views, dimensions, values, tokens: 0, truncated: false };
  }
}

function joined(parts: readonly Float32Array[], each: number): Float32Array {
  const all = new Float32Array(parts.length * each);
  parts.forEach((part, i) => all.set(part, i * each));
  return all;
}

function sorted(pairs: DuplicatePair[]): DuplicatePair[] {
  return pairs.sort((a, b) => b.score - a.score);
}

/** Of the global views. */
function cosine(a: Float32Array, b: Float32Array, dimensions: number): number {
  let [dot, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < dimensions; i++) {
    dot += a[i]! * b[i]!;
    squareA += a[i]! * a[i]!;
    squareB += b[i]! * b[i]!;
  }
  return dot / Math.sqrt(squareA * squareB);
}
