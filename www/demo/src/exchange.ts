/** Taking a library out as a file, and in again. */

import { byId, make } from "./dom";
import { count } from "./format";
import type { Library } from "./library";
import { announce, clearFailure, fail } from "./notices";

/** Connects the buttons of the menu. */
export function exchange(library: () => Library, done: (text: string) => void): void {
  const input = byId<HTMLInputElement>("import-file");
  byId("export-jsonl").addEventListener("click", () => void save(library(), "jsonl"));
  byId("export-parquet").addEventListener("click", () => void save(library(), "parquet"));
  byId("import").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    input.value = "";
    if (file) void load(library(), file, done);
  });
}

async function save(library: Library, format: "jsonl" | "parquet"): Promise<void> {
  try {
    const blob = await library.index?.export(format);
    if (!blob) return;
    clearFailure();
    const url = URL.createObjectURL(blob);
    const day = new Date().toISOString().slice(0, 10);
    make("a", { href: url, download: `photos-${day}.${format}` }).click();
    // The browser reads it after this.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
    announce("The library was exported.");
  } catch (error) {
    fail(error);
  }
}

async function load(library: Library, file: File, done: (text: string) => void): Promise<void> {
  done(`Importing ${file.name}…`);
  try {
    const { added, present, failed } = await library.import(file, new AbortController().signal);
    clearFailure();
    const there = present > 0 ? `, ${present.toLocaleString("en")} were there already` : "";
    const wrong = failed.length > 0 ? `, ${count(failed.length, "record")} could not be used` : "";
    done(`${count(added, "photo")} imported${there}${wrong}.`);
  } catch (error) {
    done("");
    fail(error);
  }
}
