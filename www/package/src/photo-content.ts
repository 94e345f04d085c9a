/** What a photo is known by: its content is read and hashed before anything is embedded. */

import { drawnPixels } from "./browser-decode.js";
import { AgffError, throwIfAborted } from "./errors.js";
import type { IndexInput } from "./index-types.js";
import { sha256 } from "./opfs.js";
import { absolute, isElement, nameOf } from "./portable.js";
import { fetchImage, MOST_EXACT_BYTES } from "./read-input.js";
import type { ImageSource } from "./types.js";

/** A photo whose content is known. */
export interface PhotoContent {
  id: string;
  name: string;
  path: string | undefined;
  taken: Date | undefined;
  /** The file, or what came as pixels. */
  image: Blob | ImageData;
  bytes: number | undefined;
}

/** What is said of a photo that is to be added. */
export interface NamedInput {
  image: ImageSource;
  name: string;
  path: string | undefined;
  taken: Date | undefined;
}

/** An input with a name. */
export function namedInput(input: IndexInput): NamedInput {
  const described = isDescribed(input) ? input : { image: input };
  const { image, name, path, taken } = described;
  const texts: unknown[] = [name ?? "", path ?? ""];
  if (texts.some((text) => typeof text !== "string")) {
    const message = "its name and its path are texts, if they are given";
    throw new AgffError("input", nameOf(image), message);
  }
  const folder = typeof File !== "undefined" && image instanceof File && image.webkitRelativePath;
  return {
    image,
    name: name ?? nameOf(image),
    path: path ?? (folder || undefined),
    // Cameras write dates that there are not; such a photo has none.
    taken: isDate(taken) ? taken : undefined,
  };
}

/** Whether something is a date that there is. */
export function isDate(date: unknown): date is Date {
  return date instanceof Date && !Number.isNaN(date.getTime());
}

/** Reads or fetches a photo and hashes it. */
export async function readContent(
  { image, name, path, taken }: NamedInput,
  signal: AbortSignal | undefined,
): Promise<PhotoContent> {
  const source = await contentOf(image, name, signal);
  throwIfAborted(signal, name);
  if (source instanceof ImageData) {
    const size = new Uint32Array([source.width, source.height]);
    const id = await sha256(new Blob([size, new Uint8ClampedArray(source.data)]));
    return { id, name, path, taken, image: source, bytes: undefined };
  }
  if (source.size > MOST_EXACT_BYTES) {
    const mib = Math.round(source.size / 2 ** 20);
    const message = `the file has ${mib} MiB; the limit is ${MOST_EXACT_BYTES / 2 ** 20} MiB`;
    throw new AgffError("image-too-large", name, message);
  }
  try {
    const id = await sha256(source);
    return { id, name, path, taken, image: source, bytes: source.size };
  } catch (error) {
    throw new AgffError("io", name, "the file could not be read; choose it again", error);
  }
}

async function contentOf(
  image: ImageSource,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Blob | ImageData> {
  if (image instanceof Blob || image instanceof ImageData) return image;
  if (typeof image === "string" || image instanceof URL)
    return fetchImage(absolute(image, name), name, signal);
  if (isElement(image)) {
    return fetchImage(absolute(image.currentSrc || image.src, name), name, signal);
  }
  if (!(image instanceof Object && "width" in image)) {
    const message = "this is neither a file, a URL, pixels nor an element that shows an image";
    throw new AgffError("input", name, message);
  }
  const { data, width, height } = drawnPixels(image, name);
  return new ImageData(new Uint8ClampedArray(data), width, height);
}

// Elements and bitmaps have no `image`.
function isDescribed(input: IndexInput): input is Exclude<IndexInput, ImageSource> {
  return typeof input === "object" && input !== null && "image" in input;
}
