/**
 * Words that are taught by photos: what an index keeps of them, and how texts name them. What they search by is made
 * in the engine (`src/index/words`), which has the other photos.
 */

import { AgffError } from "./errors.js";
import type { IndexMeta } from "./index-database.js";
import type { TaughtWord } from "./index-types.js";

/** Some photos: what a word keeps of them. */
export interface Examples {
  /** The ids of their records. */
  ids: string[];
  /** The sum of their global vectors; empty if there are none. */
  sum: Float32Array;
}

/** A word with the photos that it was taught by. */
export interface Word {
  name: string;
  like: Examples;
  unlike: Examples;
}

/** A record's id with its global vector. */
export interface Example {
  id: string;
  vector: Float32Array;
}

/** Most characters of a word, and words of an index. */
const LONGEST = 100;
const MOST = 10_000;

const FORMAT = "agff-words";
const VERSION = 1;

/** Words that say nothing of what is looked for. */
const LITTLE = new Set(
  (
    "a an the my our your his her their this that of with and in on photo photos picture pictures image images " +
    "show find"
  ).split(" "),
);

/** The words with one of this name in them, which is made if it is not there. */
export function withWord(words: readonly Word[], name: string): { words: Word[]; word: Word } {
  const said = wordsOf(name);
  const known = words.find((word) => same(wordsOf(word.name), said));
  if (known) return { words: [...words], word: known };
  const tidy = name.trim().replace(/\s+/gu, " ");
  const fail = (why: string) => new AgffError("input", "word", why);
  if (tidy === "") throw fail("it is empty; say what the photos are to be called");
  if ([...tidy].length > LONGEST) {
    throw fail(`it has more than ${LONGEST} characters; use a word or two`);
  }
  if (said.length === 0) throw fail("it has no letter and no digit");
  if (words.length >= MOST) throw fail(`there are ${MOST} words already; forget one first`);
  const word = { name: tidy, like: none(), unlike: none() };
  return { words: [...words, word], word };
}

/** A word by its name; small and capital letters are the same. */
export function wordCalled(words: readonly Word[], name: string): Word | undefined {
  const said = wordsOf(name);
  return words.find((word) => same(wordsOf(word.name), said));
}

/** Takes photos that show it. */
export function teach(word: Word, photos: readonly Example[]): void {
  for (const photo of photos) {
    take(word.unlike, photo);
    add(word.like, photo);
  }
}

/** Takes photos that do not show it, though they may look so. */
export function correct(word: Word, photos: readonly Example[]): void {
  for (const photo of photos) {
    take(word.like, photo);
    add(word.unlike, photo);
  }
}

/** The taught words that a text names, the longest first where they overlap, and whether it says more than these. */
export function namedIn(text: string, words: readonly Word[]): { words: Word[]; more: boolean } {
  const said = wordsOf(text);
  // One whose photos were all taken back is not known any more.
  const known = words
    .filter(({ like }) => like.ids.length > 0)
    .map((word) => ({ word, name: wordsOf(word.name) }));
  const named: Word[] = [];
  let more = false;
  for (let at = 0; at < said.length;) {
    const here = known.filter(({ name }) => same(name, said.slice(at, at + name.length)));
    const longest = here.sort((a, b) => b.name.length - a.name.length)[0];
    if (longest) {
      if (!named.includes(longest.word)) named.push(longest.word);
      at += longest.name.length;
    } else {
      more ||= !LITTLE.has(said[at]!);
      at += 1;
    }
  }
  return { words: named, more };
}

/** A word as it is told of. */
export function toTaught({ name, like, unlike }: Word): TaughtWord {
  return { word: name, photos: [...like.ids], not: [...unlike.ids] };
}

/** Words as JSON, to go with files of vectors, `together` of them in each text. */
export function toJson(words: readonly Word[], model: string, together: number): string[] {
  const parts: string[] = [];
  for (let from = 0; from < words.length; from += together) {
    parts.push(document(words.slice(from, from + together), model));
  }
  return parts;
}

function document(words: readonly Word[], model: string): string {
  const plain = ({ ids, sum }: Examples) => ({
    ids,
    sum: Array.from(sum, (x) => Number(x.toPrecision(9))),
  });
  return JSON.stringify({
    format: FORMAT,
    version: VERSION,
    model,
    words: words.map(({ name, like, unlike }) => ({
      name,
      like: plain(like),
      unlike: plain(unlike),
    })),
  });
}

/** Whether a row of a file is taught words. */
export function isWords(row: unknown): boolean {
  return typeof row === "object" && row !== null && (row as { format?: unknown }).format === FORMAT;
}

/** Words that were read. Throws `data` if they are damaged, and `index-model` if they are another model's. */
export function fromJson(
  document: unknown,
  name: string,
  { fingerprint, dimensions }: IndexMeta,
): Word[] {
  const fail = (why: string) => new AgffError("data", name, why);
  if (!isWords(document)) throw fail("these are no taught words");
  const { version, model, words } = document as Record<string, unknown>;
  if (version !== VERSION) {
    throw fail(`its words are of version ${String(version)}; this page reads ${VERSION}`);
  }
  if (model !== fingerprint) {
    const why = "its words were taught with another model; teach them anew with this one";
    throw new AgffError("index-model", name, why);
  }
  if (!Array.isArray(words) || words.length > MOST)
    throw fail("its taught words are no list, or too many");
  const seen = new Set<string>();
  return words.map((word: unknown) => {
    const { name: called, like, unlike } = (word ?? {}) as Record<string, unknown>;
    const [yes, no] = [like, unlike ?? {}].map((part) => examplesOf(part, dimensions));
    if (typeof called !== "string" || wordsOf(called).length === 0 || !yes || !no) {
      throw fail("it has a taught word that is damaged, or of vectors of another length");
    }
    const said = wordsOf(called).join(" ");
    if (seen.has(said)) throw fail(`it has the word ${JSON.stringify(called)} twice`);
    seen.add(said);
    if (yes.ids.some((id) => no.ids.includes(id))) {
      throw fail(`the word ${JSON.stringify(called)} has a photo that shows it and does not`);
    }
    if ([...called].length > LONGEST) throw fail("it has a taught word that is too long");
    return { name: called, like: yes, unlike: no };
  });
}

function examplesOf(value: unknown, dimensions: number): Examples | undefined {
  const { ids = [], sum = [] } = (value ?? {}) as { ids?: unknown; sum?: unknown };
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === "string")) return undefined;
  if (!Array.isArray(sum) || sum.length !== (ids.length > 0 ? dimensions : 0)) return undefined;
  if (new Set(ids).size !== ids.length) return undefined;
  if (!sum.every((x) => typeof x === "number")) return undefined;
  // A sum of unit vectors is not longer than their number.
  const length = Math.sqrt((sum as number[]).reduce((square, x) => square + x * x, 0));
  return length <= 1.01 * ids.length ? { ids, sum: Float32Array.from(sum as number[]) } : undefined;
}

/** What stands between words, beside spaces. */
const BETWEEN = /[\s\p{Cc}.,;:!?"()[\]{}<>/\\|«»“”„…、。，；：！？（）「」『』【】《》]+/u;

/** What may stand within a word, and around one. */
const AROUND = /^['\-–—_*~`]+|['\-–—_*~`]+$/gu;

/**
 * The words of a text in small letters, without signs around them. An ending `'s` is none of its word's. Signs that tell
 * words apart stay: C++ is not C#.
 */
function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/[’‘]/gu, "'")
    .split(BETWEEN)
    .map((word) => word.replace(AROUND, "").replace(/'s$/u, ""))
    .filter((word) => word !== "");
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}

function none(): Examples {
  return { ids: [], sum: new Float32Array() };
}

function add(examples: Examples, { id, vector }: Example): void {
  if (examples.ids.includes(id)) return;
  if (examples.ids.length === 0) examples.sum = new Float32Array(vector.length);
  vector.forEach((x, i) => (examples.sum[i]! += x));
  examples.ids.push(id);
}

function take(examples: Examples, { id, vector }: Example): void {
  const at = examples.ids.indexOf(id);
  if (at < 0) return;
  examples.ids.splice(at, 1);
  vector.forEach((x, i) => (examples.sum[i]! -= x));
  if (examples.ids.length === 0) examples.sum = new Float32Array();
}
