/** The heading of the grid, the legend of the bars, and what is said when there is nothing to show. */

import type { Hit, Sure } from "agff";
import { byId, make } from "./dom";
import { count, short } from "./format";
import type { Library } from "./library";
import { announce } from "./notices";
import { compared, meaning } from "./patterns";
import { inWords } from "./query";
import type { Found } from "./searching";

/** The hits that are shown: those that may show what was asked for, or `all` of them. */
export function shownHits({ hits }: Found, all: boolean): readonly Hit[] {
  return all ? hits : hits.filter(({ sure }) => sure !== "hardly");
}

/** Says what the grid shows: the hits of a search, or all photos. */
export function showHeading(library: Library, found: Found | undefined, all: boolean): void {
  const { size, records, older, opening } = library;
  const known = records.length + older.length;
  const hits = found ? shownHits(found, all) : [];
  const whole = opening ? "Opening your photos…" : count(size, "photo");
  const text = found ? heading(found, hits, known) : whole;
  const title = byId("results-title");
  if (found && title.textContent !== text) announce(text);
  title.textContent = text;
  showLegend(hits);
  const rest = (found?.hits.length ?? 0) - hits.length;
  byId("rest").hidden = rest === 0;
  byId("rest-text").textContent = hits.length > 0 ? "" : "Nothing that looks like this. ";
  byId("show-rest").textContent =
    hits.length > 0 ? `Show the ${rest.toLocaleString("en")} next nearest` : "Show the nearest";
  byId("empty").hidden = size > 0 || opening;
}

function heading({ search, cut }: Found, hits: readonly Hit[], all: number): string {
  const what = inWords(search, (text) => short(text, 80));
  const asked = `${/^(not )?like /.test(what) ? "" : "for "}${what}${cut ? " (cut: too long)" : ""}`;
  const sure = (word: Sure) => hits.filter((hit) => hit.sure === word).length;
  const [probably, perhaps] = [sure("probably"), sure("perhaps")];
  if (hits.length > 0 && hits.length === probably + perhaps) {
    const parts = [probably > 0 && `${probably} probably`, perhaps > 0 && `${perhaps} perhaps`];
    return `${count(hits.length, "photo")} ${asked}: ${parts.filter(Boolean).join(", ")}`;
  }
  if (hits.length === 0) return `no photo ${asked}`;
  const some =
    hits.length < all ? `the best ${hits.length} of ${count(all, "photo")}` : count(all, "photo");
  return `${some} ${asked}`;
}

/** The legend of the patterns that the bars of the hits have. */
function showLegend(hits: readonly Hit[]): void {
  const legend = byId("legend");
  const patterns = compared(hits);
  // One alone needs no telling apart: of a taught word, say.
  legend.hidden = hits.length === 0 || hits.some(({ taught }) => taught !== undefined);
  legend.replaceChildren(
    ...patterns.map((pattern) =>
      make(
        "li",
        { title: meaning(pattern, "your search") },
        make("i", { className: pattern.key }),
        pattern.name,
      ),
    ),
  );
}
