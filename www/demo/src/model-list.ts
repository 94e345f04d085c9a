/** Other models: a list of known ones, any name or address, and a folder; what one takes is said before it is fetched. */

import { Agff, type CheckpointOptions, type ModelPlan } from "agff";
import { button, byId, make } from "./dom";
import { bytes } from "./format";
import { HAS_PHOTO, type Choice } from "./model";
import { KNOWN, type KnownModel } from "./known-models";
import { inWords } from "./notices";

/** What is asked for: a source for the library, and what is remembered of it. */
export interface Wanted {
  choice: Choice;
  source: string;
  options: CheckpointOptions;
}

export class ModelList {
  private asking: AbortController | undefined;

  /** @param take goes over to a model; it fails with what is to be shown */
  constructor(private readonly take: (wanted: Wanted) => Promise<void>) {
    const models = KNOWN.filter((model) => !model.built_in || HAS_PHOTO);
    byId("known-models").replaceChildren(...models.map((model) => this.entry(model)));
    byId<HTMLFormElement>("model-address").addEventListener("submit", (event) => {
      event.preventDefault();
      const text = byId<HTMLInputElement>("model-url").value.trim();
      const dtype = byId<HTMLSelectElement>("model-dtype").value as KnownModel["dtype"];
      try {
        if (text) void this.look(wantedOf(text, dtype));
      } catch {
        byId("model-error").textContent = "This is neither a name nor an address.";
      }
    });
    byId("plan-cancel").addEventListener("click", () => this.forget());
  }

  /** Takes the question back. */
  forget(): void {
    this.asking?.abort();
    byId("model-plan").hidden = true;
    byId("model-error").textContent = "";
  }

  private entry(model: KnownModel): HTMLElement {
    const { title, good_at, languages, licence, kept, weights } = model;
    const size = `${weights} million weights, ${bytes(kept * 1e6)} kept`;
    const wanted: Wanted = model.built_in
      ? { choice: { kind: "default" }, source: "", options: {} }
      : ofHub(model.name, model.dtype, model.regions);
    const go = () => void (model.built_in ? this.now(wanted) : this.look(wanted));
    return make(
      "li",
      {},
      make("strong", {}, title),
      make("span", { className: "good-at" }, `finds ${good_at}`),
      make(
        "span",
        { className: "quiet" },
        `${languages === "many" ? "many languages" : languages} · ${size} · ${licence}`,
      ),
      button("Take", go, { ariaLabel: `Take ${title}` }),
    );
  }

  /** Asks what a model takes, and shows that with the button that takes it. */
  private async look(wanted: Wanted): Promise<void> {
    this.forget();
    const { signal } = (this.asking = new AbortController());
    const text = byId("plan-text");
    byId("model-plan").hidden = false;
    byId("plan-take").hidden = true;
    text.textContent = `Asking what ${wanted.source} takes…`;
    try {
      const plan = await Agff.plan(wanted.source, { ...wanted.options, signal });
      if (signal.aborted) return;
      text.textContent = inSentence(plan);
      const take = button(`Load, ${bytes(plan.download)}`, () => void this.now(wanted), {
        id: "plan-take",
        className: "main",
        disabled: !plan.fits,
      });
      byId("plan-take").replaceWith(take);
      if (plan.fits) take.focus();
    } catch (error) {
      if (signal.aborted) return;
      byId("model-plan").hidden = true;
      byId("model-error").textContent = inWords(error);
    }
  }

  private async now(wanted: Wanted): Promise<void> {
    this.forget();
    await this.take(wanted);
  }
}

/** What a name or an address means. */
function wantedOf(text: string, dtype: KnownModel["dtype"]): Wanted {
  const known = KNOWN.find(({ name, built_in }) => name === text && !built_in);
  if (/^[\w][\w.-]*\/[\w.-]+(@[\w./-]+)?$/.test(text)) return ofHub(text, dtype, known?.regions);
  const url = new URL(text, document.baseURI).href;
  return { choice: { kind: "address", url: text, dtype }, source: url, options: { dtype } };
}

function ofHub(name: string, dtype: KnownModel["dtype"], regions: number | undefined): Wanted {
  const options = { dtype, ...(regions === undefined ? {} : { regions }) };
  return { choice: { kind: "hub", name, ...options }, source: name, options };
}

function inSentence({ download, device, reason, package: kept, ...plan }: ModelPlan): string {
  const there =
    `${plan.name}: ${bytes(download)} to fetch, ${bytes(kept)} to keep in this browser, ` +
    `${bytes(device)} on the device.`;
  return reason ? `${there} It does not fit: ${reason}.` : there;
}
