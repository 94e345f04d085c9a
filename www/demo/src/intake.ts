/**
 * Photos on their way into a library. They can come before the model is there, and more can come while
 * others are in work; all of them are one piece of work with one end.
 */

import type { AddProgress, IndexInput } from "agff";
import type { Found, Source } from "./files";
import type { Failure, Library } from "./library";
import { Signal } from "./signal";

/** A photo that is not stored yet. */
export interface Pending {
  readonly key: string;
  readonly source: Source;
}

export interface Work {
  /** Whether photos are in work or wait for it. */
  readonly busy: boolean;
  /** Photos that are through, whatever became of them. */
  readonly done: number;
  readonly total: number;
  /** Milliseconds that it will still take; undefined until that can be told. */
  readonly eta: number | undefined;
  /** The photo in work. */
  readonly name: string;
}

/** What became of the photos of one piece of work. */
export interface Outcome {
  readonly added: number;
  /** Were there already. */
  readonly present: number;
  readonly failed: number;
  /** Files that are no photos by their names. */
  readonly leftOut: number;
}

const NOTHING_YET: Outcome = { added: 0, present: 0, failed: 0, leftOut: 0 };

/** When there is nothing to do. */
export const IDLE: Work = { busy: false, done: 0, total: 0, eta: undefined, name: "" };

let keys = 0;

export class Intake {
  readonly work = new Signal<Work>(IDLE);
  /** Of this visit, the last ones last. */
  readonly failures: Failure[] = [];
  /** Files of folders that are not photos by their names. */
  leftOut = 0;
  /** Told of what ended the work before its end. */
  stopped: (error: unknown) => void = () => {};
  /** Told of what became of the photos at the end of the work. */
  ended: (outcome: Outcome) => void = () => {};
  private outcome = NOTHING_YET;
  private waiting: Pending[] = [];
  private taken: Pending[] = [];
  /** The photos that the index was given. */
  private readonly given = new WeakMap<object, Pending>();
  private stop: AbortController | undefined;
  private running: Promise<void> | undefined;
  private done = 0;
  private began = 0;

  constructor(private readonly library: Library) {}

  /** All that is not stored yet, in the order in which it will be. */
  get pending(): readonly Pending[] {
    return [...this.taken, ...this.waiting];
  }

  add({ photos, others }: Found): void {
    this.leftOut += others;
    this.count("leftOut", others);
    for (const source of photos) this.waiting.push({ key: `new-${keys++}`, source });
    this.library.touch();
    this.tell();
    this.begin();
  }

  /** Starts the work, if there is any and a model to do it with. */
  begin(): void {
    if (this.running || this.waiting.length === 0 || !this.library.index) return;
    this.done = 0;
    this.began = performance.now();
    this.running = this.run().finally(() => {
      this.running = undefined;
      this.tell();
      this.library.touch();
      // What came at the last moment.
      this.begin();
      this.tellOutcome();
    });
  }

  /** Gives up what is not stored yet. What is stored stays. */
  cancel(): void {
    this.waiting = [];
    this.stop?.abort();
    this.tell();
    this.library.touch();
  }

  /** Stops the work; what was not done waits for {@link begin}. */
  async pause(): Promise<void> {
    const { running } = this;
    if (!running) return;
    this.waiting = [...this.taken, ...this.waiting];
    this.taken = [];
    this.stop?.abort();
    await running;
  }

  dismissFailures(): void {
    this.failures.length = 0;
    this.leftOut = 0;
    this.library.touch();
  }

  private async run(): Promise<void> {
    const { index } = this.library;
    if (!index) return;
    this.stop = new AbortController();
    const { signal } = this.stop;
    try {
      await index.add(this.inputs(), {
        signal,
        onProgress: (progress) => {
          if (!signal.aborted) this.progress(progress);
          else if (progress.record) this.library.stored(progress.record, undefined);
        },
      });
    } catch (error) {
      if (!signal.aborted) {
        // Not a matter of one photo: there is no room, or the index is gone.
        this.waiting = [];
        this.stopped(error);
      }
    }
    this.taken = [];
    await this.library.catchUp();
  }

  private async *inputs(): AsyncGenerator<IndexInput> {
    for (;;) {
      const next = this.waiting.shift();
      if (!next) return;
      this.taken.push(next);
      this.tell();
      const { file } = next.source;
      const { path } = next.source;
      const taken = file.lastModified > 0 ? { taken: new Date(file.lastModified) } : {};
      const input = { image: file, name: file.name, ...(path ? { path } : {}), ...taken };
      this.given.set(input, next);
      yield input;
    }
  }

  private progress({ input, record, error }: AddProgress): void {
    this.done += 1;
    const pending = typeof input === "object" ? this.given.get(input) : undefined;
    this.taken = this.taken.filter((one) => one !== pending);
    if (error) this.failures.push(error);
    else if (record) this.library.stored(record, pending);
    this.count(error ? "failed" : record ? "added" : "present", 1);
    this.library.touch();
    this.tell();
  }

  private count(what: keyof Outcome, by: number): void {
    this.outcome = { ...this.outcome, [what]: this.outcome[what] + by };
  }

  /** At the end of all that was wanted; what is paused is not at its end. */
  private tellOutcome(): void {
    if (this.running || this.waiting.length > 0) return;
    const { outcome } = this;
    this.outcome = NOTHING_YET;
    this.ended(outcome);
  }

  private tell(): void {
    const left = this.taken.length + this.waiting.length;
    if (left === 0 && !this.running) {
      this.work.value = { ...IDLE, done: this.done };
      return;
    }
    const each = this.done > 0 ? (performance.now() - this.began) / this.done : undefined;
    const name = (this.taken[0] ?? this.waiting[0])?.source.file.name ?? "";
    this.work.value = {
      busy: true,
      done: this.done,
      total: this.done + left,
      eta: each === undefined ? undefined : each * left,
      name,
    };
  }
}
