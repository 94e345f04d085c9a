/**
 * A worker that makes small pictures. It is apart from the engine's, which may be busy for seconds, and
 * from the page's thread, which must not be.
 */

import type { RawPixels } from "./protocol.js";

/** What is asked of it; each is answered before the next one is sent. */
export type ThumbnailRequest = { file: Blob } | { pixels: RawPixels };

/** A small picture, with the size of the whole upright one; undefined if the browser cannot show it. */
export type ThumbnailReply =
  { width: number; height: number; type: string; bytes: ArrayBuffer } | undefined;

/** The longer side, in pixels: sharp at half of it on dense screens. */
const SIDE = 320;
const TYPE = "image/jpeg";
const QUALITY = 0.82;

/** The little of a worker's global scope that is needed; the window's types lack it. */
interface WorkerScope {
  postMessage(message: ThumbnailReply, transfer: Transferable[]): void;
  addEventListener(
    type: "message",
    listener: (event: MessageEvent<ThumbnailRequest>) => void,
  ): void;
}

const scope = globalThis as unknown as WorkerScope;
scope.addEventListener("message", async ({ data }) => {
  const reply = await make(data).catch(() => undefined);
  scope.postMessage(reply, reply ? [reply.bytes] : []);
});

async function make(request: ThumbnailRequest): Promise<ThumbnailReply> {
  const bitmap = await decode(request);
  try {
    const { width, height } = bitmap;
    const scale = Math.min(1, SIDE / Math.max(width, height));
    const size = (length: number) => Math.max(1, Math.round(length * scale));
    const canvas = new OffscreenCanvas(size(width), size(height));
    const context = canvas.getContext("2d");
    if (!context) return undefined;
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const blob = await canvas.convertToBlob({ type: TYPE, quality: QUALITY });
    return { width, height, type: blob.type, bytes: await blob.arrayBuffer() };
  } finally {
    bitmap.close();
  }
}

function decode(request: ThumbnailRequest): Promise<ImageBitmap> {
  if ("file" in request) {
    return createImageBitmap(request.file, { imageOrientation: "from-image" });
  }
  const { width, height, data } = request.pixels;
  return createImageBitmap(new ImageData(new Uint8ClampedArray(data), width, height));
}
