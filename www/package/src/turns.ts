/** One call of the engine after another, urgent ones first. */

export class Turns {
  private busy = false;
  private readonly waiting: { urgent: boolean; begin: () => void }[] = [];

  /** Runs `work` when its turn has come. */
  async take<T>(urgent: boolean, work: () => Promise<T>): Promise<T> {
    if (this.busy) {
      await new Promise<void>((begin) => {
        const behind = this.waiting.findIndex((one) => urgent && !one.urgent);
        this.waiting.splice(behind < 0 ? this.waiting.length : behind, 0, { urgent, begin });
      });
    }
    this.busy = true;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next.begin();
      else this.busy = false;
    }
  }
}
