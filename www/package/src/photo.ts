/**
 * The default model, `photo`, which comes with this package: the URL of each of its files, written out
 * so that bundlers find and ship them. In a module of its own, which is loaded when it is asked for; the
 * files are not fetched before that either.
 *
 * @module agff/photo
 */

import type { PackageUrls } from "./types.js";

/** The default model's files, to be given to `Agff.load`; undefined in a build that was made without them. */
export const photo: PackageUrls | undefined = {
  name: "photo",
  files: {
    "agff.json": new URL("../models/photo/agff.json", import.meta.url).href,
    "tokenizer.json": new URL("../models/photo/tokenizer.json", import.meta.url).href,
    "weights-00001.safetensors": new URL(
      "../models/photo/weights-00001.safetensors",
      import.meta.url,
    ).href,
    "embed-00001.safetensors": new URL("../models/photo/embed-00001.safetensors", import.meta.url)
      .href,
  },
};
