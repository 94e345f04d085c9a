/** What has to be said: failures, photos that could not be used, and news for screen readers. */

import { AgffError } from "agff";
import { button, byId, make } from "./dom";
import { count } from "./format";
import type { Outcome } from "./intake";
import type { Library } from "./library";

/** Says something to screen readers, without showing it. */
export function announce(text: string): void {
  const live = byId("live");
  if (live.textContent !== text) live.textContent = text;
}

/** A failure in words, with its code. */
export function inWords(error: unknown): string {
  const known = error instanceof AgffError ? error : undefined;
  const subject = known?.subject ? `${known.subject}: ` : "";
  const message = error instanceof Error ? error.message : String(error);
  return `${subject}${message}${known ? ` [${known.code}]` : ""}`;
}

/** Shows a failure until the next thing works. An abort is no failure. */
export function fail(error: unknown): void {
  if (error instanceof AgffError && error.code === "aborted") return;
  if (error instanceof DOMException && error.name === "AbortError") return;
  byId("failure-text").textContent = inWords(error);
  byId("failure").hidden = false;
}

export function clearFailure(): void {
  byId("failure").hidden = true;
}

/** The photos that could not be used, each with what is wrong and what to do. */
export function showProblems({ intake }: Library): void {
  const { failures, leftOut } = intake;
  // Whoever is reading the list keeps their place in it.
  const state = `${failures.length} ${failures.at(-1)?.name} ${leftOut}`;
  if (state === shownProblems) return;
  shownProblems = state;
  const items = failures
    .slice(-MOST)
    .map(({ name, error }) =>
      make("li", {}, make("strong", {}, name), ` ${error.message} `, make("code", {}, error.code)),
    );
  if (failures.length > MOST)
    items.unshift(make("li", {}, `and ${failures.length - MOST} before these`));
  if (leftOut > 0) {
    items.push(make("li", {}, `${count(leftOut, "file")} left out: not photos by name`));
  }
  byId("problems").hidden = items.length === 0;
  byId("problems-title").textContent =
    failures.length > 0 ? `${count(failures.length, "photo")} could not be used` : "Left out";
  byId("problem-list").replaceChildren(...items);
}

/** What became of photos that were added: `40 photos read, 3 known already, 1 could not be used`. */
export function sum({ added, present, failed, leftOut }: Outcome): string {
  const parts = [
    count(added, "photo") + " read",
    present > 0 && `${present.toLocaleString("en")} known already`,
    failed > 0 && `${failed.toLocaleString("en")} could not be used`,
    leftOut > 0 && `${count(leftOut, "file")} left out`,
  ];
  return `${parts.filter(Boolean).join(", ")}.`;
}

let shownProblems = "";

/** Failures that are listed one by one. */
const MOST = 100;

/** Asks before something that cannot be undone. */
export function confirmed(question: string, yes: string): Promise<boolean> {
  const dialog = make("dialog", { className: "ask" });
  return new Promise((resolve) => {
    const answer = (value: boolean) => {
      resolve(value);
      dialog.close();
    };
    dialog.append(
      make("p", {}, question),
      make(
        "p",
        { className: "actions" },
        button("Cancel", () => answer(false)),
        button(yes, () => answer(true), { className: "main" }),
      ),
    );
    dialog.addEventListener("close", () => {
      resolve(false);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
