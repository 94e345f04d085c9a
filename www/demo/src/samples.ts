/** The pictures that come with the page, so that there is something to search at once. */

import { AgffError } from "agff";
import type { Found } from "./files";
import { recall, remember } from "./remembered";

/** In the order in which they are shown; `public/samples/ATTRIBUTION.md` says whose they are. */
const NAMES = [
  "otters",
  "colosseum",
  "dogs-window",
  "bananas",
  "mountain-lake",
  "dahlia",
  "biplane",
  "desert-hikers",
  "djembe-room",
  "cat",
  "astronaut",
  "tea-gardens",
  "chinese-temple",
  "fig-bowl",
  "osprey",
  "armchair-desk",
  "coral-reef",
  "watermelons",
  "parked-cars",
  "rocket",
  "waterfront",
  "paint-brushes",
  "dandelion",
  "boats",
  "mushrooms",
  "dog-in-yard",
  "saguaro-cactus",
  "city-sunset",
  "coffee",
  "wren",
  "forest-stream",
  "spiral-staircase",
  "pineapples",
  "hotel-bed",
  "galaxies",
  "lemons",
  "mountain-path",
  "red-peppers",
  "watering-can",
  "carrots",
  "blue-flowers",
  "oranges",
];

/** What one could search for among them: things, and things in a corner of a busy picture. */
export const SUGGESTIONS = ["a dog", "mountains", "birds", "a space shuttle", "a loudspeaker"];

/** What one could look for more of. */
export const MORE_LIKE = { name: "boats.jpg", label: "more like the boats" };

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
      const response = await fetch(`./samples/${name}.jpg`);
      if (!response.ok) {
        throw new AgffError("fetch", name, `the server answered ${response.status}`);
      }
      // They have no date of their own.
      const options = { type: "image/jpeg", lastModified: 0 };
      return { file: new File([await response.blob()], `${name}.jpg`, options) };
    }),
  );
  // The first one is to be seen first, and what is stored last is.
  return { photos: photos.reverse(), others: 0 };
}
