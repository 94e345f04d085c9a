/** Taking a library out as a file, and in again. */

import { byId, make } from "./dom";
import { count, short } from "./format";
import type { Libraries } from "./libraries";
import type { Library } from "./library";
import { announce, clearFailure, fail } from "./notices";

/** Milliseconds between two notes of how far it is. */
const SELDOM = 250;

/** Connects the buttons of the menu: what is looked at goes out, and what comes in is the person's own. */
export function exchange(libraries: Libraries, note: (text: string) => void): void {
  const input = byId<HTMLInputElement>("import-file");
  for (const format of ["jsonl", "parquet"] as const) {
    byId(`export-${format}`).addEventListener("click", () => {
      save(libraries.current.value, format).catch(fail);
    });
  }
  byId("import").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    input.value = "";
    if (!file) return;
    libraries.show(libraries.own);
    load(libraries.own, file, note).catch((error: unknown) => {
      note("");
      fail(error);
    });
  });
}

async function save(library: Library, format: "jsonl" | "parquet"): Promise<void> {
  const blob = await library.index?.export(format);
  if (!blob) return;
  clearFailure();
  const url = URL.createObjectURL(blob);
  const day = new Date().toISOString().slice(0, 10);
  make("a", { href: url, download: `photos-${day}.${format}` }).click();
  // The browser reads it after this.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  announce("The library was exported.");
}

async function load(library: Library, file: File, note: (text: string) => void): Promise<void> {
  note(`Importing ${short(file.name)}…`);
  let told = performance.now();
  const {
    added,
    present,
    failed,
    words = 0,
  } = await library.import(file, ({ done, total }) => {
    if (performance.now() - told < SELDOM) return;
    told = performance.now();
    const all = total === undefined ? "" : ` of ${total.toLocaleString("en")}`;
    note(`Importing ${short(file.name)}: ${done.toLocaleString("en")}${all}`);
  });
  clearFailure();
  const there = present > 0 ? `, ${present.toLocaleString("en")} were there already` : "";
  const wrong = failed.length > 0 ? `, ${count(failed.length, "record")} could not be used` : "";
  const taught = words > 0 ? `; ${count(words, "word")} of yours came along` : "";
  note(`${count(added, "photo")} imported${there}${wrong}${taught}.`);
}
