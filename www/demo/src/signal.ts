/** A value that tells when it changes. */

export class Signal<T> {
  private readonly listeners = new Set<(value: T) => void>();

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  set value(value: T) {
    this.current = value;
    for (const listener of this.listeners) listener(value);
  }

  /** Tells the value at once and whenever it is set; gives what ends that. */
  subscribe(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    listener(this.current);
    return () => void this.listeners.delete(listener);
  }
}

/** Runs something with the next frame, once, however often it is asked for. */
export function onceAFrame(work: () => void): () => void {
  let waiting = false;
  const run = () => {
    waiting = false;
    work();
  };
  return () => {
    if (waiting) return;
    waiting = true;
    // A hidden tab draws no frames, but goes on working.
    if (document.hidden) setTimeout(run, 50);
    else requestAnimationFrame(run);
  };
}
