/** Draws the library: cards with their scores, the legend, and the list of problems. */

import type { Similarity } from "agff";
import { byId, make } from "./dom";
import type { Match, Photo } from "./library";
import { PATTERNS, viewName } from "./patterns";

const cards = new WeakMap<Photo, HTMLLIElement>();

/** Shows the photos in this order; `ranked` ones come with their score. */
export function showPhotos(
  ranked: readonly Match[],
  unranked: readonly Photo[],
  moreLikeThis: (photo: Photo) => void,
): void {
  const list = byId<HTMLOListElement>("photos");
  const order = [
    ...ranked.map(({ photo, similarity }, i) =>
      card(photo, moreLikeThis, { rank: i + 1, similarity }),
    ),
    ...unranked.map((photo) => card(photo, moreLikeThis)),
  ];
  // Moving a card takes the focus away from a button in it, so nothing moves without need.
  const same =
    order.length === list.children.length && order.every((one, i) => list.children[i] === one);
  if (!same) {
    const focused = document.activeElement;
    list.replaceChildren(...order);
    if (focused instanceof HTMLElement && list.contains(focused)) focused.focus();
  }
  byId("results").hidden = order.length === 0;
  byId("legend").hidden = ranked.length === 0;
}

function card(
  photo: Photo,
  moreLikeThis: (photo: Photo) => void,
  place?: { rank: number; similarity: Similarity },
): HTMLLIElement {
  let element = cards.get(photo);
  if (!element) {
    const image = make("img", { src: photo.url, alt: photo.file.name, decoding: "async" });
    const similar = make("button", { type: "button", className: "similar" }, "More like this");
    similar.addEventListener("click", () => moreLikeThis(photo));
    element = make(
      "li",
      { className: "card" },
      make("div", { className: "frame" }, image),
      make("p", { className: "name", title: photo.file.name }, photo.file.name),
      make("div", { className: "match" }),
      similar,
    );
    cards.set(photo, element);
  }
  element.classList.toggle("waiting", !photo.embedding);
  const similar = element.querySelector<HTMLButtonElement>(".similar");
  if (similar) similar.disabled = !photo.embedding;
  const match = element.querySelector(".match");
  const open = match?.querySelector("details")?.open ?? false;
  if (place) match?.replaceChildren(...explanation(place.rank, place.similarity, open));
  else match?.replaceChildren(make("p", { className: "quiet" }, stateOf(photo)));
  return element;
}

function stateOf(photo: Photo): string {
  if (!photo.embedding) return "waiting…";
  const cut = photo.embedding.truncated ? ", cut" : "";
  return `ready in ${Math.round(photo.took ?? 0)} ms${cut}`;
}

function explanation(rank: number, similarity: Similarity, open: boolean): Node[] {
  const score = make("p", { className: "score" });
  score.append(
    make("span", { className: "rank" }, `${rank}`),
    make("span", { className: "number" }, similarity.score.toFixed(3)),
  );

  const bar = make("div", { className: "bar" });
  bar.setAttribute("role", "meter");
  bar.setAttribute("aria-label", "Similarity");
  bar.setAttribute("aria-valuemin", "0");
  bar.setAttribute("aria-valuemax", "1");
  bar.setAttribute("aria-valuenow", similarity.score.toFixed(3));
  const filled = make("div", { className: "filled" });
  filled.style.width = `${100 * Math.min(1, Math.max(0, similarity.score))}%`;
  // The filled part is divided by how much each pattern contributed.
  for (const { key, name } of PATTERNS) {
    const part = make("div", {
      className: `part ${key}`,
      title: `${name} ${percent(similarity, key)}`,
    });
    part.style.flexGrow = String(similarity.weights[key]);
    filled.append(part);
  }
  bar.append(filled);

  const [query, target] = similarity.best;
  const best = make(
    "p",
    { className: "best" },
    `best pair: ${viewName(query)} of the query, ${viewName(target)} of the photo`,
  );

  const table = make("table");
  for (const { key, name, meaning } of PATTERNS) {
    table.append(
      make(
        "tr",
        {},
        make("th", { scope: "row", title: meaning }, make("i", { className: key }), name),
        make("td", {}, similarity.patterns[key].toFixed(3)),
        make("td", {}, percent(similarity, key)),
      ),
    );
  }
  const details = make("details", { open }, make("summary", {}, "Why"), best, table);
  return [score, bar, details];
}

function percent(similarity: Similarity, key: keyof Similarity["weights"]): string {
  return `${Math.round(100 * similarity.weights[key])} %`;
}

/** The legend of the four patterns. */
export function showLegend(): void {
  byId("legend").replaceChildren(
    ...PATTERNS.map(({ key, name, meaning }) =>
      make("li", { title: meaning }, make("i", { className: key }), name),
    ),
  );
}

/** The photos that could not be used, each with what is wrong and what to do. */
export function showProblems(photos: readonly Photo[], leftOut: number): void {
  const failed = photos.flatMap((photo) => (photo.error ? [{ photo, error: photo.error }] : []));
  const items = failed.map(({ photo, error }) =>
    make(
      "li",
      {},
      make("strong", {}, photo.file.name),
      ` ${error.message} `,
      make("code", {}, error.code),
    ),
  );
  if (leftOut > 0) {
    items.push(
      make("li", {}, `${count(leftOut, "file")} of the folder left out: not photos by name`),
    );
  }
  byId("problems").hidden = items.length === 0;
  byId("problems-title").textContent =
    failed.length > 0 ? `${count(failed.length, "photo")} could not be used` : "Left out";
  byId("problem-list").replaceChildren(...items);
}

/** `1 photo`, `2 photos`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
