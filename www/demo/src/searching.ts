/** Search as one types: a little after the last key, and the newest search is the one whose hits are shown. */

import type { Answer, Library } from "./library";
import { isEmpty, type Search } from "./query";

/** Milliseconds after the last key. */
const PAUSE = 80;

/** Milliseconds between two searches for the same. */
const EVERY = 1500;

export interface Found extends Answer {
  search: Search;
}

export class Searcher {
  private running: AbortController | undefined;
  private timer = 0;
  private repeating: number | undefined;

  /** @param show gets every answer that is still wanted; undefined when nothing is searched for */
  constructor(
    private readonly library: () => Library,
    private readonly show: (found: Found | undefined) => void,
    private readonly fail: (error: unknown) => void,
  ) {}

  /** Searches when no key has been hit for a while. */
  soon(search: Search): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.now(search), PAUSE);
  }

  /** Searches for the same again, as photos have come or gone; not more often than every now and then. */
  again(search: () => Search): void {
    this.repeating ??= window.setTimeout(() => {
      this.repeating = undefined;
      if (!isEmpty(search())) void this.now(search());
    }, EVERY);
  }

  /** Searches at once, and forgets what was searched for before. */
  async now(search: Search): Promise<void> {
    clearTimeout(this.timer);
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    if (isEmpty(search)) return this.show(undefined);
    const library = this.library();
    try {
      const answer = await library.search(search, running.signal);
      const wanted = !running.signal.aborted && library === this.library();
      if (answer && wanted) this.show({ search, ...answer });
    } catch (error) {
      if (!running.signal.aborted) this.fail(error);
    }
  }
}
