/**
 * The rows of files of vectors (docs/format.md, "Files of vectors"), which `agff embed -o` and `agff index` write
 * and read too; and between them and records. What only pages know of a photo is in columns that the
 * command line passes over.
 */

import { AgffError } from "./errors.js";
import { fitted } from "./index-add.js";
import type { IndexMeta, StoredThumbnail } from "./index-database.js";
import { checkModel } from "./index-identity.js";
import type { NewRecord, Whole } from "./index-store.js";
import { sha256 } from "./opfs.js";
import { isDate } from "./photo-content.js";
import type { DecodePath } from "./types.js";

/** A row as it is written. */
export interface Row {
  input: string;
  kind: "image";
  views: readonly string[];
  tokens: number;
  /** A unit vector for each view. */
  embeddings: number[][];
  truncated: boolean;
  trained: boolean;
  model: string;
  decoder: DecodePath;
  sha256: string | undefined;
  name: string;
  /** Both in ISO 8601. */
  added: string;
  taken: string | undefined;
  width: number | undefined;
  height: number | undefined;
  bytes: number | undefined;
  /** A `data:` URL. */
  thumbnail: string | undefined;
}

/** How far a vector's length may be from one, as in the engine. */
const UNIT_TOLERANCE = 0.01;

/** A record as a row. */
export function rowOf({ record, values, thumbnail }: Whole, meta: IndexMeta): Row {
  const { id, name, path, added, taken, width, height, bytes, decode, tokens } = record;
  const { views, dimensions, trained, fingerprint } = meta;
  return {
    input: path ?? name,
    kind: "image",
    views,
    tokens,
    embeddings: views.map((_, i) =>
      // Nine digits are enough to find the same float again, and half as long as what a double prints.
      Array.from(values.subarray(i * dimensions, (i + 1) * dimensions), (x) =>
        Number(x.toPrecision(9)),
      ),
    ),
    truncated: false,
    trained,
    model: fingerprint,
    decoder: decode,
    sha256: isHash(id) ? id : undefined,
    name,
    added: added.toISOString(),
    taken: isDate(taken) ? taken.toISOString() : undefined,
    width,
    height,
    bytes,
    thumbnail: thumbnail && dataUrl(thumbnail),
  };
}

/**
 * A row that was read, as a record to store. Throws `index-model` if it is another model's, and other
 * errors if this row only cannot be used.
 */
export async function recordOf(row: unknown, name: string, meta: IndexMeta): Promise<NewRecord> {
  const fail = (why: string) => new AgffError("data", name, why);
  if (typeof row !== "object" || row === null) throw fail("this is no row of vectors");
  const read = new Fields(row as Record<string, unknown>, fail);
  const input = read.text("input");
  if (input === undefined) throw read.missing("input");
  const kind = read.text("kind");
  if (kind !== "image")
    throw fail("this is not the row of a photo; an index of photos takes no other");
  const model = read.text("model");
  if (model === undefined) {
    const why = "it does not say which model made its vectors; write it anew with `agff embed -o`";
    throw new AgffError("index-model", name, why);
  }
  checkModel(name, meta, model, "another model");
  const decode = read.text("decoder");
  if (decode !== "exact" && decode !== "browser" && decode !== "pixels")
    throw read.missing("decoder");
  const { values, dimensions } = vectorsOf(row as Record<string, unknown>, meta, fail);
  const views = meta.views;
  const tokens = read.count("tokens") ?? 0;
  const whole = { views, dimensions, values, tokens, truncated: false };
  const fit = fitted(whole, meta.dimensions);
  const hash = read.text("sha256");
  if (hash !== undefined && !isHash(hash)) throw fail("its sha256 is not 64 hexadecimal digits");
  const own = read.text("name") ?? (input.split(/[\\/]/).pop() || input);
  const [taken, width, height, bytes] = [
    read.date("taken"),
    read.count("width"),
    read.count("height"),
    read.count("bytes"),
  ];
  return {
    record: {
      // What stands for the content where that is not known.
      id: hash ?? `image-${await sha256(new Blob([input, "\0", values]))}`,
      name: own,
      ...(input === own ? {} : { path: input }),
      added: read.date("added") ?? new Date(),
      ...(taken ? { taken } : {}),
      ...(width ? { width } : {}),
      ...(height ? { height } : {}),
      ...(bytes === undefined ? {} : { bytes }),
      decode,
    },
    tokens,
    values: fit.values,
    thumbnail: thumbnailOf(read.text("thumbnail")),
  };
}

/** The fields of a row from outside. */
class Fields {
  constructor(
    private readonly row: Record<string, unknown>,
    private readonly fail: (why: string) => AgffError,
  ) {}

  missing(name: string): AgffError {
    return this.fail(`its \`${name}\` is missing or not what it should be`);
  }

  text(name: string): string | undefined {
    const value = this.row[name] ?? undefined;
    if (value === undefined || typeof value === "string") return value;
    throw this.missing(name);
  }

  /** A whole number; columns of 64 bits come as big integers. */
  count(name: string): number | undefined {
    const value = this.row[name] ?? undefined;
    if (value === undefined) return undefined;
    const number = typeof value === "bigint" ? Number(value) : value;
    if (Number.isSafeInteger(number) && (number as number) >= 0) return number as number;
    throw this.missing(name);
  }

  date(name: string): Date | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const date = new Date(text);
    if (Number.isNaN(date.getTime())) throw this.missing(name);
    return date;
  }
}

function vectorsOf(
  { views, embeddings }: Record<string, unknown>,
  meta: IndexMeta,
  fail: (why: string) => AgffError,
): { values: Float32Array<ArrayBuffer>; dimensions: number } {
  const names: unknown[] = Array.isArray(views) ? views : [];
  if (names.length !== meta.views.length || names.some((name, i) => name !== meta.views[i])) {
    const [has, wanted] = [names, meta.views].map((all) => all.join(", ") || "none");
    throw fail(`it has the views ${has}; this index has ${wanted}`);
  }
  const vectors: unknown[] = Array.isArray(embeddings) ? embeddings : [];
  const lengths = vectors.map((vector) => (Array.isArray(vector) ? vector.length : 0));
  const dimensions = lengths[0] ?? 0;
  if (
    vectors.length !== names.length ||
    dimensions === 0 ||
    lengths.some((n) => n !== dimensions)
  ) {
    throw fail("it has not one vector for each view, all of one length");
  }
  if (dimensions < meta.dimensions) {
    throw fail(`its vectors have ${dimensions} dimensions; this index needs ${meta.dimensions}`);
  }
  const values = new Float32Array(names.length * dimensions);
  (vectors as unknown[][]).forEach((vector, view) => {
    let square = 0;
    vector.forEach((x, i) => {
      const value = typeof x === "number" ? Math.fround(x) : NaN;
      values[view * dimensions + i] = value;
      square += value * value;
    });
    // What is not a number is refused too.
    if (!(Math.abs(Math.sqrt(square) - 1) <= UNIT_TOLERANCE)) {
      throw fail("it has a vector whose length is not one");
    }
  });
  return { values, dimensions };
}

function dataUrl({ type, bytes }: StoredThumbnail): string {
  const all = new Uint8Array(bytes);
  let text = "";
  for (let from = 0; from < all.length; from += 8192) {
    text += String.fromCharCode(...all.subarray(from, from + 8192));
  }
  return `data:${type};base64,${btoa(text)}`;
}

/** A row's picture; one of another kind than pages make is left out. */
function thumbnailOf(url: string | undefined): StoredThumbnail | undefined {
  const match = /^data:(image\/(?:jpeg|png|webp));base64,([A-Za-z0-9+/]+={0,2})$/.exec(url ?? "");
  if (!match) return undefined;
  try {
    const text = atob(match[2]!);
    return { type: match[1]!, bytes: Uint8Array.from(text, (c) => c.charCodeAt(0)).buffer };
  } catch {
    return undefined;
  }
}

function isHash(id: string): boolean {
  return /^[0-9a-f]{64}$/.test(id);
}
