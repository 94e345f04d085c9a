/**
 * agff-nano, a small model of drawings that comes with this package: the URL of each of its files,
 * written out so that bundlers find and ship them. In a module of its own, which is loaded when it is
 * asked for; the files are not fetched before that either.
 *
 * @module agff/nano
 */

import type { PackageUrls } from "./types.js";

/** The files of agff-nano, to be given to `Agff.load`. */
export const nano: PackageUrls = {
  name: "agff-nano",
  files: {
    "agff.json": new URL("../models/agff-nano/agff.json", import.meta.url).href,
    "tokenizer.json": new URL("../models/agff-nano/tokenizer.json", import.meta.url).href,
    "weights-00001.safetensors": new URL(
      "../models/agff-nano/weights-00001.safetensors",
      import.meta.url,
    ).href,
    "embed-00001.safetensors": new URL(
      "../models/agff-nano/embed-00001.safetensors",
      import.meta.url,
    ).href,
  },
};
