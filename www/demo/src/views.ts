/** Which of the three ways to look at a library is on the page. */

import { byId } from "./dom";

export type ViewName = "grid" | "map" | "duplicates";
const VIEWS: readonly ViewName[] = ["grid", "map", "duplicates"];

export class Views {
  current: ViewName = "grid";

  /** @param changed is called after another view was chosen */
  constructor(private readonly changed: (view: ViewName) => void) {
    for (const view of VIEWS) {
      byId(`as-${view}`).addEventListener("click", () => this.show(view));
    }
  }

  show(view: ViewName): void {
    this.current = view;
    for (const one of VIEWS) {
      byId(`view-${one}`).hidden = one !== view;
      byId(`as-${one}`).setAttribute("aria-pressed", String(one === view));
    }
    document.body.dataset["view"] = view;
    this.changed(view);
  }
}
