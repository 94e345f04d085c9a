/**
 * Libraries and models. Vectors of two models cannot be compared, so each model has a library of its own,
 * named by the model's fingerprint. When another model comes, the photos of the library before are read
 * again with it, if the person wants that; nothing is thrown away without being asked for.
 */

import { Agff, type IndexInfo, type IndexRecord } from "agff";
import { byId } from "./dom";
import type { Source } from "./files";
import { count } from "./format";
import type { Library } from "./library";
import { confirmed, fail } from "./notices";
import type { Originals } from "./originals";

/** What the names of the indexes begin with. */
const OWN = "photos ";
const SAMPLES = "samples ";

/** The indexes of a model. */
export function namesFor(agff: Agff): { own: string; samples: string } {
  const model = agff.info.fingerprint.slice(0, 16);
  return { own: OWN + model, samples: SAMPLES + model };
}

/** The person's libraries with something in them, and whether there are samples. */
export async function found(): Promise<{ own: IndexInfo[]; samples: IndexInfo[] }> {
  // Some older browsers cannot tell; then there is only what belongs to the model at hand.
  const listed = await Agff.indexes.list().catch(() => []);
  const all = listed.filter(({ size }) => size > 0);
  const beginning = (prefix: string) => all.filter(({ name }) => name.startsWith(prefix));
  return { own: beginning(OWN), samples: beginning(SAMPLES) };
}

/** The model that the person's photos were read with: that of the largest library. */
export async function modelOfLibrary(): Promise<string | undefined> {
  const { own } = await found();
  return own.sort((a, b) => b.size - a.size)[0]?.model;
}

/** Throws samples away that another model has read: they are at hand again at any time. */
export async function dropOldSamples(current: string): Promise<void> {
  for (const { name } of (await found()).samples) {
    if (name !== current) await Agff.indexes.delete(name);
  }
}

export class Renewal {
  private older: IndexInfo | undefined;
  /** Photos of the older library that are not in the one at hand. */
  private missing = 0;
  private asked = false;

  constructor(
    private readonly library: Library,
    private readonly originals: Originals,
  ) {
    byId("renew-now").addEventListener("click", () => void this.readAgain().catch(fail));
    byId("renew-later").addEventListener("click", () => {
      this.asked = true;
      byId("renew").hidden = true;
    });
    byId("renew-delete").addEventListener("click", () => void this.forget().catch(fail));
  }

  /** Looks whether there is a library of another model, and offers what can be done with it. */
  async look(current: string): Promise<void> {
    const { own } = await found();
    const others = own.filter(({ name }) => name !== current);
    this.older = others.sort((a, b) => b.size - a.size)[0];
    this.missing = this.older ? await this.count(this.older) : 0;
    this.show();
  }

  private show(): void {
    const { older, missing, asked } = this;
    byId("renew").hidden = !older || asked;
    if (!older) return;
    const by = this.library.answeredBy;
    const answering = by === undefined ? "" : ` Until then ${by} goes on answering.`;
    byId("renew-text").textContent =
      missing > 0
        ? `${count(missing, "photo")} of your library ${missing === 1 ? "was" : "were"} read with another model (${older.model}). ` +
          `To be found with this one they have to be read again.${answering}`
        : `Your ${count(older.size, "photo")} are in the library of this model. ` +
          `What the model before (${older.model}) made of them is still kept.`;
    byId("renew-now").hidden = missing === 0;
    byId("renew-delete").hidden = missing > 0;
  }

  private async count(older: IndexInfo): Promise<number> {
    const there = this.library.present();
    let missing = 0;
    for await (const { record } of Agff.indexes.photos(older.name)) if (!there(record)) missing++;
    return missing;
  }

  private async readAgain(): Promise<void> {
    const { older, library } = this;
    if (!older) return;
    byId("renew").hidden = true;
    const wanted = [];
    const there = this.library.present();
    for await (const photo of Agff.indexes.photos(older.name)) {
      if (!there(photo.record)) wanted.push(photo);
    }
    await this.originals.ask(wanted.map(({ record }) => record.id));
    const sources: Source[] = [];
    let [small, none] = [0, 0];
    for (const { record, thumbnail } of wanted) {
      const original = await this.originals.read(record.id);
      if (!original && !thumbnail) none++;
      else if (!original) small++;
      const image = original ?? thumbnail;
      if (image) sources.push(sourceOf(record, image));
    }
    if (!(await this.agreed(small, none))) return this.show();
    library.intake.add({ photos: sources, others: 0 });
    const end = library.intake.work.subscribe(({ busy }) => {
      if (busy || library.intake.pending.length > 0) return;
      queueMicrotask(() => end());
      if (library.index) void this.look(library.index.name).catch(fail);
    });
  }

  private async agreed(small: number, none: number): Promise<boolean> {
    if (small + none === 0) return true;
    const parts = [
      small > 0
        ? `${count(small, "photo")} can only be read from the small pictures that are kept here, which finds a little less. ` +
          "Add the folder again instead if you have it at hand."
        : "",
      none > 0 ? `${count(none, "photo")} can not be read again: there is no picture here.` : "",
    ];
    return confirmed(parts.filter(Boolean).join(" "), "Read them");
  }

  private async forget(): Promise<void> {
    const { older, library } = this;
    if (!older) return;
    const question = `Delete what the model before made of ${count(older.size, "photo")}? The photos stay in this library, and their files where they are.`;
    if (!(await confirmed(question, "Delete"))) return;
    await Agff.indexes.delete(older.name);
    if (library.index) await this.look(library.index.name);
  }
}

function sourceOf({ name, path, taken }: IndexRecord, image: Blob): Source {
  const lastModified = taken?.getTime() ?? 0;
  const file = new File([image], name, { type: image.type, lastModified });
  return { file, ...(path === undefined ? {} : { path }) };
}
