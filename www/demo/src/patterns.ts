/** The four perception patterns and the views, in words. */

import type { Patterns } from "agff";

export type PatternKey = keyof Patterns;

export interface PatternName {
  key: PatternKey;
  name: string;
  /** What was compared. `{query}` stands for what was searched with. */
  meaning: string;
}

export const PATTERNS: readonly PatternName[] = [
  {
    key: "gg",
    name: "whole–whole",
    meaning: "{query} as a whole, with the photo as a whole",
  },
  {
    key: "fg",
    name: "detail–whole",
    meaning: "a detail of {query}, with the photo as a whole",
  },
  {
    key: "gf",
    name: "whole–detail",
    meaning: "{query} as a whole, with a detail of the photo",
  },
  {
    key: "ff",
    name: "detail–detail",
    meaning: "a detail of {query}, with a detail of the photo",
  },
];

/** Where what was searched with has one view only, its own whole need not be spoken of. */
const OF_ONE_VIEW: readonly PatternName[] = [
  { key: "gg", name: "whole photo", meaning: "{query}, with the photo as a whole" },
  { key: "gf", name: "part of it", meaning: "{query}, with a part of the photo" },
];

/** The patterns that count for hits at all. */
export function compared(hits: readonly { weights: Patterns }[]): readonly PatternName[] {
  const counts = ({ key }: PatternName) => hits.some(({ weights }) => weights[key] > 0);
  const counting = PATTERNS.filter(counts);
  const oneView = counting.every(({ key }) => key === "gg" || key === "gf");
  return oneView && counting.length > 1 ? OF_ONE_VIEW : counting;
}

/** A view's name for people: `global` is the whole, `fine-2` is detail 2. */
export function viewName(view: string): string {
  if (view === "global") return "the whole";
  const fine = /^fine-(\d+)$/.exec(view);
  return fine ? `detail ${fine[1]}` : `“${view}”`;
}

/** The share from which on a pattern can be called the reason. */
const CLEAR = 0.4;

/** Why it matched, in one sentence. */
export function reason(weights: Patterns, query: string): string {
  const [first] = [...compared([{ weights }])].sort((a, b) => weights[b.key] - weights[a.key]);
  if (!first) return "";
  if (weights[first.key] < CLEAR) {
    return "No single comparison decided: all four ways of looking agree about equally.";
  }
  return `Mostly because of this comparison: ${meaning(first, query)}.`;
}

/** What a pattern compares, with the query by its name. */
export function meaning(pattern: PatternName, query: string): string {
  return pattern.meaning.replace("{query}", query);
}
