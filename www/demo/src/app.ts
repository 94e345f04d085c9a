/** The page as a whole: what happens when a person does something, and what is then shown. */

import { Agff, type Hit, type IndexRecord, type LoadOptions } from "agff";
import { About, deviceLine, modelLine } from "./about";
import { allItems, hitItems, type PhotoItem, renderCard, withPicks } from "./card";
import { Details } from "./details";
import { button, byId } from "./dom";
import { Duplicates } from "./duplicates";
import { entrance } from "./entrance";
import { exchange } from "./exchange";
import type { Found as FoundFiles } from "./files";
import { count, short } from "./format";
import { Grid } from "./grid";
import { Libraries } from "./libraries";
import type { Library } from "./library";
import { PhotoMap } from "./map/map";
import { HAS_PHOTO, Model, type ModelState } from "./model";
import { announce, clearFailure, confirmed, fail, showProblems, sum } from "./notices";
import { workOffline } from "./offline";
import { IDLE } from "./intake";
import { showProgress } from "./progress";
import { isEmpty, notEnglish, NOTHING, parse, sameSearch, terms } from "./query";
import { modelOfLibrary } from "./renewal";
import { showHeading, shownHits } from "./results";
import { MORE_LIKE, SUGGESTIONS } from "./samples";
import { Searchbox } from "./searchbox";
import { type Found, Searcher } from "./searching";
import { onceAFrame } from "./signal";
import { themeButton } from "./theme";
import { Unfinished } from "./unfinished";
import { type ViewName, Views } from "./views";
import { Words } from "./words";

/** Milliseconds for which a note stays. */
const NOTE_TIME = 20_000;

export class App {
  private readonly libraries = new Libraries(fail);
  private readonly model: Model;
  /** Whether the model knows English only. */
  private english = false;
  private found: Found | undefined;
  /** Whether the hits that hardly show what was asked for are wanted as well. */
  private all = false;
  /** What the grid shows. */
  private shown: Found | undefined;
  private noted = 0;
  /** Why no photo can be taken in. */
  private trouble: unknown;
  /** The model that the libraries are open with, and their opening. */
  private opened: Agff | undefined;
  private opening: Promise<void> = Promise.resolve();
  private readonly redraw = onceAFrame(() => this.draw());

  private readonly grid = new Grid<PhotoItem>(byId("photos"), {
    label: "Photos",
    render: (cell, item) => renderCard(cell, item, this.library),
    open: (item) => this.details.show(item, this.library),
    pick: ({ record }) => record && this.words.pick(record.id),
    onKey: (event, item) => this.onKey(event, item),
  });

  private readonly details = new Details({
    like: (record) => this.like(record),
    unlike: (record) => this.unlike(record),
    remove: (record) => void this.remove([record.id]),
    pick: (record) => this.pickFromDetails(record),
    correct: (record, word) => void this.words.correct([record.id], word),
    isTaughtBy: (word, id) => this.words.isTaughtBy(word, id),
    step: (key, step) => this.grid.beside(key, step),
    asked: (hit) => this.asked(hit),
    closed: (key) => this.closed(key),
    showing: (key) => this.grid.mark(key),
  });

  private readonly map = new PhotoMap({
    open: (id) => this.openId(id),
    name: (id) => this.library.record(id)?.name ?? "",
  });

  private readonly duplicates = new Duplicates({
    open: (id) => this.openId(id),
    remove: (ids) => this.remove(ids),
  });

  private readonly searcher = new Searcher(
    () => this.library,
    (found) => this.answer(found),
    fail,
  );

  private readonly searchbox = new Searchbox({
    typing: (search) => this.searcher.soon(search),
    changed: (search) => void this.searcher.now(search),
    down: () => this.grid.focus(),
  });

  private readonly words = new Words(() => this.library, {
    search: (text) => this.searchbox.set({ ...NOTHING, text }),
    changed: () => void this.searcher.now(this.searchbox.search),
    remove: (ids) => this.remove(ids),
    picked: () => this.draw(),
  });

  private readonly unfinished = new Unfinished((found) => this.add(found), fail);

  private readonly views = new Views((view) => this.showView(view));

  constructor(private readonly address: URLSearchParams) {
    const text = (name: string) => address.get(name) ?? undefined;
    const fixed: Pick<LoadOptions, "device" | "limits"> = {};
    // What it is not is found when it is used.
    const device = text("device");
    if (device !== undefined) fixed.device = device as "auto";
    if (text("limits") === "guaranteed") fixed.limits = "guaranteed";
    this.model = new Model(fixed);
  }

  /** Whose photos are looked at. */
  private get library(): Library {
    return this.libraries.current.value;
  }

  start(): void {
    themeButton(byId("theme"));
    new About(this.model);
    entrance((found) => this.add(found), fail);
    exchange(this.libraries, (text) => this.note(text));
    this.listen();
    this.model.state.subscribe((state) => this.modelChanged(state));
    this.libraries.begin().catch(fail);
    void this.unfinished.offer();
    void this.model.start(this.address.get("model") || undefined, modelOfLibrary);
    const info = this.model.ready().then((agff) => agff.info);
    info.catch(() => {});
    void workOffline(info);
  }

  private listen(): void {
    const { own, samples, current } = this.libraries;
    for (const library of [own, samples]) {
      library.changed.subscribe(() => {
        if (library !== this.library) return;
        document.body.dataset["waiting"] = String(library.intake.pending.length);
        this.redraw();
        this.words.read().catch(fail);
        this.searcher.again(() => this.searchbox.search);
      });
      library.intake.stopped = fail;
      library.intake.work.subscribe(this.redraw);
    }
    own.intake.ended = (outcome) => this.note(sum(outcome));
    let busy = false;
    own.intake.work.subscribe((work) => {
      if (busy && !work.busy) this.unfinished.end();
      busy = work.busy;
    });
    current.subscribe(() => {
      this.details.close();
      this.found = undefined;
      this.words.pickNone();
      this.words.read().catch(fail);
      this.searchbox.set(NOTHING);
      this.showView(this.views.current);
    });
    byId("stop").addEventListener("click", () => {
      for (const library of [own, samples]) library.intake.cancel();
      announce("Cancelled. What was read already stays.");
    });
    byId("show-rest").addEventListener("click", () => {
      this.all = true;
      this.draw();
    });
    byId("problems-close").addEventListener("click", () => this.library.intake.dismissFailures());
    byId("failure-close").addEventListener("click", clearFailure);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.library.catchUp().catch(fail);
    });
    byId("clear").addEventListener("click", () => void this.clear());
    byId("take-photo").addEventListener("click", () => {
      byId("earlier-model").hidden = true;
      this.model.change({ kind: "default" }).catch(fail);
    });
    byId("earlier-stays").addEventListener("click", () => (byId("earlier-model").hidden = true));
    const menu = byId<HTMLDetailsElement>("menu");
    menu.addEventListener("click", (event) => {
      if (event.target instanceof HTMLButtonElement) menu.open = false;
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary")?.focus();
    });
    document.addEventListener("click", (event) => {
      if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
    });
    byId("suggestions").replaceChildren(
      ...SUGGESTIONS.map((text) => button(text, () => this.searchbox.set({ ...NOTHING, text }))),
      button(MORE_LIKE.label, () => {
        // It is not there before it was read.
        const record = this.library.records.find(({ name }) => name === MORE_LIKE.name);
        if (record) this.like(record);
      }),
    );
  }

  private modelChanged(state: ModelState): void {
    this.redraw();
    document.body.dataset["state"] = state.phase;
    this.trouble = state.phase === "failed" ? state.error : undefined;
    if (state.phase === "failed") {
      fail(state.error);
      byId("device").textContent = "The model could not be loaded.";
    }
    if (state.phase !== "ready") return;
    const { info } = state.agff;
    this.english = info.languages.length === 1 && info.languages[0] === "en";
    byId<HTMLInputElement>("query").placeholder =
      `Describe a photo${this.english ? " in English" : ""}`;
    byId("device").textContent = deviceLine(info);
    byId("model-line").textContent = `${modelLine(info)}.`;
    byId("untrained").hidden = info.trained;
    byId("knows").hidden = info.name !== "photo";
    byId("without-photo").hidden = HAS_PHOTO || this.model.choice.kind !== "default";
    byId("earlier-model").hidden = !this.model.earlier;
    this.openLibraries(state.agff).catch((error: unknown) => {
      this.trouble = error;
      this.redraw();
      fail(error);
    });
  }

  private openLibraries(agff: Agff): Promise<void> {
    const before = this.model.takeBefore();
    // One after the other, and not again for a model that stays because another could not be loaded.
    const open = this.opening.then(async () => {
      if (this.opened === agff) return;
      this.opened = agff;
      await this.open(agff, before);
    });
    this.opening = open.catch(() => {});
    return open;
  }

  private async open(agff: Agff, before: Agff | undefined): Promise<void> {
    document.body.dataset["libraries"] = "opening";
    await this.libraries.open(agff, before);
    this.showView(this.views.current);
    await this.searcher.now(this.searchbox.search);
    document.body.dataset["libraries"] = "open";
  }

  private add(found: FoundFiles): void {
    const { photos, others } = found;
    if (photos.length === 0) {
      const what =
        others > 0 ? `none of its ${count(others, "file")} is a photo by its name` : "it is empty";
      fail(new Error(`There is nothing to add: ${what}.`));
      return;
    }
    clearFailure();
    const { own } = this.libraries;
    this.libraries.show(own);
    this.views.show("grid");
    if (found.folder) this.unfinished.begin(found.folder);
    own.intake.add(found);
    if (this.trouble !== undefined) fail(this.trouble);
    else announce(`${count(photos.length, "photo")} to be read.`);
    // Only asks the person in some browsers, and there it is wanted now.
    void Agff.cache.persist();
  }

  private answer(found: Found | undefined): void {
    clearFailure();
    // The same search again, as photos came, is the same wish.
    if (!found || !this.found || !sameSearch(found.search, this.found.search)) this.all = false;
    this.found = found;
    const taught = found?.hits[0]?.taught;
    this.words.foundBy(taught);
    const strange = taught === undefined && notEnglish(found?.search.text ?? "");
    byId("english").hidden = !this.english || !strange;
    if (found && this.views.current === "duplicates") this.views.show("grid");
    this.draw();
    this.map.mark(
      found &&
        new Set(
          shownHits(found, false)
            .slice(0, 50)
            .map(({ id }) => id),
        ),
    );
  }

  private showView(view: ViewName): void {
    if (view === "map") void this.map.show(this.library);
    if (view === "duplicates") void this.duplicates.show(this.library);
    this.draw();
  }

  private draw(): void {
    const { library, found } = this;
    const { own, samples } = this.libraries;
    const { value: model } = this.model.state;
    const loading = model.phase === "loading" ? (model.progress ?? "begin") : undefined;
    const busy = [own, samples].find(({ intake }) => intake.work.value.busy) ?? library;
    // Without a model or an index they wait, and nothing moves.
    showProgress(loading, this.trouble === undefined ? busy.intake.work.value : IDLE);
    showProblems(library);
    byId("warnings").textContent = library.warnings.join(" ");
    byId("warnings").hidden = library.warnings.length === 0;
    byId("intro").hidden =
      library !== samples || own.size > 0 || found !== undefined || this.views.current !== "grid";
    showHeading(library, found, this.all);
    byId("photos").classList.toggle("ranked", found !== undefined);
    const items = found ? hitItems(library, shownHits(found, this.all)) : allItems(library);
    byId("photos").classList.toggle("picking", this.words.anyPicked);
    this.grid.show(
      withPicks(items, (id) => this.words.isPicked(id)),
      found !== this.shown,
    );
    this.shown = found;
    this.details.refresh(library);
    document.body.dataset["waiting"] = String(library.intake.pending.length);
    if (this.views.current === "map" && library.intake.pending.length === 0) {
      void this.map.show(library);
    }
  }

  private openId(id: string): void {
    const hits = this.found?.hits.findIndex((hit) => hit.id === id) ?? -1;
    const hit = this.found?.hits[hits];
    const record = hit ?? this.library.record(id);
    if (!record) return;
    const key = this.library.keyOf(id);
    const item = { key, name: record.name, record, ...(hit ? { hit, rank: hits + 1 } : {}) };
    this.details.show(item, this.library);
  }

  private like({ id, name }: IndexRecord): void {
    this.details.close();
    this.views.show("grid");
    this.searchbox.moreLike({ id, name });
    scrollTo({ top: 0 });
  }

  private unlike({ id, name }: IndexRecord): void {
    this.details.close();
    this.views.show("grid");
    this.searchbox.lessLike({ id, name });
  }

  /** Picks the photo that is shown large, and asks what it is called. */
  private pickFromDetails({ id }: IndexRecord): void {
    this.details.close();
    if (!this.words.isPicked(id)) this.words.pick(id);
    byId("call-word").focus();
  }

  private onKey(event: KeyboardEvent, { record }: PhotoItem): void {
    if (event.key === "x" && record && !event.ctrlKey) {
      event.preventDefault();
      this.words.pick(record.id);
    } else if (event.key === "Escape" && this.words.anyPicked) {
      this.words.pickNone();
    } else if (event.key === "Delete" && record) {
      event.preventDefault();
      void this.askAndRemove(record);
    } else if (event.key === "Escape" && this.details.current) {
      this.details.close();
    } else if (event.key === "Escape" && !isEmpty(this.searchbox.search)) {
      this.searchbox.set(NOTHING);
    }
  }

  private async askAndRemove({ id, name }: IndexRecord): Promise<void> {
    const question = `Take ${short(name)} out of ${this.library.title}? The file itself stays where it is.`;
    if (await confirmed(question, "Remove")) await this.remove([id]);
    this.grid.focus();
  }

  private async remove(ids: readonly string[]): Promise<void> {
    try {
      const next = this.details.current && this.grid.beside(this.details.current.key, 1);
      await this.library.remove(ids);
      this.searchbox.forget(ids);
      announce(`${count(ids.length, "photo")} removed.`);
      if (next && this.details.current) this.details.show(next, this.library);
      else this.details.close();
    } catch (error) {
      fail(error);
    }
  }

  private async clear(): Promise<void> {
    const { library } = this;
    const question = `Remove all ${count(library.size, "photo")} from ${library.title}? The files themselves stay where they are.`;
    if (!(await confirmed(question, "Remove all"))) return;
    try {
      this.details.close();
      await library.clear();
      this.searchbox.set(NOTHING);
    } catch (error) {
      fail(error);
    }
  }

  /** What was searched for, for the explanation of a hit. */
  private asked(hit: Hit | undefined): { query: string; others: number } {
    const search = this.found?.search ?? NOTHING;
    if (hit?.taught !== undefined) {
      return { query: `what you call “${short(hit.taught, 40)}”`, others: 0 };
    }
    const [like] = search.like;
    const { wanted } = parse(search.text);
    const query = wanted
      ? "your words"
      : like
        ? `the photo ${short(like.name, 40)}`
        : "your search";
    return { query, others: Math.max(0, terms(search, undefined).length - 1) };
  }

  private closed(key: string): void {
    if (this.views.current === "grid") this.grid.focus(key);
    else if (this.views.current === "map") byId("map-canvas").focus();
  }

  private note(text: string): void {
    byId("note").textContent = text;
    byId("note").hidden = text === "";
    clearTimeout(this.noted);
    this.noted = window.setTimeout(() => (byId("note").hidden = true), NOTE_TIME);
  }
}
