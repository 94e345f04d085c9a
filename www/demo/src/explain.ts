/** Why a photo was found: a sentence, the four patterns as bars, and the pair of views that is most alike. */

import type { Hit, Sure } from "agff";
import { attributes, make } from "./dom";
import { percent } from "./format";
import { compared, meaning, type PatternName, reason, viewName } from "./patterns";

/** How sure the model is, in a sentence. */
const SURE: Record<Sure, string> = {
  probably: "The photo probably shows it.",
  perhaps: "Perhaps the photo shows it.",
  hardly: "It is the nearest of those that there are, and probably something else.",
};

/**
 * @param query what was searched with, in words that fit into a sentence: "your words", "the photo cat.jpg"
 * @param others how many other terms the search had, which are in the score but not in this explanation
 */
export function explanation(hit: Hit, query: string, others: number): HTMLElement {
  if (hit.taught !== undefined) return ofTaught(query, certainty(hit));
  const [queryView, photoView] = hit.best;
  const bars = make("ul", { className: "bars" });
  const patterns = compared([hit]);
  for (const pattern of patterns) bars.append(bar(hit, pattern, query));
  const oneView = patterns.every(({ key }) => key === "gg" || key === "gf");
  const of = (view: string, what: string) => `${viewName(view)} of ${what}`;
  return make(
    "section",
    { className: "explanation" },
    make("h3", {}, "Why it matched"),
    make("p", { className: "reason" }, reason(hit.weights, query)),
    certainty(hit),
    bars,
    make(
      "p",
      { className: "best" },
      "Most alike: ",
      make("strong", {}, oneView ? query : of(queryView, query)),
      " and ",
      make("strong", {}, of(photoView, "the photo")),
      ".",
    ),
    others > 0
      ? make(
          "p",
          { className: "quiet" },
          `This explains the first thing you asked for; the score also counts ${others} more.`,
        )
      : undefined,
    make(
      "p",
      { className: "quiet" },
      hit.region
        ? "“The whole” is one summary of all that the photo shows. A “detail” is a closer look at one part of it; " +
            "where a detail decided, the rectangle shows which."
        : "“The whole” is one summary of everything. A “detail” is one of the closer looks that the " +
            "model has learned to take; it has no name, and no fixed place in the picture.",
    ),
  );
}

/** Of a taught word, which is compared with the photo as a whole and with nothing else. */
function ofTaught(query: string, sure: HTMLElement | undefined): HTMLElement {
  return make(
    "section",
    { className: "explanation" },
    make("h3", {}, "Why it matched"),
    make("p", { className: "reason" }, `As a whole it looks like ${query}.`),
    sure,
    make(
      "p",
      { className: "quiet" },
      "A word of yours is found by what sets the photos that you showed apart from all others. If this is something " +
        "else, say so: the word is understood a little better then.",
    ),
  );
}

/** How sure the model is, if it says so. */
function certainty(hit: Hit): HTMLElement | undefined {
  if (hit.certainty === undefined) return undefined;
  const said = `${SURE[hit.sure ?? "hardly"]} The model's certainty is ${percent(hit.certainty)}.`;
  return make("p", { className: "sure" }, said);
}

function bar(hit: Hit, pattern: PatternName, query: string): HTMLElement {
  const { key, name } = pattern;
  const share = hit.weights[key];
  const filled = make("span", { className: `filled ${key}` });
  filled.style.width = `${100 * share}%`;
  const track = make("span", { className: "track" }, filled);
  attributes(track, { "aria-hidden": true });
  const detail = `${meaning(pattern, query)}: similarity ${hit.patterns[key].toFixed(3)}`;
  return make(
    "li",
    { title: detail },
    make("span", { className: "label" }, name),
    track,
    make("span", { className: "value" }, percent(share)),
    make("span", { className: "meaning" }, detail),
  );
}
