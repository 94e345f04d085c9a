/** Search as one types: a little after the last key, and the newest search is the one whose hits are shown. */

import type { Answer, Library } from "./library";
import { isEmpty, type Search } from "./query";

/** Milliseconds after the last key. */
const PAUSE = 180;

export interface Found extends Answer {
  search: Search;
}

export class Searcher {
  private running: AbortController | undefined;
  private timer = 0;

  /** @param show gets every answer that is still wanted; undefined when nothing is searched for */
  constructor(
    private readonly library: () => Library,
    private readonly show: (found: Found | undefined) => void,
    private readonly fail: (error: unknown) => void,
  ) {}

  /** Searches when no key has been hit for a while. */
  soon(search: Search, pause = PAUSE): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.now(search), pause);
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
