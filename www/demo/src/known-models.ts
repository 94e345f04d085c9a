/** The models that the page offers: the list is the command line's, too. */

import known from "../../../crates/agff-hub/src/known.json";

/** A model that is known to work. Sizes are in millions of bytes. */
export interface KnownModel {
  name: string;
  title: string;
  good_at: string;
  languages: string;
  weights: number;
  kept: number;
  device: number;
  dtype: "f32" | "f16" | "q8" | "q4";
  regions?: number;
  licence: string;
  built_in?: boolean;
}

/** The smallest first. */
export const KNOWN = known as readonly KnownModel[];
