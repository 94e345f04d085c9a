/** Turns what a browser knows as an image into what the engine takes: encoded bytes or pixels. */

import { AgffError, throwIfAborted, toAgffError } from "./errors.js";
import type { EngineInput, RawPixels } from "./engine.js";
import type { EmbedInput, ImageSource } from "./types.js";

/** Reads one input; a photo's bytes are only fetched or read here. */
export async function readInput(
  input: EmbedInput,
  signal: AbortSignal | undefined,
): Promise<EngineInput> {
  const result: EngineInput = {};
  if (input.text !== undefined) result.text = input.text;
  if (input.instruction !== undefined) result.instruction = input.instruction;
  if (input.image !== undefined) {
    result.name = input.name ?? nameOf(input.image);
    result.image = await readImage(input.image, result.name, signal);
    throwIfAborted(signal, result.name);
  } else if (input.name !== undefined) {
    result.name = input.name;
  }
  return result;
}

/** A name for error messages. */
export function nameOf(image: ImageSource): string {
  if (typeof File !== "undefined" && image instanceof File) return image.name;
  if (typeof image === "string") return shortUrl(image);
  if (image instanceof URL) return shortUrl(image.href);
  if (isImageElement(image)) {
    return shortUrl(image.currentSrc || image.src);
  }
  return "image";
}

// Workers have no elements.
function isImageElement(image: ImageSource): image is HTMLImageElement {
  return typeof HTMLImageElement !== "undefined" && image instanceof HTMLImageElement;
}

function shortUrl(url: string): string {
  if (url.startsWith("data:")) return "data: URL";
  return url.split(/[?#]/, 1)[0]?.split("/").pop() || url;
}

async function readImage(
  image: ImageSource,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | RawPixels> {
  if (image instanceof Blob) {
    try {
      return new Uint8Array(await image.arrayBuffer());
    } catch (error) {
      throw new AgffError("io", name, "the file could not be read; choose it again", error);
    }
  }
  if (typeof image === "string" || image instanceof URL) return download(image, name, signal);
  if (isImageElement(image)) {
    // The file itself and not the drawn pixels: the browser's decoder is not the desktop's.
    return download(image.currentSrc || image.src, name, signal);
  }
  if (image instanceof ImageData) {
    return { width: image.width, height: image.height, data: image.data };
  }
  return drawnPixels(image, name);
}

async function download(
  url: string | URL,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throwIfAborted(signal, name);
    const detail = toAgffError(error).message;
    const message = `the image could not be fetched (${detail}); its server must allow this page to read it`;
    throw new AgffError("fetch", name, message, error);
  }
  throw new AgffError("fetch", name, `the server answered ${response.status} for the image`);
}

function drawnPixels(
  image: ImageBitmap | HTMLCanvasElement | OffscreenCanvas,
  name: string,
): RawPixels {
  const { width, height } = image;
  if (width === 0 || height === 0) {
    throw new AgffError("image-empty", name, `the image is ${width}×${height} pixels`);
  }
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
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
