/** The photos of the page, their embeddings, and the queue that makes them one by one. */

import { type Agff, AgffError, type Embedding, type Similarity } from "agff";

/** A photo on the page. */
export interface Photo {
  readonly file: File;
  /** An object URL for the thumbnail. */
  readonly url: string;
  embedding?: Embedding;
  /** The time that the embedding took, in milliseconds. */
  took?: number;
  error?: AgffError;
}

/** A photo with its place in a ranking. */
export interface Match {
  photo: Photo;
  similarity: Similarity;
}

export class Library {
  readonly photos: Photo[] = [];
  private working = false;

  /**
   * Photos may be added while the model is still loading; they wait for it. `changed` is called
   * whenever a photo was added, embedded or refused.
   */
  constructor(
    private readonly model: Promise<Agff>,
    private readonly changed: (current?: Photo) => void,
  ) {}

  /** Adds photos and embeds them; resolves when the queue is empty. */
  async add(files: readonly File[]): Promise<void> {
    for (const file of files) this.photos.push({ file, url: URL.createObjectURL(file) });
    this.changed();
    await this.work();
  }

  /** How many photos are still to be embedded. */
  get waiting(): number {
    return this.photos.filter((photo) => !photo.embedding && !photo.error).length;
  }

  /** Takes away what is not embedded yet; the result of the photo in work is not waited for. */
  stop(): void {
    this.remove((photo) => !photo.embedding && !photo.error);
  }

  /** Takes all photos away. */
  clear(): void {
    this.remove(() => true);
  }

  /** The embedded photos, the most similar to `query`, an embedding of `model`, first. */
  rank(model: Agff, query: Embedding): Match[] {
    return this.photos
      .flatMap((photo) =>
        photo.embedding ? [{ photo, similarity: model.similarity(query, photo.embedding) }] : [],
      )
      .sort((a, b) => b.similarity.score - a.similarity.score);
  }

  private async work(): Promise<void> {
    if (this.working) return;
    this.working = true;
    const model = await this.model;
    for (;;) {
      const photo = this.photos.find((one) => !one.embedding && !one.error);
      if (!photo) break;
      this.changed(photo);
      await nextFrame();
      const start = performance.now();
      try {
        photo.embedding = await model.embedImage(photo.file);
        photo.took = performance.now() - start;
      } catch (error) {
        photo.error =
          error instanceof AgffError
            ? error
            : new AgffError("internal", photo.file.name, String(error), error);
      }
    }
    this.working = false;
    this.changed();
  }

  private remove(which: (photo: Photo) => boolean): void {
    const gone = this.photos.filter(which);
    for (const photo of gone) URL.revokeObjectURL(photo.url);
    const kept = this.photos.filter((photo) => !which(photo));
    this.photos.splice(0, this.photos.length, ...kept);
    this.changed();
  }
}

/** Lets the page be drawn and clicked between two photos. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    // A hidden tab draws no frames, but goes on embedding.
    if (document.hidden) setTimeout(resolve);
    else requestAnimationFrame(() => setTimeout(resolve));
  });
}
