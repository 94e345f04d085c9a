/**
 * One photo, large, with what is known of it and what can be done with it. Beside the grid where there is
 * room, and over the page where there is not.
 */

import type { Hit, IndexRecord } from "agff";
import { attributes, button, byId, make, showBlob } from "./dom";
import { bytes, date, short } from "./format";
import type { PhotoItem } from "./card";
import { explanation } from "./explain";
import type { Library } from "./library";
import { markRegion } from "./region";

export interface DetailsActions {
  like(record: IndexRecord): void;
  unlike(record: IndexRecord): void;
  remove(record: IndexRecord): void;
  /** Picks a photo, or gives it up. */
  pick(record: IndexRecord): void;
  /** Says that a photo does not show a taught word. */
  correct(record: IndexRecord, word: string): void;
  /** Whether a photo is one of those that taught a word. */
  isTaughtBy(word: string, id: string): boolean;
  /** The photo before or after this one. */
  step(key: string, step: 1 | -1): PhotoItem | undefined;
  /** Whether the search, which `hit` answers, is still the one on the page; what it was, in words. */
  asked(hit: Hit | undefined): { query: string; others: number };
  closed(key: string): void;
  /** Which photo is shown now, by its key. */
  showing(key: string | undefined): void;
}

/** As in the style sheet: from this width on it stands beside the grid. */
const BESIDE = matchMedia("(min-width: 60rem)");

export class Details {
  private readonly dialog = byId<HTMLDialogElement>("details");
  private shown: PhotoItem | undefined;
  /** Closings that are only there to open it in another manner. */
  private passing = 0;

  constructor(private readonly actions: DetailsActions) {
    const { dialog } = this;
    dialog.addEventListener("close", () => {
      if (this.passing > 0) return void this.passing--;
      const key = this.shown?.key;
      this.shown = undefined;
      document.body.classList.remove("beside");
      actions.showing(undefined);
      if (key !== undefined) actions.closed(key);
    });
    dialog.addEventListener("keydown", (event) => this.onKey(event));
    // A click on the backdrop is one on the dialog itself.
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog && dialog.matches(":modal")) dialog.close();
    });
    BESIDE.addEventListener("change", () => {
      if (this.shown) this.reopen();
    });
  }

  /** The photo that is shown. */
  get current(): PhotoItem | undefined {
    return this.shown;
  }

  show(item: PhotoItem, library: Library): void {
    this.shown = item;
    this.fill(item, library);
    this.actions.showing(item.key);
    if (!this.dialog.open) this.reopen();
  }

  /** Shows a photo anew that has been stored since. */
  refresh(library: Library): void {
    const { shown } = this;
    if (!shown?.pending) return;
    const record = library.records.find(({ id }) => library.keyOf(id) === shown.key);
    if (record) this.show({ key: shown.key, name: record.name, record }, library);
  }

  close(): void {
    if (this.dialog.open) this.dialog.close();
  }

  private reopen(): void {
    const { dialog } = this;
    if (dialog.open) {
      this.passing++;
      dialog.close();
    }
    document.body.classList.toggle("beside", BESIDE.matches);
    if (BESIDE.matches) dialog.show();
    else dialog.showModal();
    dialog.scrollTop = 0;
  }

  private fill(item: PhotoItem, library: Library): void {
    const { record, hit, pending, name } = item;
    const image = make("img", { alt: name, className: "large", decoding: "async" });
    const note = make("p", { className: "quiet" });
    const frame = make("div", { className: "large-frame" }, image);
    if (pending) showBlob(image, pending.source.file);
    else if (record) void showBest(image, note, record, library);
    markRegion(frame, hit, "contain");

    const title = make("h2", { id: "details-name" }, name);
    const { query, others } = this.actions.asked(hit);
    this.dialog.replaceChildren(
      make(
        "div",
        { className: "details-head" },
        this.stepper(item, library, -1),
        this.stepper(item, library, 1),
        title,
        button("✕", () => this.close(), {
          className: "icon",
          title: "Close (Escape)",
          ariaLabel: "Close",
        }),
      ),
      frame,
      note,
      ...(record ? [this.doings(record, hit?.taught)] : [make("p", {}, "Waiting to be read…")]),
      ...(hit?.taught !== undefined && this.actions.isTaughtBy(hit.taught, hit.id)
        ? [make("p", { className: "told" }, `You called this “${hit.taught}” yourself.`)]
        : []),
      ...(hit ? [explanation(hit, query, others)] : []),
      ...(record ? [facts(record)] : []),
    );
    attributes(this.dialog, { "aria-labelledby": "details-name" });
  }

  private doings(record: IndexRecord, taught: string | undefined): HTMLElement {
    const { like, unlike, remove, pick, correct } = this.actions;
    const not =
      taught === undefined
        ? undefined
        : button(`Not “${short(taught, 30)}”`, () => correct(record, taught), {
            title: "This photo is something else; the search goes by that from now on",
          });
    return make(
      "p",
      { className: "actions" },
      button("More like this", () => like(record), { className: "main" }),
      button("Less like this", () => unlike(record)),
      not,
      button("Call it…", () => pick(record), {
        title: "Say what you call this, and find more of it",
      }),
      button("Remove", () => remove(record), {
        title: "Take it out of this library; the file itself stays where it is",
      }),
    );
  }

  private stepper(item: PhotoItem, library: Library, step: 1 | -1): HTMLElement {
    const [text, name] = step < 0 ? ["‹", "Photo before"] : ["›", "Next photo"];
    const to = this.actions.step(item.key, step);
    const go = () => {
      if (!to) return;
      this.show(to, library);
      // The button that had the focus is gone.
      this.dialog.querySelector<HTMLElement>(`[aria-label="${name}"]`)?.focus();
    };
    return button(text, go, { className: "icon", title: name, ariaLabel: name, disabled: !to });
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key === "Escape") {
      event.preventDefault();
      this.close();
      return;
    }
    const step = { ArrowLeft: "Photo before", ArrowRight: "Next photo" }[event.key];
    if (step) this.dialog.querySelector<HTMLElement>(`[aria-label="${step}"]`)?.click();
  }
}

/** The photo itself where it can be read, and else the small picture that the library keeps. */
async function showBest(
  image: HTMLImageElement,
  note: HTMLElement,
  record: IndexRecord,
  library: Library,
): Promise<void> {
  const small = await library.thumbnail(record.id).catch(() => undefined);
  if (small) showBlob(image, small);
  const original = await library.original(record.id);
  if (original) {
    // What is larger than a browser shows stays small.
    const probe = make("img");
    probe.addEventListener("load", () => showBlob(image, original), { once: true });
    showBlob(probe, original);
  } else {
    note.textContent = small
      ? "A small picture is kept here; the photo itself is where you took it from."
      : "This library has no picture of it, only what is needed to find it.";
  }
  if (!small && !original) image.hidden = true;
}

function facts(record: IndexRecord): HTMLElement {
  const { width, height, taken, added, path, decode } = record;
  const list = make("dl", { className: "facts" });
  const fact = (name: string, value: string | undefined) => {
    if (value) list.append(make("dt", {}, name), make("dd", {}, value));
  };
  fact("Size", width && height ? `${width} × ${height} pixels` : undefined);
  fact("File", record.bytes === undefined ? undefined : bytes(record.bytes));
  fact("Date", taken && date(taken));
  fact("Added", date(added));
  fact("Where", path);
  if (decode === "browser")
    fact("Read by", "this browser (others may read it a little differently)");
  return list;
}
