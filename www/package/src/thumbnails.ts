/** Small pictures of photos, one after another, made in a worker of their own. */

import type { RawPixels } from "./protocol.js";
import type { ThumbnailReply, ThumbnailRequest } from "./worker-thumbnail.js";

/** After how many milliseconds a photo goes without one. */
const PATIENCE = 30_000;

export class Thumbnails {
  private worker: Worker | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private closed = false;

  /** A photo's small picture; undefined if it cannot be made, which is no error. */
  make(image: Blob | RawPixels): Promise<ThumbnailReply> {
    const made = this.last.then(() => this.ask(image)).catch(() => undefined);
    this.last = made;
    return made;
  }

  close(): void {
    this.closed = true;
    this.stop();
  }

  private async ask(image: Blob | RawPixels): Promise<ThumbnailReply> {
    if (this.closed) return undefined;
    const worker = (this.worker ??= startWorker());
    return new Promise((resolve, reject) => {
      const give = () => {
        // It may be lost in this photo; the next one gets a new worker.
        this.stop();
        reject(new Error("no thumbnail"));
      };
      const timer = setTimeout(give, PATIENCE);
      worker.onerror = (event) => {
        event.preventDefault();
        clearTimeout(timer);
        give();
      };
      worker.onmessage = ({ data }: MessageEvent<ThumbnailReply>) => {
        clearTimeout(timer);
        resolve(data);
      };
      const request = image instanceof Blob ? { file: image } : { pixels: image };
      worker.postMessage(request satisfies ThumbnailRequest);
    });
  }

  private stop(): void {
    this.worker?.terminate();
    this.worker = undefined;
  }
}

// Written out, so that bundlers find the file and ship it.
function startWorker(): Worker {
  return new Worker(new URL("./worker-thumbnail.js", import.meta.url), {
    type: "module",
    name: "agff-thumbnail",
  });
}
