/**
 * Brings small pictures into image elements, the one that was asked for last first, few at a time: who
 * scrolls through thousands sees first what is on the screen.
 */

import { showBlob } from "./dom";

/** How many are read at once. */
const AT_ONCE = 6;

type Read = () => Promise<Blob | undefined>;

interface Waiting {
  image: HTMLImageElement;
  read: Read;
  missing: () => void;
}

const waiting: Waiting[] = [];
let running = 0;

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
