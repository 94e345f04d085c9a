/** Reads inputs on the engine's side: files are read and URLs fetched here, off the page's thread. */

import { get } from "./download.js";
import { decodeInBrowser, drawnPixels } from "./browser-decode.js";
import type { EngineInput } from "./engine.js";
import { AgffError, throwIfAborted, toAgffError } from "./errors.js";
import { lookAt } from "./image-header.js";
import type { PortableInput } from "./protocol.js";
import type { DecodePath, DecodePreference } from "./types.js";

/** An input as the engine takes it, and how its image became pixels. */
export interface ReadInput {
  input: EngineInput & { name: string };
  path: DecodePath | undefined;
}

/** An input whose file is at hand. */
export interface FetchedInput extends ReadInput {
  /** The photo, where it is for the browser to decode: at the last moment, as pixels are large. */
  undecoded: Blob | undefined;
}

/** Larger pictures go to the browser's decoder, which needs less memory for them. */
const MOST_EXACT_PIXELS = 24_000_000;

/** Larger files are not even read: the engine refuses them. */
export const MOST_EXACT_BYTES = 256 * 1024 * 1024;

/** Reads or fetches what an input is made of. */
export async function fetchInput(
  { image, name, text, instruction }: PortableInput,
  decode: DecodePreference,
  signal: AbortSignal | undefined,
): Promise<FetchedInput> {
  const input: ReadInput["input"] = { name };
  if (text !== undefined) input.text = text;
  if (instruction !== undefined) input.instruction = instruction;
  if (image === undefined) return { input, path: undefined, undecoded: undefined };
  if ("bitmap" in image || "data" in image) {
    input.image = "data" in image ? image : drawnPixels(image.bitmap, name);
    if ("bitmap" in image) image.bitmap.close();
    return { input, path: "pixels", undecoded: undefined };
  }
  const file = "file" in image ? image.file : await fetchImage(image.url, name, signal);
  throwIfAborted(signal, name);
  if (decode === "browser" || file.size > MOST_EXACT_BYTES || !(await isExact(file, name))) {
    return { input, path: undefined, undecoded: file };
  }
  input.image = new Uint8Array(await contents(file, name));
  return { input, path: "exact", undecoded: undefined };
}

/** Decodes what is left to the browser; what it cannot read is the engine's to name, or to read after all. */
export async function decodeInput({ input, path, undecoded }: FetchedInput): Promise<ReadInput> {
  if (!undecoded) return { input, path };
  const pixels = await decodeInBrowser(undecoded, MOST_EXACT_PIXELS);
  if (pixels) return { input: { ...input, image: pixels }, path: "browser" };
  if (undecoded.size > MOST_EXACT_BYTES) {
    const message = `the file has ${Math.round(undecoded.size / 2 ** 20)} MiB; the limit is 256 MiB`;
    throw new AgffError("image-too-large", input.name, message);
  }
  const image = new Uint8Array(await contents(undecoded, input.name));
  return { input: { ...input, image }, path: "exact" };
}

/** Whether the engine decodes it, as far as the file's beginning tells. */
async function isExact(file: Blob, name: string): Promise<boolean> {
  const { known, pixels } = lookAt(new Uint8Array(await contents(file.slice(0, 1 << 18), name)));
  return known && (pixels ?? 0) <= MOST_EXACT_PIXELS;
}

async function contents(file: Blob, name: string): Promise<ArrayBuffer> {
  try {
    return await file.arrayBuffer();
  } catch (error) {
    throw new AgffError("io", name, "the file could not be read; choose it again", error);
  }
}

/** Fetches a photo by its URL. */
export async function fetchImage(
  url: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Blob> {
  let response: Response;
  try {
    response = await get(url, signal ? { signal } : {});
    if (response.ok) return await response.blob();
  } catch (error) {
    throwIfAborted(signal, name);
    const detail = toAgffError(error).message;
    const message = `the image could not be fetched (${detail}); its server must allow this page to read it`;
    throw new AgffError("fetch", name, message, error);
  }
  throw new AgffError("fetch", name, `the server answered ${response.status} for the image`);
}
