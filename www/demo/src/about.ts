/** What the page says of its model and device, and where another model is taken. */

import { Agff, AgffError, type LoadProgress, type ModelInfo } from "agff";
import { button, byId, make } from "./dom";
import { bytes, count } from "./format";
import type { Choice, Model } from "./model";
import { folderOf, release } from "./model-folder";
import { ModelList } from "./model-list";
import { inWords } from "./notices";

/** One line: where it runs, and why there. */
export function deviceLine({ device }: ModelInfo): string {
  const name = device.name ? ` (${device.name})` : "";
  const why = device.reason ? `, because ${device.reason}` : "";
  return `Running on the ${device.kind.toUpperCase()}${name}${why}.`;
}

/** How many threads compute, and why not more. */
function threadsLine({ count: threads, shared, reason }: ModelInfo["device"]["threads"]): string {
  const each = threads === 1 ? "" : shared ? ", which share the model" : ", each with a copy";
  return `${threads}${each}${reason ? `, because ${reason}` : ""}`;
}

export class About {
  private readonly dialog = byId<HTMLDialogElement>("about");
  /** Stops the loading of another model. */
  private stop: AbortController | undefined;

  constructor(private readonly model: Model) {
    const { dialog } = this;
    byId("open-about").addEventListener("click", () => this.open());
    byId("about-close").addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    const list = new ModelList(({ choice, source, options }) =>
      this.change(choice, choice.kind === "default" ? undefined : { source, options }),
    );
    dialog.addEventListener("close", () => list.forget());
    byId("model-stop").addEventListener("click", () => this.stop?.abort());
    const folder = byId<HTMLInputElement>("model-folder");
    byId("model-choose").addEventListener("click", () => folder.click());
    folder.addEventListener("change", () => void this.fromFolder([...(folder.files ?? [])]));
    byId("model-default").addEventListener("click", () => void this.change({ kind: "default" }));
    model.state.subscribe((state) => {
      if (state.phase === "loading") this.showLoading(state.progress);
      if (state.phase === "ready") this.show(state.agff.info);
      byId("model-default").hidden = model.choice.kind === "default";
    });
  }

  open(): void {
    this.dialog.showModal();
    void this.showStorage();
  }

  private show(info: ModelInfo): void {
    const { name, trained, provenance, licence, views, dimensions, dtype, url } = info;
    const facts: [string, string][] = [
      ["Name", name],
      ["Taken from", url],
      ["Size", `${bytes(info.bytes)}, ${dtype} weights`],
      [
        "Views",
        `${views.length}: one of the whole and ${views.length - 1} of details, ${dimensions[0]} numbers each`,
      ],
      ["Licence", licence],
      ["Device", deviceLine(info)],
      ...(info.device.kind === "cpu"
        ? [["Threads", threadsLine(info.device.threads)] satisfies [string, string]]
        : []),
      [
        "Kept",
        info.cache.mode === "opfs"
          ? "in this browser, for the next visit"
          : `not kept: ${info.cache.reason}`,
      ],
    ];
    byId("model-facts").replaceChildren(
      ...facts.flatMap(([term, value]) => [make("dt", {}, term), make("dd", {}, value)]),
    );
    byId("model-quality").replaceChildren(...quality(trained, provenance, info.bytes));
  }

  private showLoading(progress: LoadProgress | undefined): void {
    const { loaded = 0, total = 0 } = progress ?? {};
    const far = total > 0 ? `: ${bytes(loaded)} of ${bytes(total)}` : "…";
    byId("model-far").textContent = `Loading the model${far}`;
  }

  private async fromFolder(files: readonly File[]): Promise<void> {
    byId<HTMLInputElement>("model-folder").value = "";
    if (!files.some(({ name }) => name === "agff.json")) {
      // A checkpoint in its original form: what is made of it is in the cache the next time.
      const dtype = byId<HTMLSelectElement>("model-dtype").value as "q8";
      const made = ({ info }: Agff): Choice =>
        info.cache.mode === "opfs" ? { kind: "kept", name: info.url } : { kind: "default" };
      return this.change(made, { source: files, options: { dtype } });
    }
    try {
      const { folder, source } = await folderOf(files);
      await this.change({ kind: "folder", folder }, { source });
      release(source);
    } catch (error) {
      byId("model-error").textContent = inWords(error);
    }
  }

  private async change(...[choice, given]: Parameters<Model["change"]>): Promise<void> {
    const problem = byId("model-error");
    problem.textContent = "";
    byId("model-busy").hidden = false;
    this.stop?.abort();
    const { signal } = (this.stop = new AbortController());
    try {
      await this.model.change(choice, given, signal);
      byId("model-default").hidden = this.model.choice.kind === "default";
    } catch (error) {
      if (signal.aborted) return;
      const foreign = typeof given?.source === "string" && isForeign(given.source);
      problem.textContent =
        inWords(error) +
        (foreign && error instanceof AgffError && error.code === "fetch"
          ? " This page may only read from its own server and from the model hub, so that nothing can leave your" +
            " device. Download the model and choose its folder instead."
          : "");
    } finally {
      // Unless another one is being loaded by now.
      if (this.stop?.signal === signal) byId("model-busy").hidden = true;
    }
  }

  private async showStorage(): Promise<void> {
    const list = byId("storage");
    const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    const packages = await Agff.cache.list().catch(() => []);
    const used = this.model.state.value;
    const current = used.phase === "ready" ? used.agff.info.url : "";
    list.replaceChildren(
      make(
        "li",
        {},
        `This page keeps ${bytes(usage)} in your browser, of ${bytes(quota)} that it may.`,
      ),
      ...packages
        .filter(({ url }) => url !== current)
        .map(({ url, name, bytes: size }) =>
          make(
            "li",
            {},
            `${name}, ${bytes(size)}, from ${url} `,
            button(
              "Delete",
              () =>
                void Agff.cache
                  .delete({ name: url, files: {} })
                  .catch((error: unknown) => {
                    byId("model-error").textContent = inWords(error);
                  })
                  .then(() => this.showStorage()),
              {
                ariaLabel: `Delete the model ${name} from ${url}`,
              },
            ),
          ),
        ),
    );
  }
}

/** How good the model is, as far as its package says. */
function quality(trained: boolean, provenance: string, size: number): HTMLElement[] {
  const paragraphs = trained
    ? [
        `In its makers' words: ${provenance || "they do not say."}`,
        "It knows what it was trained on. Photos of other kinds, names of people and places, and text in pictures may mean little to it." +
          (size < SMALL
            ? " It is a very small model, made to be there at once; a larger one finds more."
            : ""),
      ]
    : [
        "This model is not trained: its weights are chance. It shows that everything works, but the order of the photos means nothing.",
        ...(provenance ? [`Its makers say: ${provenance}`] : []),
      ];
  return paragraphs.map((text) => make("p", {}, text));
}

/** Bytes below which a package is called very small. */
const SMALL = 100e6;

function isForeign(url: string): boolean {
  try {
    return new URL(url, document.baseURI).origin !== location.origin;
  } catch {
    return false;
  }
}

/** `1 view`, for the footer. */
export function modelLine({ name, trained, views }: ModelInfo): string {
  return `Model ${name}, ${trained ? "" : "untrained, "}${count(views.length, "view")}`;
}
