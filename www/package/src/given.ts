/** What a caller without types may give by mistake. */

import { AgffError } from "./errors.js";

/** Throws if something is not one of the values that there are. */
export function oneOf<T>(name: string, given: T | undefined, known: readonly T[]): void {
  if (given === undefined || known.includes(given)) return;
  const last = known.at(-1);
  const message = `${String(given)} is none of ${known.slice(0, -1).join(", ")} and ${String(last)}`;
  throw new AgffError("input", name, message);
}

/** Throws if something is not a whole number in a range. */
export function wholeFrom(name: string, given: unknown, least: number, most: number): void {
  if (Number.isInteger(given) && (given as number) >= least && (given as number) <= most) return;
  const message = `${String(given)} is not a whole number from ${least} to ${most}`;
  throw new AgffError("input", name, message);
}

/** Throws if something cannot be gone through. A text can, letter by letter, which nobody means. */
export function checkMany(given: unknown, what: string, forOne: string): void {
  const many =
    typeof given === "object" &&
    given !== null &&
    (Symbol.iterator in given || Symbol.asyncIterator in given);
  if (many) return;
  const message = `these are not several ${what}; give an array, or call ${forOne} for one`;
  throw new AgffError("input", what, message);
}
