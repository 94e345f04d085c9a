/** How sure a match is: whether a photo shows what was asked for, or is only the nearest of those that there are. */

import type { Calibration, Certainty, Embedding, ModelInfo, Sure } from "./types.js";

/** For models with a sigmoid of their own; what the Rust core has in `src/certainty.rs`. */
const OF_SIGMOID = { probably: 0.1, perhaps: 0.01 };

/** How sure matches of a text are; undefined for models that do not say, and for embeddings that were cut. */
export function certaintyOf(
  { certainty, probability, dimensions }: ModelInfo,
  text: Embedding,
): Certainty | undefined {
  if (text.dimensions !== dimensions[0]) return undefined;
  if (certainty) {
    const { slope, middle } = certainty;
    const scale = slope / spreadOf(certainty, text.values.subarray(0, text.dimensions));
    return logistic(scale, -slope * middle, certainty, false);
  }
  return probability && logistic(probability.scale, probability.bias, OF_SIGMOID, true);
}

/** A logistic function of a score, and from where on it is called what. */
export interface Logistic {
  scale: number;
  bias: number;
  probably: number;
  perhaps: number;
}

/** How sure matches of a taught word are, by the similarity with it. */
export function certaintyOfWord(of: Logistic): Certainty {
  return logistic(of.scale, of.bias, of, false);
}

function logistic(
  scale: number,
  bias: number,
  { probably, perhaps }: { probably: number; perhaps: number },
  byGlobal: boolean,
): Certainty {
  const word = (certainty: number): Sure =>
    certainty >= probably ? "probably" : certainty >= perhaps ? "perhaps" : "hardly";
  return {
    of({ score, patterns }) {
      const value = byGlobal ? patterns.gg : score;
      const certainty = 1 / (1 + Math.exp(-(scale * value + bias)));
      return { certainty, sure: word(certainty) };
    },
    leastScore: byGlobal ? undefined : (Math.log(perhaps / (1 - perhaps)) - bias) / scale,
  };
}

/** The root mean square of a unit vector's cosines with what the model knows. */
function spreadOf({ spread }: Calibration, vector: Float32Array): number {
  const { scales, directions, rest } = spread;
  let moment = rest;
  scales.forEach((scale, i) => {
    let sum = 0;
    vector.forEach((x, k) => {
      const at = 2 * (i * vector.length + k);
      const byte = Number.parseInt(directions.slice(at, at + 2), 16);
      sum += x * (byte < 128 ? byte : byte - 256);
    });
    moment += (scale * sum) ** 2;
  });
  return Math.sqrt(moment);
}
