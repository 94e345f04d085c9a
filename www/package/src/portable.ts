/** Makes of what a page knows as an image what can cross to a worker, without copying files. */

import { AgffError, toPlain } from "./errors.js";
import type { PortableImage, PortableInput } from "./protocol.js";
import type { EmbedInput, ImageSource } from "./types.js";

/** An input as it crosses, and what of it is given away with it. */
export interface Crossing {
  input: PortableInput;
  transfer: Transferable[];
}

/** Prepares an input. May be called again for the same one: what is given away is a copy. */
export async function crossing(
  input: EmbedInput,
  instruction: string | undefined,
): Promise<Crossing> {
  const wrong = problemOf(input, instruction);
  if (wrong !== undefined) {
    const name = inputName(input);
    const problem = toPlain(new AgffError("input", name, wrong));
    return { input: { name, problem }, transfer: [] };
  }
  const portable: PortableInput = { name: inputName(input) };
  const own = input.instruction ?? instruction;
  if (own !== undefined) portable.instruction = own;
  if (input.text !== undefined) portable.text = input.text;
  if (input.image === undefined) return { input: portable, transfer: [] };
  try {
    portable.image = await portableImage(input.image, portable.name);
  } catch (error) {
    portable.problem = toPlain(error, portable.name);
    return { input: portable, transfer: [] };
  }
  return { input: portable, transfer: givenAway(portable.image) };
}

/** What is wrong with an input that comes from a caller without types. */
function problemOf(
  input: EmbedInput | null | undefined,
  instruction: string | undefined,
): string | undefined {
  if (typeof input !== "object" || input === null) {
    return "this is no input; give { text }, { image }, or both";
  }
  const { image, text } = input;
  if ((image === undefined || image === null) && (text === undefined || text === null)) {
    return "there is neither an image nor a text in it";
  }
  const texts = { text, instruction: input.instruction ?? instruction };
  const [odd] = Object.entries(texts).filter(([, value]) => !isText(value));
  return odd && `its ${odd[0]} is not a text`;
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

/** What to call an input in messages. */
export function inputName(input: EmbedInput | null | undefined): string {
  const name: unknown = input?.name;
  return typeof name === "string" ? name : nameOf(input?.image);
}

function givenAway(image: PortableImage): Transferable[] {
  if ("bitmap" in image) return [image.bitmap];
  return "data" in image ? [image.data.buffer as ArrayBuffer] : [];
}

/** A name for error messages. */
export function nameOf(image: ImageSource | null | undefined): string {
  if (image === undefined || image === null) return "";
  if (typeof File !== "undefined" && image instanceof File) return image.name;
  if (typeof image === "string") return shortUrl(image);
  if (image instanceof URL) return shortUrl(image.href);
  if (isElement(image)) return shortUrl(image.currentSrc || image.src);
  return "image";
}

async function portableImage(image: ImageSource, name: string): Promise<PortableImage> {
  if (image instanceof Blob) return { file: image };
  if (typeof image === "string" || image instanceof URL) return { url: absolute(image, name) };
  // The file itself and not the drawn pixels: the browser's decoder is not the desktop's.
  if (isElement(image)) return { url: absolute(image.currentSrc || image.src, name) };
  if (image instanceof ImageData) {
    return { width: image.width, height: image.height, data: image.data.slice() };
  }
  if (!(image instanceof Object && "width" in image)) {
    const message = "this is neither a file, a URL, pixels nor an element that shows an image";
    throw new AgffError("input", name, message);
  }
  if (image.width === 0 || image.height === 0) {
    const message = "the image has no pixels; a closed bitmap has none either";
    throw new AgffError("image-empty", name, message);
  }
  try {
    const bitmap = await createImageBitmap(image);
    readable(bitmap);
    return { bitmap };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new AgffError("io", name, `the pixels cannot be read (${detail})`, error);
  }
}

/** Throws if a page may not read these pixels, as those that come from another site. */
function readable(bitmap: ImageBitmap): void {
  const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  context?.drawImage(bitmap, 0, 0, 1, 1, 0, 0, 1, 1);
  context?.getImageData(0, 0, 1, 1);
}

/** A URL as a worker needs it, whose own address is another. */
export function absolute(url: string | URL, name: string): string {
  try {
    return new URL(url, globalThis.document?.baseURI ?? globalThis.location?.href).href;
  } catch (error) {
    throw new AgffError("input", name, "this is not a URL", error);
  }
}

/** Whether it is an `<img>`; workers have none. */
export function isElement(image: ImageSource): image is HTMLImageElement {
  return typeof HTMLImageElement !== "undefined" && image instanceof HTMLImageElement;
}

function shortUrl(url: string): string {
  if (url.startsWith("data:")) return "data: URL";
  return url.split(/[?#]/, 1)[0]?.split("/").pop() || url;
}
