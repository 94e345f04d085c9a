/** One library of photos: its index, what of it is known in memory, and the photos on their way into it. */

import type { Agff, AgffError, AddProgress, AddSummary, Hit, IndexRecord, PhotoIndex } from "agff";
import { Intake, type Pending } from "./intake";
import type { Originals } from "./originals";
import { isEmpty, type Search, terms } from "./query";
import { Signal } from "./signal";

/** How many records are read at once. */
const PAGE = 500;

/** Hits that are asked for; nobody looks at more. */
const MOST_HITS = 300;

/** Characters that are no more than the tokens that every model takes. */
const SURELY_WHOLE = 100;

export interface Answer {
  hits: readonly Hit[];
  cut: boolean;
}

export class Library {
  /** All records, the newest first. */
  readonly records: IndexRecord[] = [];
  /** Counts up whenever photos come or go. */
  readonly changed = new Signal(0);
  readonly intake: Intake;
  /** Whether there are photos of an earlier visit that have not been looked for yet. */
  kept = false;
  private readonly byId = new Map<string, IndexRecord>();
  /** The key under which a photo was shown before it was stored. */
  private readonly keys = new Map<string, string>();
  private opened: { agff: Agff; index: PhotoIndex } | undefined;
  /** The library of the model before, which answers until its photos are in this one. */
  private elder: Elder | undefined;

  constructor(
    /** What people call it. */
    readonly title: string,
    private readonly originals: Originals,
  ) {
    this.intake = new Intake(this);
  }

  /** The index, when a model is there to use it with. */
  get index(): PhotoIndex | undefined {
    return this.opened?.index;
  }

  /** Whether its photos are not known yet. */
  get opening(): boolean {
    return this.kept && this.size === 0;
  }

  get warnings(): readonly string[] {
    return this.opened?.index.warnings ?? [];
  }

  /** Photos that are in or on their way. */
  get size(): number {
    return this.records.length + this.intake.pending.length + this.older.length;
  }

  /** Photos of the model before that are neither in nor on their way. */
  get older(): readonly IndexRecord[] {
    const { missing = [] } = this.elder ?? {};
    const coming = new Set(
      this.intake.pending.map(({ source }) => source.path ?? source.file.name),
    );
    return missing.filter((record) => !coming.has(placeOf(record)));
  }

  /** Who answers in the meantime: the name of the model before. */
  get answeredBy(): string | undefined {
    return this.elder?.agff.info.name;
  }

  /** Opens the index with a model and reads the list of its photos. */
  async open(agff: Agff, name: string): Promise<void> {
    await this.close();
    const index = await agff.openIndex(name);
    this.opened = { agff, index };
    await this.readAll(index);
    this.intake.begin();
  }

  async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    await this.intake.pause();
    await opened?.index.close();
  }

  /** Lets the library of the model before answer, until its photos are in this one. */
  async answerWith(agff: Agff, name: string): Promise<void> {
    const index = await agff.openIndex(name);
    const records = await readList(index);
    this.elder = { agff, index, records, missing: [] };
    this.lookAtElder();
    this.touch();
  }

  /** Ends that. */
  async forgetElder(): Promise<void> {
    const { elder } = this;
    this.elder = undefined;
    await elder?.index.close();
    await elder?.agff.dispose();
  }

  record(id: string): IndexRecord | undefined {
    return this.byId.get(id) ?? this.elder?.records.find((record) => record.id === id);
  }

  /** Whether the index at hand has a photo, and not only that of the model before. */
  owns(id: string): boolean {
    return this.byId.has(id);
  }

  /** Tells what is in, if only from a small picture: then its content is another. */
  present(): (record: IndexRecord) => boolean {
    const places = new Set(this.records.map(placeOf));
    return (record) => this.byId.has(record.id) || places.has(placeOf(record));
  }

  /** The key of a photo's cell, the same before and after it was stored. */
  keyOf(id: string): string {
    return this.keys.get(id) ?? id;
  }

  thumbnail(id: string): Promise<Blob | undefined> {
    const { elder } = this;
    const index = elder && !this.byId.has(id) ? elder.index : this.index;
    return index?.thumbnail(id) ?? Promise.resolve(undefined);
  }

  /** The photo itself if it can still be read, without asking anybody. */
  original(id: string): Promise<File | undefined> {
    return this.originals.read(id);
  }

  /** The best hits, and whether the text was too long and has been cut; undefined while there is no model. */
  async search(search: Search, signal: AbortSignal): Promise<Answer | undefined> {
    if (isEmpty(search)) return undefined;
    // A photo that only this model has read can only be looked for among those that it has.
    const own = search.like.some(({ id }) => this.byId.has(id));
    const { elder } = this;
    const opened = own ? this.opened : (elder ?? this.opened);
    if (!opened) return undefined;
    try {
      return await this.searchIn(opened, search, signal);
    } catch (error) {
      // The model before had its last answer in the meantime.
      if (opened !== elder || this.elder === elder || !this.opened) throw error;
      return this.searchIn(this.opened, search, signal);
    }
  }

  private async searchIn(
    { agff, index }: { agff: Agff; index: PhotoIndex },
    search: Search,
    signal: AbortSignal,
  ): Promise<Answer> {
    const query = terms(search, agff.info.instructions["query"]);
    const hits = await index.search(query, { limit: MOST_HITS, signal });
    if (hits.some(({ id }) => !this.record(id))) await this.catchUp();
    const long = query.find(({ text = "" }) => text.length > SURELY_WHOLE)?.text;
    const cut = long !== undefined && (await agff.embedText(long, { signal })).truncated;
    return { hits, cut };
  }

  /** Takes photos out. Nothing happens to their files. */
  async remove(ids: readonly string[]): Promise<void> {
    if (!this.index) return;
    await this.index.remove(ids);
    const { elder } = this;
    if (elder) {
      await elder.index.remove(ids);
      elder.records = elder.records.filter(({ id }) => !ids.includes(id));
      this.lookAtElder();
    }
    const gone = new Set(ids);
    const kept = this.records.filter(({ id }) => !gone.has(id));
    this.setAll(kept);
    await this.originals.forget(ids);
  }

  async clear(): Promise<void> {
    this.intake.cancel();
    if (!this.index) return;
    const { elder } = this;
    const ids = [...this.records, ...(elder?.records ?? [])].map(({ id }) => id);
    await elder?.index.clear();
    await this.forgetElder();
    await this.index.clear();
    this.setAll([]);
    await this.originals.forget(ids);
  }

  /** Takes in what another index has exported. */
  async import(file: Blob, onProgress: (progress: AddProgress) => void): Promise<AddSummary> {
    const { index } = this;
    if (!index) throw new Error("The model is not there yet.");
    try {
      return await index.import(file, { onProgress });
    } finally {
      await this.readAll(index);
    }
  }

  /** Reads the list anew if it is not what is stored: another tab may have changed it. */
  async catchUp(): Promise<void> {
    const { index } = this;
    if (!index) return;
    // What came since is the newest, and what went makes it fewer.
    const [newest] = await index.list({ limit: 1 });
    const same = index.size === this.records.length && newest?.id === this.records[0]?.id;
    if (!same) await this.readAll(index);
  }

  /** Notes a photo that was just stored. */
  stored(record: IndexRecord, pending: Pending | undefined): void {
    if (pending) {
      this.keys.set(record.id, pending.key);
      this.originals.keep(record.id, pending.source);
    }
    if (this.byId.has(record.id)) return;
    this.byId.set(record.id, record);
    this.records.unshift(record);
    this.lookAtElder();
    this.touch();
  }

  /** Tells those who listen that something is different. */
  touch(): void {
    this.changed.value += 1;
  }

  private async readAll(index: PhotoIndex): Promise<void> {
    const records = await readList(index);
    this.kept = false;
    this.setAll(records);
  }

  private lookAtElder(): void {
    const { elder } = this;
    if (!elder) return;
    const there = this.present();
    elder.missing = elder.records.filter((record) => !there(record));
    // All of it is in: from now on the new model answers.
    if (elder.missing.length === 0) this.forgetElder().catch(() => {});
  }

  private setAll(records: readonly IndexRecord[]): void {
    const kept = [...records];
    this.records.length = 0;
    this.byId.clear();
    for (const record of kept) {
      this.records.push(record);
      this.byId.set(record.id, record);
    }
    this.lookAtElder();
    this.touch();
  }
}

/** The library of the model before. */
interface Elder {
  readonly agff: Agff;
  readonly index: PhotoIndex;
  records: readonly IndexRecord[];
  /** Those that are not in the library at hand. */
  missing: readonly IndexRecord[];
}

async function readList(index: PhotoIndex): Promise<IndexRecord[]> {
  const all: IndexRecord[] = [];
  for (;;) {
    const some = await index.list({ offset: all.length, limit: PAGE });
    all.push(...some);
    if (some.length < PAGE) return all;
  }
}

/** A photo by its place or name: what stays the same when it is read from a small picture. */
function placeOf({ path, name }: IndexRecord): string {
  return path ?? name;
}

/** A photo that could not be taken in. */
export interface Failure {
  readonly name: string;
  readonly error: AgffError;
}
