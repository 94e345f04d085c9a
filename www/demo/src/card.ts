/** What a photo looks like in the grid. */

import type { Hit, IndexRecord } from "agff";
import { attributes, button, make, showBlob } from "./dom";
import type { GridItem } from "./grid";
import type { Pending } from "./intake";
import type { Library } from "./library";
import { PATTERNS, viewName } from "./patterns";
import { markRegion } from "./region";
import { showThumbnail } from "./thumbnails";

/** A photo that is stored, found, or still on its way. */
export interface PhotoItem extends GridItem {
  readonly name: string;
  readonly record?: IndexRecord;
  readonly hit?: Hit;
  /** From 1. */
  readonly rank?: number;
  /** Its score as a share of the best one. */
  readonly share?: number;
  readonly pending?: Pending;
  /** Whether it is picked, to do something with it and others. */
  readonly picked?: boolean;
}

/** Items, each with whether it is picked. */
export function withPicks(items: PhotoItem[], isPicked: (id: string) => boolean): PhotoItem[] {
  return items.map((item) =>
    item.record && isPicked(item.record.id) ? { ...item, picked: true } : item,
  );
}

/** All photos: what is on its way first, the next to be stored nearest to what is. */
export function allItems(library: Library): PhotoItem[] {
  const waiting = library.intake.pending.map((pending) => ({
    key: pending.key,
    name: pending.source.file.name,
    pending,
  }));
  const stored = library.records.map((record) => ({
    key: library.keyOf(record.id),
    name: record.name,
    record,
  }));
  const older = library.older.map((record) => ({ key: record.id, name: record.name, record }));
  return [...waiting.reverse(), ...stored, ...older];
}

/** The hits of a search. */
export function hitItems(library: Library, hits: readonly Hit[]): PhotoItem[] {
  const best = Math.max(0, ...hits.map(({ score }) => score));
  return hits
    .filter(({ id }) => library.record(id))
    .map((hit, i) => ({
      share: best > 0 ? Math.max(0, hit.score / best) : 0,
      key: library.keyOf(hit.id),
      name: hit.name,
      record: hit,
      hit,
      rank: i + 1,
    }));
}

/** Fills a cell, and keeps the picture that is in it. */
export function renderCard(cell: HTMLElement, item: PhotoItem, library: Library): void {
  const { name, hit, rank, pending, record, picked = false } = item;
  cell.classList.toggle("waiting", pending !== undefined);
  cell.dataset["name"] = name;
  const sure = hit?.sure ? `, ${hit.sure}` : "";
  const score = hit ? `, number ${rank}${sure}, match ${hit.score.toFixed(3)}` : "";
  cell.dataset["sure"] = hit?.sure ?? "";
  const state = pending ? ", waiting to be read" : "";
  cell.classList.toggle("picked", picked);
  const attributesOf = { "aria-label": `${name}${score}${state}`, title: `${name}${why(hit)}` };
  attributes(cell, { ...attributesOf, "aria-selected": record ? picked : undefined });
  const frame = cell.querySelector(".frame") ?? makeFrame(item, library);
  const caption = make("div", { className: "caption" });
  if (hit) caption.append(scoreLine(hit, rank ?? 0), meter(hit, item.share ?? 0));
  caption.append(make("span", { className: "name" }, name));
  cell.replaceChildren(frame, ...(record ? [pickMark(picked)] : []), caption);
  markRegion(frame, hit, "cover");
}

/** Why it was found, for the line that the pointer shows. */
function why(hit: Hit | undefined): string {
  if (!hit) return "";
  if (hit.taught !== undefined) return `\nLike what you call “${hit.taught}”`;
  const [asked, photo] = hit.best.map(viewName);
  return `\nMost alike: ${asked} of the search and ${photo} of the photo`;
}

/** The mark by which a photo is picked; the grid listens for it. */
function pickMark(picked: boolean): HTMLElement {
  const mark = button("", () => {}, { className: "pick", tabIndex: -1 });
  attributes(mark, { "aria-hidden": true, title: picked ? "Picked" : "Pick (x)" });
  return mark;
}

function makeFrame({ name, record, pending }: PhotoItem, library: Library): HTMLElement {
  const image = make("img", { alt: "", decoding: "async", draggable: false });
  const frame = make("div", { className: "frame" }, image);
  const missing = () => {
    image.remove();
    frame.classList.add("empty");
    frame.append(make("span", {}, extensionOf(name)));
  };
  if (pending) {
    image.addEventListener("error", missing, { once: true });
    showBlob(image, pending.source.file);
  } else if (record) {
    showThumbnail(image, () => library.thumbnail(record.id), missing);
  }
  return frame;
}

function scoreLine(hit: Hit, rank: number): HTMLElement {
  const number = make("span", { className: "number" }, hit.sure ?? hit.score.toFixed(3));
  number.dataset["score"] = String(hit.score);
  return make(
    "span",
    { className: "score" },
    make("span", { className: "rank" }, `${rank}`),
    number,
  );
}

/** How well it matches beside the best one, divided by how much each pattern contributed. */
function meter({ weights }: Hit, share: number): HTMLElement {
  const filled = make("span", { className: "filled" });
  filled.style.width = `${100 * share}%`;
  for (const { key } of PATTERNS) {
    const part = make("i", { className: key });
    part.style.flexGrow = String(weights[key]);
    filled.append(part);
  }
  const element = make("span", { className: "meter" }, filled);
  attributes(element, { "aria-hidden": true });
  return element;
}

function extensionOf(name: string): string {
  return /\.(\w{1,5})$/.exec(name)?.[1]?.toUpperCase() ?? "?";
}
