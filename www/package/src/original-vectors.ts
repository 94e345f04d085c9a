/** The vectors as they were made, read from the database one by one, and the last ones kept at hand. */

import type { IndexDatabase } from "./index-database.js";

/** Bytes that are kept at hand: those of the candidates of some searches. */
const MOST_BYTES = 32 << 20;

/** Vectors that are read in one transaction. */
const AT_ONCE = 512;

export class OriginalVectors {
  /** By their number, the one that was used last at the end. A number never means other vectors. */
  private readonly kept = new Map<number, Float32Array>();
  private bytes = 0;

  constructor(private readonly database: IndexDatabase) {}

  /** Vectors by their numbers; undefined for those that are gone. */
  async get(numbers: readonly (number | undefined)[]): Promise<(Float32Array | undefined)[]> {
    const found = new Map<number, Float32Array>();
    const missing: number[] = [];
    for (const number of numbers) {
      if (number === undefined) continue;
      const values = this.kept.get(number);
      if (values) found.set(number, values);
      else missing.push(number);
    }
    for (let from = 0; from < missing.length; from += AT_ONCE) {
      const part = missing.slice(from, from + AT_ONCE);
      const read = await this.database.run(["vectors"], "readonly", (transaction) => {
        const vectors = transaction.objectStore("vectors");
        return Promise.all(part.map((number) => vectors.get(number)));
      });
      for (const one of read) if (one) found.set(one.seq, one.values);
    }
    for (const [number, values] of found) this.keep(number, values);
    return numbers.map((number) => (number === undefined ? undefined : found.get(number)));
  }

  forget(number: number | undefined): void {
    if (number === undefined) return;
    this.bytes -= this.kept.get(number)?.byteLength ?? 0;
    this.kept.delete(number);
  }

  clear(): void {
    this.kept.clear();
    this.bytes = 0;
  }

  private keep(number: number, values: Float32Array): void {
    this.forget(number);
    this.kept.set(number, values);
    this.bytes += values.byteLength;
    for (const oldest of this.kept.keys()) {
      if (this.bytes <= MOST_BYTES) return;
      this.forget(oldest);
    }
  }
}
