/** Photos on their way into an index: hashed, embedded if they are new, and stored one by one. */

import { AgffError, throwIfAborted, toAgffError } from "./errors.js";
import type { IndexDatabase, IndexMeta } from "./index-database.js";
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
  copies: string[];
}

/** Adds photos. */
export async function addPhotos(
  target: AddTarget,
  photos: Iterable<IndexInput> | AsyncIterable<IndexInput>,
  { signal, decode, onProgress }: AddOptions,
): Promise<AddSummary> {
  const { database, dimensions } = target;
  const total = Array.isArray(photos) ? photos.length : undefined;
  const tally = new Tally(total, onProgress);
  const thumbnails = new Thumbnails();
  /** What the model was given, in order and by id, until it is stored or refused. */
  const given: Underway[] = [];
  const byId = new Map<string, Underway>();

  /** Those that are new. */
  async function* fresh(): AsyncGenerator<EmbedInput, void, undefined> {
    for await (const photo of photos) {
      throwIfAborted(signal, database.name);
      const input = namedInput(photo);
      const content = await readContent(input, signal).catch((thrown: unknown) =>
        toAgffError(thrown, input.name),
      );
      if (content instanceof AgffError) {
        throwIfAborted(signal, database.name);
        tally.failed(input.name, content);
        continue;
      }
      // Between being stored and being forgotten here it is known by both.
      const same = byId.get(content.id);
      if (same) {
        same.copies.push(content.name);
        continue;
      }
      if (await has(database, content.id)) {
        tally.present();
        continue;
      }
      const thumbnail = thumbnails.make(pixelsOf(content.image));
      const underway = { ...content, thumbnail, copies: [] };
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
        for (const name of [photo.name, ...photo.copies]) tally.failed(name, error);
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
      if (added[0]) tally.added(record);
      else tally.present();
      for (const _ of photo.copies) tally.present();
    }
  } finally {
    thumbnails.close();
  }
  return tally.summary;
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

  added(record: IndexRecord): void {
    this.counts.added += 1;
    this.worked += 1;
    this.tell({ record });
  }

  present(): void {
    this.counts.present += 1;
    this.tell({});
  }

  failed(name: string, error: AgffError): void {
    this.failures.push({ name, error });
    this.worked += this.start === undefined ? 0 : 1;
    this.tell({ error: { name, error } });
  }

  private tell(what: Pick<AddProgress, "record" | "error">): void {
    const done = this.counts.added + this.counts.present + this.failures.length;
    const { total, start, worked } = this;
    const known = total !== undefined && start !== undefined && worked > 0;
    const eta = known ? ((performance.now() - start) / worked) * (total - done) : undefined;
    this.onProgress?.({ done, total, eta, ...what });
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
