/** Photos that are nearly the same, in groups, and what of them can go. */

import type { IndexRecord } from "agff";
import { button, byId, make } from "./dom";
import { bytes, count } from "./format";
import { type Group, groups } from "./groups";
import type { Library } from "./library";
import { fail } from "./notices";
import { showThumbnail } from "./thumbnails";

export interface DuplicateActions {
  open(id: string): void;
  remove(ids: readonly string[]): Promise<void>;
}

/** A cosine of equal vectors, as far as rounding lets it be 1. */
const EQUAL = 0.999999;

/** Groups that are shown; who has more removes some first. */
const MOST = 100;

export class Duplicates {
  private readonly slider = byId<HTMLInputElement>("threshold");
  private working: AbortController | undefined;
  private library: Library | undefined;

  constructor(private readonly actions: DuplicateActions) {
    this.slider.addEventListener("input", () => this.label());
    this.slider.addEventListener("change", () => {
      if (this.library) void this.show(this.library);
    });
    this.label();
  }

  async show(library: Library): Promise<void> {
    this.library = library;
    const { index } = library;
    if (!index) return;
    this.working?.abort();
    const working = (this.working = new AbortController());
    const { signal } = working;
    const status = byId("duplicates-status");
    status.textContent = "Comparing…";
    try {
      const threshold = Math.min(EQUAL, Number(this.slider.value) / 100);
      const pairs = await index.duplicates({ threshold, signal });
      if (signal.aborted) return;
      const all = groups(pairs);
      status.textContent =
        all.length === 0
          ? "No two photos are this much alike."
          : `${count(all.length, "group")} of photos that are at least this much alike.` +
            (all.length > MOST ? ` The first ${MOST} are shown.` : "");
      byId("duplicate-list").replaceChildren(
        ...all.slice(0, MOST).map((group) => this.group(group, library)),
      );
    } catch (error) {
      if (!signal.aborted) fail(error);
    }
  }

  private group({ ids, least }: Group, library: Library): HTMLElement {
    const records = ids
      .flatMap((id) => library.record(id) ?? [])
      .sort((a, b) => pixels(b) - pixels(a) || a.added.getTime() - b.added.getTime());
    const photos = records.map((record) => this.photo(record, library));
    const others = records.slice(1).map(({ id }) => id);
    return make(
      "li",
      { className: "group" },
      make(
        "div",
        { className: "group-head" },
        make(
          "span",
          {},
          `${count(records.length, "photo")}, at least ${(100 * least).toFixed(1)} % alike`,
        ),
        button("Keep the largest only", () => void this.remove(others, library)),
      ),
      make("ul", { className: "group-photos" }, ...photos),
    );
  }

  private photo(record: IndexRecord, library: Library): HTMLElement {
    const { id, name, width, height } = record;
    const image = make("img", { alt: "", decoding: "async" });
    const open = button("", () => this.actions.open(id), {
      className: "picture",
      ariaLabel: `Open ${name}`,
    });
    open.append(image);
    showThumbnail(
      image,
      () => library.thumbnail(id),
      () => image.remove(),
    );
    const size = [
      width && height ? `${width} × ${height}` : "",
      record.bytes === undefined ? "" : bytes(record.bytes),
    ];
    return make(
      "li",
      {},
      open,
      make("span", { className: "name", title: name }, name),
      make("span", { className: "quiet" }, size.filter(Boolean).join(", ")),
      button("Remove", () => void this.remove([id], library), { ariaLabel: `Remove ${name}` }),
    );
  }

  private async remove(ids: readonly string[], library: Library): Promise<void> {
    try {
      await this.actions.remove(ids);
      await this.show(library);
      byId("duplicates-status").focus();
    } catch (error) {
      fail(error);
    }
  }

  private label(): void {
    const text = `${Number(this.slider.value).toFixed(1)} %`;
    byId("threshold-value").textContent = text;
    this.slider.setAttribute("aria-valuetext", `at least ${text} alike`);
  }
}

function pixels({ width = 0, height = 0 }: IndexRecord): number {
  return width * height;
}
