/** The stored photo index as a page sees it. */

import type { Agff } from "./agff.js";
import type { Backend } from "./backend.js";
import { certaintyOfWord } from "./certainty.js";
import { AgffError, throwIfAborted } from "./errors.js";
import { guarded } from "./guarded.js";
import { addPhotos } from "./index-add.js";
import { IndexDatabase, type IndexMeta, sizeOf } from "./index-database.js";
import { checkIdentity, newMeta, warningsOf } from "./index-identity.js";
import * as store from "./index-store.js";
import { changeWord, forgetWord, storedWords } from "./index-words.js";
import type {
  AddOptions,
  AddSummary,
  DuplicatePair,
  DuplicatesOptions,
  Hit,
  IndexInput,
  IndexPrecision,
  IndexRecord,
  IndexSearchOptions,
  IndexVectors,
  OpenIndexOptions,
  PhotoIndex,
  Query,
  QueryTerm,
  TaughtWord,
} from "./index-types.js";
import type { Calls, IndexCall, SearchTerm } from "./protocol.js";
import {
  correct,
  namedIn,
  teach,
  toTaught,
  type Word,
  wordCalled,
  withWord,
} from "./taught-words.js";
import type { Certainty } from "./types.js";

/** Answers calls about the index where the engine is. */
type Call = Backend["index"];

/** Opens an index, or makes it. */
export async function openIndex(
  model: Agff,
  call: Call,
  name: string,
  options: OpenIndexOptions,
): Promise<PhotoIndex> {
  if (typeof name !== "string" || name === "") {
    throw new AgffError("input", "name", "an index has a name: a text that is not empty");
  }
  if (!globalThis.crypto?.subtle) {
    const message = "photos are known by their hash, which needs a page over HTTPS or on localhost";
    throw new AgffError("io", name, message);
  }
  const { signal, precision } = options;
  const database = await IndexDatabase.open(name, newMeta(model.info, options));
  try {
    throwIfAborted(signal, name);
    let meta = await database.meta();
    checkIdentity(name, meta, model.info, options);
    if (precision !== undefined && precision !== meta.precision) {
      meta = await store.changeMeta(database, { precision });
    }
    throwIfAborted(signal, name);
    const index = new StoredPhotoIndex(model, call, database, meta);
    handles(model, name, 1);
    index.warm();
    return index;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** How many handles of a model's indexes are open, by name. */
const opened = new WeakMap<Agff, Map<string, number>>();

/** Counts handles of an index up or down, and gives how many are open. */
function handles(model: Agff, name: string, change: 1 | -1): number {
  const counts = opened.get(model) ?? new Map<string, number>();
  opened.set(model, counts);
  const count = (counts.get(name) ?? 0) + change;
  counts.set(name, count);
  return count;
}

class StoredPhotoIndex implements PhotoIndex {
  readonly precision: IndexPrecision;
  readonly dimensions: number;
  private readonly closing = new AbortController();
  /** Other tabs with this index, and other handles on it in this one. */
  private readonly others: BroadcastChannel;

  constructor(
    private readonly model: Agff,
    private readonly call: Call,
    private readonly database: IndexDatabase,
    private meta: IndexMeta,
  ) {
    this.precision = meta.precision;
    this.dimensions = meta.dimensions;
    this.others = new BroadcastChannel(`agff-index:${database.name}`);
    this.others.onmessage = ({ data }: MessageEvent<IndexMeta>) => this.heard(data);
  }

  get name(): string {
    return this.database.name;
  }

  get size(): number {
    return sizeOf(this.meta);
  }

  get warnings(): readonly string[] {
    return warningsOf(this.meta);
  }

  /** Lets the engine read the index before it is asked for; a failure comes again with the first call. */
  warm(): void {
    this.call("indexFill", this.ref, this.closing.signal).catch(() => {});
  }

  add(
    photos: Iterable<IndexInput> | AsyncIterable<IndexInput>,
    options: AddOptions = {},
  ): Promise<AddSummary> {
    const { database, dimensions, model } = this;
    const target = {
      database,
      dimensions,
      embedImages: model.embedImages.bind(model),
      changed: (meta: IndexMeta) => this.changed(meta),
    };
    return addPhotos(target, photos, this.watched(options));
  }

  async remove(ids: string | readonly string[]): Promise<number> {
    const { removed, meta } = await store.remove(this.database, listed(ids));
    this.changed(meta);
    return removed;
  }

  async clear(): Promise<void> {
    this.changed(await store.clear(this.database));
  }

  async search(
    query: Query,
    { limit = 20, minScore, signal }: IndexSearchOptions = {},
  ): Promise<Hit[]> {
    this.database.throwIfLost();
    const terms = await this.terms(query, signal);
    const word = onlyWord(terms);
    const ofText = this.certaintyOf(query, terms);
    const auto = minScore === "auto";
    if (auto && !ofText && !word) {
      const message = 'is "auto", which takes one text and a model that says how sure it is';
      throw new AgffError("input", "minScore", message);
    }
    const least = minScore === "auto" ? ofText?.leastScore : minScore;
    // What was said not to show a word is not found by it, where nothing else is asked for.
    const unlike = new Set(word?.unlike.ids);
    const most = checkedLimit(limit);
    const request = { index: this.ref, terms, limit: most + unlike.size, minScore: least };
    const { hits: all, taught } = await this.ask("indexSearch", request, signal);
    const hits = all.filter(({ id }) => !unlike.has(id)).slice(0, most);
    const sure = word && taught ? certaintyOfWord(taught.certainty) : ofText;
    const records = await store.get(
      this.database,
      hits.map(({ id }) => id),
    );
    throwIfAborted(signal, this.name);
    const { regions } = this.model.info;
    return hits.flatMap(({ score, similarity }, i) => {
      const { patterns, weights, best, fine } = similarity;
      const record = records[i];
      const region = fine === undefined ? undefined : regions[fine];
      // Of a taught word its own similarity decides, not that of its text beside it.
      const of = { score: word ? similarity.score : score, patterns };
      const certain = sure?.of(of) ?? { certainty: undefined, sure: undefined };
      if (auto && certain.sure === "hardly") return [];
      // Another tab may have removed it meanwhile.
      if (!record) return [];
      return [
        { ...record, score, patterns, weights, best, region, ...certain, taught: taught?.name },
      ];
    });
  }

  async words(): Promise<TaughtWord[]> {
    return (await storedWords(this.database)).map(toTaught);
  }

  async teach(word: string, ids: string | readonly string[]): Promise<TaughtWord> {
    const find = (words: readonly Word[]) => withWord(words, word);
    return toTaught(await changeWord(this.database, listed(ids), find, teach));
  }

  async correct(word: string, ids: string | readonly string[]): Promise<TaughtWord> {
    const find = (words: readonly Word[]) => {
      const known = wordCalled(words, word);
      if (known) return { words: [...words], word: known };
      throw new AgffError("input", word, "it is no word that was taught");
    };
    return toTaught(await changeWord(this.database, listed(ids), find, correct));
  }

  async forget(word: string): Promise<boolean> {
    return forgetWord(this.database, word);
  }

  async get(id: string): Promise<IndexRecord | undefined> {
    return (await store.get(this.database, [id]))[0];
  }

  async list({ offset = 0, limit = Infinity }: { offset?: number; limit?: number } = {}): Promise<
    IndexRecord[]
  > {
    return store.list(this.database, checkedLimit(offset), checkedLimit(limit));
  }

  async thumbnail(id: string): Promise<Blob | undefined> {
    const found = await store.thumbnail(this.database, id);
    return found && new Blob([found.bytes], { type: found.type });
  }

  async duplicates({ threshold = 0.95, limit = 1000, signal }: DuplicatesOptions = {}): Promise<
    DuplicatePair[]
  > {
    const request = { index: this.ref, threshold, limit: checkedLimit(limit) };
    return this.ask("indexDuplicates", request, signal);
  }

  async vectors({
    view = "global",
    signal,
  }: { view?: string; signal?: AbortSignal } = {}): Promise<IndexVectors> {
    return this.ask("indexVectors", { index: this.ref, view }, signal);
  }

  async export(
    format: "jsonl" | "parquet",
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<Blob> {
    const { exportRecords } = await import("./index-exchange.js");
    return exportRecords(this.database, this.meta, format, signal);
  }

  async import(file: Blob, options: Omit<AddOptions, "decode"> = {}): Promise<AddSummary> {
    const { importRecords } = await import("./index-exchange.js");
    const changed = (meta: IndexMeta) => this.changed(meta);
    return importRecords(this.database, this.meta, file, changed, this.watched(options));
  }

  async close(): Promise<void> {
    if (this.closing.signal.aborted) return;
    this.closing.abort();
    this.others.close();
    this.database.close();
    // The engine has it once for all of them.
    if (handles(this.model, this.name, -1) > 0) return;
    // A model that was disposed of has nothing to give back any more.
    await this.call("indexClose", this.ref, undefined).catch(() => {});
  }

  private get ref() {
    return { name: this.name, precision: this.precision };
  }

  private ask<K extends IndexCall>(
    call: K,
    args: Calls[K]["args"],
    signal: AbortSignal | undefined,
  ): Promise<Calls[K]["result"]> {
    this.database.throwIfLost();
    return this.call(call, args, signal);
  }

  /** The terms of a query; texts and photos are embedded. */
  private async terms(query: Query, signal: AbortSignal | undefined): Promise<SearchTerm[]> {
    const terms: readonly QueryTerm[] =
      typeof query === "string" ? [{ text: query }] : isTerms(query) ? query : [query];
    if (terms.length === 0) {
      const message = "there is nothing to search for; give a text or a photo";
      throw new AgffError("input", "query", message);
    }
    const words = terms.some(({ text }) => text) ? await storedWords(this.database) : [];
    const made = await Promise.all(terms.map((term) => this.withWords(term, words, signal)));
    return made.flat();
  }

  /** A term, and before it the taught words that its text names. */
  private async withWords(
    term: QueryTerm,
    words: readonly Word[],
    signal: AbortSignal | undefined,
  ): Promise<SearchTerm[]> {
    const own = await this.term(term, signal);
    const named = namedIn(term.image === undefined ? (term.text ?? "") : "", words);
    if (named.words.length === 0) return [own];
    const { weight } = own;
    const taught = named.words.map((word) => ({ word, weight }));
    return own.embedding ? [...taught, { ...own, beside: !named.more }] : [...taught, own];
  }

  /** How sure the matches of a query are, if it is one text and nothing else. */
  private certaintyOf(query: Query, terms: readonly SearchTerm[]): Certainty | undefined {
    const [asked, ...others] = typeof query === "string" || !isTerms(query) ? [query] : query;
    const [term] = terms;
    const { weight = 1, image = undefined } = typeof asked === "object" ? asked : {};
    const whole = this.dimensions === this.model.info.dimensions[0];
    if (others.length > 0 || image !== undefined || !term?.embedding || !whole) return undefined;
    // The score is the similarity itself then.
    return weight === 1 ? this.model.certainty(term.embedding) : undefined;
  }

  private async term(
    { text, image, id, instruction, weight = 1 }: QueryTerm,
    signal: AbortSignal | undefined,
  ): Promise<SearchTerm> {
    if (!Number.isFinite(weight)) {
      throw new AgffError("input", "query", `the weight ${weight} is not a finite number`);
    }
    if (id !== undefined && text === undefined && image === undefined) return { id, weight };
    if (id !== undefined || (text === undefined && image === undefined)) {
      const message = "a term of a query has a text, an image, or the id of a record";
      throw new AgffError("input", "query", message);
    }
    const input = {
      ...(text === undefined ? {} : { text }),
      ...(image === undefined ? {} : { image }),
    };
    const options = {
      ...(signal ? { signal } : {}),
      ...(instruction === undefined ? {} : { instruction }),
    };
    return { embedding: await this.model.embed(input, options), weight };
  }

  private watched<P>({ onProgress, ...options }: { onProgress?: (progress: P) => void }) {
    const watching = guarded(onProgress);
    return { ...options, ...(watching ? { onProgress: watching } : {}) };
  }

  private changed(meta: IndexMeta): void {
    this.heard(meta);
    if (!this.closing.signal.aborted) this.others.postMessage(meta);
  }

  private heard(meta: IndexMeta): void {
    if (meta.seq > this.meta.seq) this.meta = meta;
  }
}

function isTerms(query: QueryTerm | readonly QueryTerm[]): query is readonly QueryTerm[] {
  return Array.isArray(query);
}

/** The taught word that is asked for and nothing else. */
function onlyWord([first, second, ...others]: readonly SearchTerm[]): Word | undefined {
  const alone = others.length === 0 && second?.embedding && second.beside && first!.weight > 0;
  return alone ? first?.word : undefined;
}

function listed(ids: string | readonly string[]): readonly string[] {
  return typeof ids === "string" ? [ids] : ids;
}

/** A number of things, 0 or more. */
function checkedLimit(limit: number): number {
  if (limit >= 0) return Math.floor(limit);
  throw new AgffError("input", "limit", `${limit} is not a number of 0 or more`);
}
