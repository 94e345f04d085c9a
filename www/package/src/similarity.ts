/**
 * The fused similarity and the cutting of embeddings, on the side of the page: a ranking of thousands
 * of photos must not cross to a worker. The definition, with its derivation, is `src/embedding.rs`;
 * the tests hold the two together.
 */

import { AgffError } from "./errors.js";
import type { Embedding, Fusion, Patterns, Similarity } from "./types.js";

/** One pattern's pairs, as they are met. */
interface Pattern {
  count: number;
  most: number;
  sum: number;
  /** Σ exp((s − most) / τ) */
  exponentials: number;
}

/** The fused similarity of a query and a target, and why. */
export function similarity(query: Embedding, target: Embedding, fusion: Fusion): Similarity {
  check(query);
  check(target);
  if (query.dimensions !== target.dimensions) {
    throw new AgffError(
      "embedding",
      "similarity",
      `one embedding has ${query.dimensions} dimensions, the other ${target.dimensions}; ` +
        `truncate both to the same`,
    );
  }
  // The crate keeps it in 32 bits.
  const tau = Math.fround(fusion.temperature);
  const [rows, columns] = [query.views.length, target.views.length];
  const patterns = [0, 1, 2, 3].map((): Pattern => ({
    count: 0,
    most: -Infinity,
    sum: 0,
    exponentials: 0,
  }));
  let best: [number, number] = [0, 0];
  let bestTerm = -Infinity;
  let fine: number | undefined;
  let fineTerm = -Infinity;
  for (let a = 0; a < rows; a++) {
    for (let b = 0; b < columns; b++) {
      const s = dot(query, a, target, b);
      push(patterns[(a > 0 ? 1 : 0) + (b > 0 ? 2 : 0)]!, s, tau);
      const term = s / tau + share(a, rows) + share(b, columns);
      if (term > bestTerm) [best, bestTerm] = [[a, b], term];
      if (b > 0 && term > fineTerm) [fine, fineTerm] = [b, term];
    }
  }
  const reduced = patterns.map((pattern) => reduce(pattern, fusion.reduction, tau));
  const present = reduced.filter((s) => s !== undefined);
  const most = Math.max(...present);
  const terms = reduced.map((s) => (s === undefined ? 0 : Math.exp((s - most) / tau)));
  const sum = terms.reduce((a, b) => a + b, 0);
  return {
    score: most + tau * Math.log(sum / present.length),
    // A pattern without fine views repeats the global similarity, with weight zero.
    patterns: named(reduced.map((s) => s ?? reduced[0]!)),
    weights: named(terms.map((term) => term / sum)),
    best: [query.views[best[0]]!, target.views[best[1]]!],
    fine: fine === undefined ? undefined : target.views[fine]!,
  };
}

/**
 * The first `dimensions` values of every vector, made unit vectors again (Matryoshka: Kusupati et
 * al., arXiv 2205.13147).
 */
export function truncate(embedding: Embedding, dimensions: number): Embedding {
  check(embedding);
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > embedding.dimensions) {
    const message = `${dimensions} asked for; this embedding has 1 to ${embedding.dimensions}`;
    throw new AgffError("embedding", "dimensions", message);
  }
  const views = embedding.views.length;
  const values = new Float32Array(views * dimensions);
  for (let view = 0; view < views; view++) {
    const from = view * embedding.dimensions;
    const kept = embedding.values.subarray(from, from + dimensions);
    const length = Math.sqrt(kept.reduce((sum, x) => sum + x * x, 0));
    if (!(length > 0 && length < Infinity)) {
      const message = `the first ${dimensions} values of a vector are all zero; ask for more`;
      throw new AgffError("embedding", "dimensions", message);
    }
    kept.forEach((x, i) => (values[view * dimensions + i] = x / length));
  }
  return { ...embedding, dimensions, values };
}

// It may have been stored, or made by hand.
function check({ views, dimensions, values }: Embedding): void {
  if (views.length > 0 && dimensions > 0 && values.length === views.length * dimensions) return;
  const message = `has ${values.length} values for ${views.length} views of ${dimensions}; it is not whole`;
  throw new AgffError("embedding", "embedding", message);
}

function dot(query: Embedding, a: number, target: Embedding, b: number): number {
  const n = query.dimensions;
  const [x, y] = [query.values, target.values];
  let sum = 0;
  for (let i = 0, from = a * n, to = b * n; i < n; i++) sum += x[from + i]! * y[to + i]!;
  return sum;
}

/** log of a view's weight within its side, up to a constant: 1/2 for the global, 1/(2K) for a fine one. */
function share(view: number, views: number): number {
  return view === 0 ? 0 : -Math.log(views - 1);
}

function push(pattern: Pattern, s: number, tau: number): void {
  pattern.count += 1;
  pattern.sum += s;
  if (s > pattern.most) {
    pattern.exponentials = pattern.exponentials * Math.exp((pattern.most - s) / tau) + 1;
    pattern.most = s;
  } else {
    pattern.exponentials += Math.exp((s - pattern.most) / tau);
  }
}

function reduce(pattern: Pattern, how: Fusion["reduction"], tau: number): number | undefined {
  if (pattern.count === 0) return undefined;
  if (how === "max") return pattern.most;
  if (how === "mean") return pattern.sum / pattern.count;
  return pattern.most + tau * Math.log(pattern.exponentials / pattern.count);
}

function named([gg, fg, gf, ff]: readonly number[]): Patterns {
  return { gg: gg!, fg: fg!, gf: gf!, ff: ff! };
}
