/**
 * What the person calls things: photos are picked, "call these …" teaches a word by them, and from then on the word
 * finds others. Taught words stand above the photos; each can be searched for, and forgotten.
 */

import type { TaughtWord } from "agff";
import { attributes, button, byId, make } from "./dom";
import { count, short } from "./format";
import type { Library } from "./library";
import { announce, clearFailure, confirmed, fail } from "./notices";

export interface WordsActions {
  /** Searches for a word. */
  search(word: string): void;
  /** What words mean has changed. */
  changed(): void;
  /** Takes photos out of the library. */
  remove(ids: readonly string[]): Promise<void>;
  /** The grid has to be drawn anew: other photos are picked. */
  picked(): void;
}

export class Words {
  /** Ids of the photos that are picked. */
  private picked = new Set<string>();
  private words: readonly TaughtWord[] = [];
  /** The taught word that the photos on the page were found by. */
  private found: string | undefined;
  /** What stands on the page, so that a chip with the focus is not made anew for nothing. */
  private shown = "[]";
  private readonly input = byId<HTMLInputElement>("call-word");

  constructor(
    private readonly library: () => Library,
    private readonly actions: WordsActions,
  ) {
    byId<HTMLFormElement>("picked").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.teach([...this.picked], this.input.value);
    });
    byId("picked-not").addEventListener("click", () => {
      if (this.found !== undefined) void this.correct([...this.picked], this.found);
    });
    byId("picked-remove").addEventListener("click", () => void this.remove());
    byId("picked-none").addEventListener("click", () => this.pickNone());
  }

  isPicked(id: string): boolean {
    return this.picked.has(id);
  }

  /** Picks a photo, or gives it up again. */
  pick(id: string): void {
    if (!this.library().owns(id)) return;
    if (!this.picked.delete(id)) this.picked.add(id);
    this.show();
    this.actions.picked();
  }

  pickNone(): void {
    if (this.picked.size === 0) return;
    this.picked.clear();
    this.show();
    this.actions.picked();
  }

  /** Whether a photo is one of those that taught a word. */
  isTaughtBy(word: string, id: string): boolean {
    return this.words.some((known) => known.word === word && known.photos.includes(id));
  }

  get anyPicked(): boolean {
    return this.picked.size > 0;
  }

  /** Says by which taught word the photos on the page were found, if by one. */
  foundBy(word: string | undefined): void {
    this.found = word;
    this.show();
  }

  /** Reads what there is anew, as photos came or went, or another library is looked at. */
  async read(): Promise<void> {
    const library = this.library();
    const words = (await library.index?.words()) ?? [];
    if (library !== this.library()) return;
    this.words = words;
    for (const id of this.picked) if (!library.owns(id)) this.picked.delete(id);
    this.show();
  }

  /** Teaches a word by photos. */
  async teach(ids: readonly string[], word: string): Promise<void> {
    const { index } = this.library();
    if (!index) return;
    try {
      const taught = await index.teach(word, ids);
      this.input.value = "";
      await this.told(`“${taught.word}” is known by ${count(taught.photos.length, "photo")} now.`);
      this.actions.search(taught.word);
    } catch (error) {
      fail(error);
    }
  }

  /** Says that photos do not show a word. */
  async correct(ids: readonly string[], word: string): Promise<void> {
    const { index } = this.library();
    if (!index) return;
    try {
      await index.correct(word, ids);
      await this.told(`${count(ids.length, "photo")} noted as not “${word}”.`);
    } catch (error) {
      fail(error);
    }
  }

  private async forget(word: string): Promise<void> {
    const question = `Forget what you call “${short(word, 40)}”? Photos stay as they are.`;
    if (!(await confirmed(question, "Forget"))) return;
    try {
      await this.library().index?.forget(word);
      await this.told(`“${word}” is forgotten.`);
    } catch (error) {
      fail(error);
    }
  }

  private async remove(): Promise<void> {
    const ids = [...this.picked];
    const question = `Take ${count(ids.length, "photo")} out of ${this.library().title}? The files themselves stay where they are.`;
    if (!(await confirmed(question, "Remove"))) return;
    await this.actions.remove(ids);
    this.pickNone();
  }

  /** Something was said to the index: shows it, and searches anew. */
  private async told(text: string): Promise<void> {
    clearFailure();
    this.picked.clear();
    announce(text);
    await this.read();
    this.actions.picked();
    this.actions.changed();
  }

  private show(): void {
    const { words, picked, found } = this;
    const now = JSON.stringify(words);
    if (now !== this.shown) {
      this.shown = now;
      byId("words").hidden = words.length === 0;
      byId("word-list").replaceChildren(...words.map((word) => this.chip(word)));
      byId("known-words").replaceChildren(
        ...words.map(({ word }) => make("option", { value: word })),
      );
    }
    const bar = byId("picked");
    const opening = bar.hidden && picked.size > 0;
    bar.hidden = picked.size === 0;
    byId("picked-count").textContent = `${count(picked.size, "photo")} picked`;
    const not = byId("picked-not");
    not.hidden = found === undefined;
    not.textContent = found === undefined ? "" : `Not “${short(found, 30)}”`;
    if (opening)
      announce("A photo is picked. At the end of the page you can say what you call it.");
  }

  private chip({ word, photos, not }: TaughtWord): HTMLElement {
    const name = short(word, 40);
    const without = not.length > 0 ? `, not by ${not.length}` : "";
    const search = button(name, () => this.actions.search(word), {
      className: "word",
      title: `Known by ${count(photos.length, "photo")}${without}; search for it`,
    });
    search.append(make("span", { className: "number" }, String(photos.length)));
    const away = button("✕", () => void this.forget(word), { className: "away" });
    attributes(away, { "aria-label": `Forget ${name}` });
    return make("li", {}, search, away);
  }
}
