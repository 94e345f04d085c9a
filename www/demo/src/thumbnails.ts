/**
 * Brings small pictures into image elements, the one that was asked for last first, few at a time: who
 * scrolls through thousands sees first what is on the screen.
 */

import { showBlob } from "./dom";

/** How many are read at once. */
const AT_ONCE = 4;

type Read = () => Promise<Blob | undefined>;

interface Waiting {
  image: HTMLImageElement;
  read: Read;
  missing: () => void;
}

/** Pixels in a millisecond above which nobody sees what goes by. */
const FAST = 4;

/** Milliseconds after which a scroll is over. */
const OVER = 100;

const waiting: Waiting[] = [];
let running = 0;
let timer: number | undefined;
/** The last scroll event: where, when, and how fast it was. */
let last = { top: 0, time: 0, speed: 0 };

addEventListener(
  "scroll",
  () => {
    const [top, time] = [scrollY, performance.now()];
    last = { top, time, speed: Math.abs(top - last.top) / Math.max(1, time - last.time) };
  },
  { passive: true },
);

/**
 * Shows what `read` gives as soon as it is there, unless the image has left the page by then.
 *
 * @param missing is called if there is no picture, or the browser cannot read it
 */
export function showThumbnail(image: HTMLImageElement, read: Read, missing: () => void): void {
  waiting.push({ image, read, missing });
  // After the element was put in its place.
  queueMicrotask(next);
}

function next(): void {
  if (last.speed > FAST && performance.now() - last.time < OVER) {
    timer ??= window.setTimeout(() => {
      timer = undefined;
      next();
    }, OVER);
    return;
  }
  while (running < AT_ONCE) {
    const one = waiting.pop();
    if (!one) return;
    if (!one.image.isConnected) continue;
    running++;
    void show(one).finally(() => {
      running--;
      next();
    });
  }
}

async function show({ image, read, missing }: Waiting): Promise<void> {
  const blob = await read().catch(() => undefined);
  if (!blob) return missing();
  image.addEventListener("error", missing, { once: true });
  showBlob(image, blob);
}
