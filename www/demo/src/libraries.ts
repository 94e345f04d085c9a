/** The two libraries, the person's own and the samples, and which one is looked at. */

import type { Agff } from "agff";
import { byId } from "./dom";
import { Library } from "./library";
import { Originals } from "./originals";
import { dropOldSamples, found, namesFor, Renewal } from "./renewal";
import { fetchSamples, hideSamples, samplesHidden } from "./samples";
import { Signal } from "./signal";

export class Libraries {
  private readonly originals = new Originals();
  readonly own = new Library("your photos", this.originals);
  readonly samples = new Library("the samples", new Originals());
  private readonly renewal = new Renewal(this.own, this.originals);
  readonly current: Signal<Library>;
  /** Whether the samples are being fetched. */
  private fetching = false;

  constructor(private readonly fail: (error: unknown) => void) {
    this.current = new Signal(samplesHidden() ? this.own : this.samples);
    byId("show-photos-own").addEventListener("click", () => this.show(this.own));
    byId("show-samples").addEventListener("click", () => this.show(this.samples));
    byId("hide-samples").addEventListener("click", () => this.hide(true));
    byId("unhide-samples").addEventListener("click", () => this.hide(false));
    for (const library of [this.own, this.samples]) library.changed.subscribe(() => this.label());
    this.current.subscribe(() => this.label());
  }

  /** Shows what there is while the model is on its way: own photos if there are any, and else the samples. */
  async begin(): Promise<void> {
    const { own, samples } = await found();
    this.own.kept = own.length > 0;
    if (own.length > 0 || samplesHidden()) this.show(this.own);
    else if (samples.length === 0) await this.addSamples();
  }

  /** Opens both with a model; that before it answers until its photos are read again. */
  async open(agff: Agff, before: Agff | undefined): Promise<void> {
    const names = namesFor(agff);
    await this.own.forgetElder();
    await this.own.open(agff, names.own);
    if (before) await this.answerWith(before, names.own);
    await dropOldSamples(names.samples);
    await this.samples.open(agff, names.samples);
    if (this.current.value === this.samples) await this.addSamples();
    await this.renewal.look(names.own);
  }

  /** Lets the model before answer, if it has photos that this one has not. */
  private async answerWith(before: Agff, current: string): Promise<void> {
    try {
      const elder = namesFor(before).own;
      const { own } = await found();
      if (elder !== current && own.some(({ name }) => name === elder)) {
        return await this.own.answerWith(before, elder);
      }
    } catch (error) {
      // Without it all else goes on.
      this.fail(error);
    }
    await before.dispose();
  }

  show(library: Library): void {
    if (library === this.samples && this.samples.index) void this.addSamples();
    if (library !== this.current.value) this.current.value = library;
  }

  /** Fetches the samples, unless they are there. */
  async addSamples(): Promise<void> {
    if (this.fetching || this.samples.size > 0 || samplesHidden()) return;
    this.fetching = true;
    try {
      this.samples.intake.add(await fetchSamples());
    } catch (error) {
      this.fail(error);
    } finally {
      this.fetching = false;
    }
  }

  private hide(hide: boolean): void {
    hideSamples(hide);
    this.show(hide ? this.own : this.samples);
    this.label();
  }

  private label(): void {
    const current = this.current.value;
    const hidden = samplesHidden();
    const counts = { own: this.own.size, samples: this.samples.size };
    for (const [name, size] of Object.entries(counts)) {
      byId(`count-${name}`).textContent = size > 0 ? size.toLocaleString("en") : "";
    }
    byId("show-photos-own").setAttribute("aria-pressed", String(current === this.own));
    byId("show-samples").setAttribute("aria-pressed", String(current === this.samples));
    byId("show-samples").hidden = hidden;
    byId("hide-samples").hidden = hidden;
    byId("unhide-samples").hidden = !hidden;
    document.body.dataset["library"] = current === this.own ? "own" : "samples";
  }
}
