/** Whose vectors an index has, and whether they go with the model at hand and with each other. */

import { AgffError } from "./errors.js";
import { oneOf } from "./given.js";
import type { IndexMeta } from "./index-database.js";
import type { OpenIndexOptions } from "./index-types.js";
import type { DecodePath, ModelInfo } from "./types.js";

/** What an index of a model begins with. */
export function newMeta(info: ModelInfo, { dimensions, precision }: OpenIndexOptions): IndexMeta {
  const full = info.dimensions[0]!;
  const wanted = dimensions === undefined ? full : dimensions;
  oneOf("precision", precision, ["f32", "int8"]);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > full) {
    const message = `${String(wanted)} asked for; the vectors of ${info.name} have 1 to ${full}`;
    throw new AgffError("embedding", "dimensions", message);
  }
  return {
    model: info.name,
    fingerprint: info.fingerprint,
    trained: info.trained,
    views: [...info.views],
    dimensions: wanted,
    precision: precision ?? "int8",
    epoch: 0,
    seq: 0,
    decoders: { exact: 0, browser: 0, pixels: 0 },
  };
}

/** Throws if the index's vectors cannot be compared with those that are to come. */
export function checkIdentity(
  name: string,
  meta: IndexMeta,
  info: ModelInfo,
  { dimensions }: OpenIndexOptions,
): void {
  checkModel(name, meta, info.fingerprint, info.name);
  if (dimensions !== undefined && dimensions !== meta.dimensions) {
    const message =
      `the index's vectors have ${meta.dimensions} dimensions, and ${dimensions} are asked for; leave ` +
      `dimensions out, or make another index`;
    throw new AgffError("index-model", name, message);
  }
}

/** Throws if vectors are those of another model. */
export function checkModel(
  name: string,
  meta: IndexMeta,
  fingerprint: string,
  model: string,
): void {
  if (meta.fingerprint === fingerprint) return;
  const short = (hash: string) => hash.slice(0, 12);
  const message =
    `the index's vectors are those of ${meta.model} (${short(meta.fingerprint)}), not of ${model} ` +
    `(${short(fingerprint)}); load that model, open an index of another name, or delete this one ` +
    `with Agff.indexes.delete and add the photos again`;
  throw new AgffError("index-model", name, message);
}

/** What is wrong with comparing all records with each other, in words. */
export function warningsOf({ decoders }: IndexMeta): string[] {
  const kinds = (Object.keys(decoders) as DecodePath[]).filter((kind) => decoders[kind] > 0);
  if (kinds.length < 2) return [];
  const parts = kinds.map((kind) => `${decoders[kind]} ${WAYS[kind]}`);
  return [
    `The photos became pixels in different ways: ${parts.join(", ")}. The vectors of one photo differ a ` +
      `little by that, so scores of photos of different ways compare less well.`,
  ];
}

const WAYS: Record<DecodePath, string> = {
  exact: "by the model's own decoder",
  browser: "by the browser's",
  pixels: "were given as pixels",
};
