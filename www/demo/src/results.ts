/** The heading of the grid, the legend of the bars, and what is said when there is nothing to show. */

import { byId, make } from "./dom";
import { count, short } from "./format";
import type { Library } from "./library";
import { announce } from "./notices";
import { compared, meaning } from "./patterns";
import { inWords } from "./query";
import type { Found } from "./searching";

/** Says what the grid shows: the hits of a search, or all photos. */
export function showHeading(library: Library, found: Found | undefined): void {
  const { size, records, older, opening } = library;
  const all = records.length + older.length;
  const whole = opening ? "Opening your photos…" : count(size, "photo");
  const text = found ? heading(found, all) : whole;
  const title = byId("results-title");
  if (found && title.textContent !== text) announce(text);
  title.textContent = text;
  showLegend(found);
  byId("empty").hidden = size > 0 || opening;
}

function heading({ search, hits, cut }: Found, all: number): string {
  const what = inWords(search, (text) => short(text, 80));
  const some =
    hits.length < all ? `the best ${hits.length} of ${count(all, "photo")}` : count(all, "photo");
  return `${some} ${/^(not )?like /.test(what) ? "" : "for "}${what}${cut ? " (cut: too long)" : ""}`;
}

/** The legend of the patterns that the bars of the hits have. */
function showLegend(found: Found | undefined): void {
  const legend = byId("legend");
  legend.hidden = !found || found.hits.length === 0;
  legend.replaceChildren(
    ...compared(found?.hits ?? []).map((pattern) =>
      make(
        "li",
        { title: meaning(pattern, "your search") },
        make("i", { className: pattern.key }),
        pattern.name,
      ),
    ),
  );
}
