/** The photos that come with the page, so that there is something to search at once. */

import { AgffError } from "agff";
import type { Found } from "./files";

const NAMES = [
  "astronaut",
  "carrots",
  "cat",
  "coffee",
  "galaxies",
  "lemons",
  "oranges",
  "pineapples",
  "red-peppers",
  "rocket",
];

/** What one could search for among them. */
export const SUGGESTIONS = [
  "a cup of coffee",
  "a sleeping animal",
  "yellow fruit",
  "the night sky",
];

const HIDDEN = "agff-samples-hidden";

export function samplesHidden(): boolean {
  return localStorage.getItem(HIDDEN) !== null;
}

export function hideSamples(hide: boolean): void {
  if (hide) localStorage.setItem(HIDDEN, "yes");
  else localStorage.removeItem(HIDDEN);
}

/** The sample photos; a little time later they are in the library like all others. */
export async function fetchSamples(): Promise<Found> {
  const photos = await Promise.all(
    NAMES.map(async (name) => {
      const response = await fetch(`./samples/${name}.jpg`);
      if (!response.ok) {
        throw new AgffError("fetch", `${name}.jpg`, `the server answered ${response.status}`);
      }
      const file = new File([await response.blob()], `${name}.jpg`, {
        type: "image/jpeg",
        // They have no date of their own.
        lastModified: 0,
      });
      return { file };
    }),
  );
  // The first one is to be seen first, and what is stored last is.
  return { photos: photos.reverse(), others: 0 };
}
