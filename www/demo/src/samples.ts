/** The pictures that come with the page, so that there is something to search at once. */

import { AgffError } from "agff";
import type { Found } from "./files";
import { recall, remember } from "./remembered";

/** Scenes in pairs that differ in one fact, of the kind that the default model was trained on but not seen by it. */
const SCENES = [
  "elephant",
  "sheep",
  "shirt",
  "penguin",
  "bear-bench",
  "bicycle-bench",
  "airplane-fence",
  "teddy",
];

const PHOTOS = [
  "lemons",
  "oranges",
  "pineapples",
  "red-peppers",
  "carrots",
  "coffee",
  "cat",
  "rocket",
  "galaxies",
  "astronaut",
];

const NAMES = [
  ...SCENES.flatMap((name) => [`${name}-a.png`, `${name}-b.png`]),
  ...PHOTOS.map((name) => `${name}.jpg`),
];

/** What one could search for among them. */
export const SUGGESTIONS = [
  "a purple elephant facing left",
  "three red sheep",
  "a shirt with the word CARE",
  "a photo of Lemon",
];

const HIDDEN = "agff-samples-hidden";

export function samplesHidden(): boolean {
  return recall(HIDDEN) !== null;
}

export function hideSamples(hide: boolean): void {
  remember(HIDDEN, hide ? "yes" : null);
}

/** The samples; a little time later they are in the library like all others. */
export async function fetchSamples(): Promise<Found> {
  const photos = await Promise.all(
    NAMES.map(async (name) => {
      const response = await fetch(`./samples/${name}`);
      if (!response.ok) {
        throw new AgffError("fetch", name, `the server answered ${response.status}`);
      }
      const type = name.endsWith(".png") ? "image/png" : "image/jpeg";
      // They have no date of their own.
      const file = new File([await response.blob()], name, { type, lastModified: 0 });
      return { file };
    }),
  );
  // The first one is to be seen first, and what is stored last is.
  return { photos: photos.reverse(), others: 0 };
}
