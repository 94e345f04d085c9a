/**
 * The browser's own decoder, for what the engine's does not read, and pixels of bitmaps. Both need
 * a canvas that is not on the page, so they work in a worker.
 */

import { AgffError, toAgffError } from "./errors.js";
import type { RawPixels } from "./protocol.js";

/**
 * Decodes an image file, upright, without applying its colour profile, with alpha over white, as the
 * engine does; undefined if the browser cannot. A picture of more than `mostPixels` is reduced
 * to that.
 */
export async function decodeInBrowser(
  file: Blob,
  mostPixels: number,
): Promise<RawPixels | undefined> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(file, {
      imageOrientation: "from-image",
      colorSpaceConversion: "none",
      premultiplyAlpha: "none",
    });
  } catch {
    return undefined;
  }
  try {
    const scale = Math.min(1, Math.sqrt(mostPixels / (bitmap.width * bitmap.height)));
    const width = Math.max(1, Math.floor(bitmap.width * scale));
    const height = Math.max(1, Math.floor(bitmap.height * scale));
    const context = canvas(width, height);
    if (!context) return undefined;
    context.imageSmoothingQuality = "high";
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0, width, height);
    return { width, height, data: context.getImageData(0, 0, width, height).data };
  } finally {
    bitmap.close();
  }
}

/** The pixels of a bitmap or canvas. */
export function drawnPixels(
  image: ImageBitmap | HTMLCanvasElement | OffscreenCanvas,
  name: string,
): RawPixels {
  const { width, height } = image;
  if (width === 0 || height === 0) {
    throw new AgffError("image-empty", name, `the image is ${width}×${height} pixels`);
  }
  const context = canvas(width, height);
  if (!context) {
    throw new AgffError("image-too-large", name, `no canvas of ${width}×${height} can be made`);
  }
  try {
    context.drawImage(image, 0, 0);
    return { width, height, data: context.getImageData(0, 0, width, height).data };
  } catch (error) {
    const message = `the pixels cannot be read (${toAgffError(error).message})`;
    throw new AgffError("io", name, message, error);
  }
}

function canvas(width: number, height: number): OffscreenCanvasRenderingContext2D | null {
  return new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
}
