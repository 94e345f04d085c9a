/** Photos on their way into an index: hashed, embedded if they are new, and stored one by one. */

import { AgffError, throwIfAborted, toAgffError } from "./errors.js";
import type { IndexDatabase, IndexMeta } from "./index-database.js";
import { checkMany } from "./given.js";
import { has, insert } from "./index-store.js";
import type {
  AddOptions,
  AddProgress,
  AddSummary,
  IndexInput,
  IndexRecord,
} from "./index-types.js";
import { namedInput, type PhotoContent, readContent } from "./photo-content.js";
import { truncate } from "./similarity.js";
import { Thumbnails } from "./thumbnails.js";
import type { BatchOptions, BatchResult, Embedding, EmbedInput } from "./types.js";
import type { ThumbnailReply } from "./worker-thumbnail.js";

/** What adding needs of an index. */
export interface AddTarget {
  database: IndexDatabase;
  dimensions: number;
  embedImages(
    inputs: AsyncIterable<EmbedInput>,
    options: BatchOptions,
  ): AsyncGenerator<BatchResult, void, undefined>;
  /** Told of the index's state after a change. */
  changed(meta: IndexMeta): void;
}

/** A photo that is given to the model. */
interface Underway extends PhotoContent {
  thumbnail: Promise<ThumbnailReply>;
  /** Names of the same content that came meanwhile. */
  copies: Same[];
  /** What the caller gave. */
  input: IndexInput;
}

/** A photo with the content of another. */
interface Same {
  name: string;
  input: IndexInput;
}

/** Adds photos. */
export async function addPhotos(
  target: AddTarget,
  photos: Iterable<IndexInput> | AsyncIterable<IndexInput>,
  { signal, decode, onProgress }: AddOptions,
): Promise<AddSummary> {
  const { database, dimensions } = target;
  checkMany(photos, "photos", "add([photo])");
  const total = Array.isArray(photos) ? photos.length : undefined;
  const tally = new Tally(total, onProgress);
  const thumbnails = new Thumbnails();
  /** What the model was given, in order and by id, until it is stored or refused. */
  const given: Underway[] = [];
  const byId = new Map<string, Underway>();

  /** Those that are new. */
  async function* fresh(): AsyncGenerator<EmbedInput, void, undefined> {
    for await (const input of photos) {
      throwIfAborted(signal, database.name);
      const content = await contentOf(input, signal);
      if (content instanceof AgffError) {
        throwIfAborted(signal, database.name);
        tally.failed(content.subject, content, input);
        continue;
      }
      // Between being stored and being forgotten here it is known by both.
      const same = byId.get(content.id);
      if (same) {
        same.copies.push({ name: content.name, input });
        continue;
      }
      if (await has(database, content.id)) {
        tally.present(input);
        continue;
      }
      const thumbnail = thumbnails.make(pixelsOf(content.image));
      const underway = { ...content, thumbnail, copies: [], input };
      given.push(underway);
      byId.set(content.id, underway);
      tally.began();
      yield { image: content.image, name: content.name };
    }
  }

  try {
    const options = { ...(signal ? { signal } : {}), ...(decode ? { decode } : {}) };
    for await (const { embedding, error } of target.embedImages(fresh(), options)) {
      const photo = given.shift()!;
      if (error) {
        byId.delete(photo.id);
        for (const { name, input } of [photo, ...photo.copies]) tally.failed(name, error, input);
        continue;
      }
      const thumbnail = await photo.thumbnail;
      const record = recordOf(photo, embedding, thumbnail);
      const { values, tokens } = fitted(embedding, dimensions);
      const small = thumbnail && { type: thumbnail.type, bytes: thumbnail.bytes };
      const stored = { record, tokens, values, thumbnail: small };
      const { added, meta } = await insert(database, [stored]);
      byId.delete(photo.id);
      target.changed(meta);
      if (added[0]) tally.added(record, photo.input);
      else tally.present(photo.input);
      for (const { input } of photo.copies) tally.present(input);
    }
  } finally {
    thumbnails.close();
  }
  return tally.summary;
}

/** A photo's content, or why there is none. */
async function contentOf(
  input: IndexInput,
  signal: AbortSignal | undefined,
): Promise<PhotoContent | AgffError> {
  let name = "";
  try {
    const named = namedInput(input);
    ({ name } = named);
    return await readContent(named, signal);
  } catch (thrown) {
    return toAgffError(thrown, name);
  }
}

/** Counts what became of photos, and tells how far it is. */
export class Tally {
  private counts = { added: 0, present: 0 };
  private readonly failures: AddSummary["failed"][number][] = [];
  private worked = 0;
  private start: number | undefined;

  constructor(
    private readonly total: number | undefined,
    private readonly onProgress: ((progress: AddProgress) => void) | undefined,
  ) {}

  get summary(): AddSummary {
    return { ...this.counts, failed: this.failures };
  }

  /** The work on a photo that is new begins; known ones take no time worth telling. */
  began(): void {
    this.start ??= performance.now();
  }

  added(record: IndexRecord, input?: IndexInput): void {
    this.counts.added += 1;
    this.worked += 1;
    this.tell(input, { record });
  }

  present(input?: IndexInput): void {
    this.counts.present += 1;
    this.tell(input, {});
  }

  failed(name: string, error: AgffError, input?: IndexInput): void {
    this.failures.push({ name, error });
    this.worked += this.start === undefined ? 0 : 1;
    this.tell(input, { error: { name, error } });
  }

  private tell(input: IndexInput | undefined, what: Pick<AddProgress, "record" | "error">): void {
    const done = this.counts.added + this.counts.present + this.failures.length;
    const { total, start, worked } = this;
    const known = total !== undefined && start !== undefined && worked > 0;
    const eta = known ? ((performance.now() - start) / worked) * (total - done) : undefined;
    const given = input === undefined ? {} : { input };
    this.onProgress?.({ done, total, eta, ...given, ...what });
  }
}

/** An embedding at an index's dimensions, in a buffer of its own. */
export function fitted(embedding: Embedding, dimensions: number): Embedding {
  if (embedding.dimensions !== dimensions) return truncate(embedding, dimensions);
  return { ...embedding, values: embedding.values.slice() };
}

function recordOf(
  { id, name, path, taken, bytes }: PhotoContent,
  embedding: Embedding,
  thumbnail: ThumbnailReply,
): IndexRecord {
  return {
    id,
    name,
    ...(path === undefined ? {} : { path }),
    added: new Date(),
    ...(taken === undefined ? {} : { taken }),
    ...(thumbnail ? { width: thumbnail.width, height: thumbnail.height } : {}),
    ...(bytes === undefined ? {} : { bytes }),
    decode: embedding.decode ?? "pixels",
  };
}

function pixelsOf(
  image: Blob | ImageData,
): Blob | { width: number; height: number; data: Uint8ClampedArray } {
  if (image instanceof Blob) return image;
  return { width: image.width, height: image.height, data: image.data as Uint8ClampedArray };
}
