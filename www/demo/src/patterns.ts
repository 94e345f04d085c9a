/** The four perception patterns, named for people. */

import type { Patterns } from "agff";

export interface PatternName {
  key: keyof Patterns;
  name: string;
  /** What the pattern compares, for the legend and for screen readers. */
  meaning: string;
}

export const PATTERNS: readonly PatternName[] = [
  { key: "gg", name: "whole–whole", meaning: "the whole query against the whole photo" },
  { key: "fg", name: "detail–whole", meaning: "a detail of the query against the whole photo" },
  { key: "gf", name: "whole–detail", meaning: "the whole query against a detail of the photo" },
  {
    key: "ff",
    name: "detail–detail",
    meaning: "a detail of the query against a detail of the photo",
  },
];

/** A view's name for people: `global` is the whole, `fine-2` is detail 2. */
export function viewName(view: string): string {
  if (view === "global") return "whole";
  const fine = /^fine-(\d+)$/.exec(view);
  return fine ? `detail ${fine[1]}` : view;
}
