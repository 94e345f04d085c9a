/** The search as it is being put together: the words in the box, and the photos beside them. */

import { attributes, button, byId, make } from "./dom";
import { short } from "./format";
import { type Example, NOTHING, type Search } from "./query";

export interface SearchboxActions {
  /** The words are being typed. */
  typing(search: Search): void;
  /** Something else has changed, or Enter was hit. */
  changed(search: Search): void;
  /** To the results. */
  down(): void;
}

export class Searchbox {
  private readonly input = byId<HTMLInputElement>("query");
  private like: readonly Example[] = [];
  private unlike: readonly Example[] = [];

  constructor(private readonly actions: SearchboxActions) {
    const { input } = this;
    input.addEventListener("input", () => actions.typing(this.search));
    byId<HTMLFormElement>("search").addEventListener("submit", (event) => {
      event.preventDefault();
      actions.changed(this.search);
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") {
        event.preventDefault();
        actions.down();
      } else if (event.key === "Escape") {
        event.preventDefault();
        this.set(NOTHING);
      }
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target instanceof Element && event.target.matches("input, textarea");
      if (event.key !== "/" || typing || document.querySelector("dialog:modal")) return;
      event.preventDefault();
      input.focus();
      input.select();
    });
  }

  get search(): Search {
    return { text: this.input.value, like: this.like, unlike: this.unlike };
  }

  /** Takes another search. */
  set({ text, like, unlike }: Search): void {
    this.input.value = text;
    this.like = like;
    this.unlike = unlike;
    this.showTerms();
    this.actions.changed(this.search);
  }

  /** Searches for what is like a photo, and for nothing else; what is not wanted stays. */
  moreLike(example: Example): void {
    const unlike = this.unlike.filter(({ id }) => id !== example.id);
    this.set({ text: "", like: [example], unlike });
  }

  /** Adds a photo that is not wanted. */
  lessLike(example: Example): void {
    const others = (list: readonly Example[]) => list.filter(({ id }) => id !== example.id);
    const unlike = [...others(this.unlike), example];
    this.set({ ...this.search, like: others(this.like), unlike });
  }

  /** Forgets photos that are gone. */
  forget(ids: readonly string[]): void {
    const stay = ({ id }: Example) => !ids.includes(id);
    if (this.like.every(stay) && this.unlike.every(stay)) return;
    const { text, like, unlike } = this.search;
    this.set({ text, like: like.filter(stay), unlike: unlike.filter(stay) });
  }

  private showTerms(): void {
    const list = byId("terms");
    list.replaceChildren(
      ...this.like.map((example) => this.term(example, "like")),
      ...this.unlike.map((example) => this.term(example, "not like")),
    );
    list.hidden = list.childElementCount === 0;
  }

  private term(example: Example, how: string): HTMLElement {
    const text = `${how} ${short(example.name, 40)}`;
    const away = button("✕", () => this.forget([example.id]), { className: "away" });
    attributes(away, { "aria-label": `Do not search ${text}` });
    return make("li", { className: how === "like" ? "like" : "unlike" }, text, away);
  }
}
