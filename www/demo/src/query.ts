/** What is searched for: words, words that are not wanted, and photos that are or are not. */

import type { QueryTerm } from "agff";

/** A photo that a search goes by. */
export interface Example {
  readonly id: string;
  readonly name: string;
}

/** A search as a person states it. */
export interface Search {
  readonly text: string;
  readonly like: readonly Example[];
  readonly unlike: readonly Example[];
}

export const NOTHING: Search = { text: "", like: [], unlike: [] };

/** How much what is not wanted counts against what is. */
const MINUS = -0.5;

/** Whether words have letters that English does without. */
export function notEnglish(text: string): boolean {
  return /[^\P{L}A-Za-z]/u.test(text);
}

/** Whether there is nothing to search for. */
export function isEmpty({ text, like, unlike }: Search): boolean {
  return text.trim() === "" && like.length === 0 && unlike.length === 0;
}

/** Whether two searches ask for the same. */
export function sameSearch(a: Search, b: Search): boolean {
  return a.text === b.text && a.like === b.like && a.unlike === b.unlike;
}

/** The wanted words, and the unwanted ones: `beach -people -"red cars"`. */
export function parse(text: string): { wanted: string; unwanted: string[] } {
  const unwanted: string[] = [];
  const wanted = text
    .replace(/(^|\s)-(?:"([^"]+)"|([^\s"-][^\s"]*))/g, (_, before: string, quoted, word) => {
      unwanted.push(String(quoted ?? word).trim());
      return before;
    })
    .replace(/\s+/g, " ")
    .trim();
  return { wanted, unwanted: unwanted.filter(Boolean) };
}

/** The terms for the index. `instruction` is what the model was told that a query is, if it was. */
export function terms(search: Search, instruction: string | undefined): QueryTerm[] {
  const { wanted, unwanted } = parse(search.text);
  const told = instruction === undefined ? {} : { instruction };
  return [
    ...(wanted ? [{ text: wanted, weight: 1, ...told }] : []),
    ...search.like.map(({ id }) => ({ id, weight: 1 })),
    ...unwanted.map((text) => ({ text, weight: MINUS, ...told })),
    ...search.unlike.map(({ id }) => ({ id, weight: MINUS })),
  ];
}

/** The search in words, for a heading. */
export function inWords(search: Search, short: (text: string) => string): string {
  const { wanted, unwanted } = parse(search.text);
  const parts = [
    wanted ? `“${short(wanted)}”` : "",
    search.like.length > 0
      ? `like ${search.like.map(({ name }) => short(name)).join(" and ")}`
      : "",
  ].filter(Boolean);
  const without = [
    ...unwanted.map((text) => `“${short(text)}”`),
    ...search.unlike.map((one) => short(one.name)),
  ];
  const minus = without.length > 0 ? `not like ${without.join(" or ")}` : "";
  return [...parts, minus].filter(Boolean).join(", ");
}
