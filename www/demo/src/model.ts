/** The model that the page works with: which one, how far its loading is, and changing it. */

import { Agff, AgffError, type LoadOptions, type LoadProgress, type PackageUrls } from "agff";
import { folderAgain, isKept, type KeptFolder } from "./model-folder";
import { recall, remember } from "./remembered";
import { Signal } from "./signal";

/** Which model is wanted; it is remembered for the next visit. */
export type Choice =
  { kind: "default" } | { kind: "address"; url: string } | { kind: "folder"; folder: KeptFolder };

export type ModelState =
  | { phase: "loading"; progress: LoadProgress | undefined }
  | { phase: "ready"; agff: Agff }
  | { phase: "failed"; error: AgffError };

/** The model that the page was built to begin with. */
declare const DEFAULT_MODEL: string;

/** The small model of drawings: what the page begins with if it was built without the model of photos. */
const NANO = "agff-nano";
const KEY = "agff-model";

/** Whether the page has the model of photos. */
export const HAS_PHOTO = DEFAULT_MODEL !== NANO;

export class Model {
  readonly state = new Signal<ModelState>({ phase: "loading", progress: undefined });
  /** Whether this is the model that the page began with before it had one of photos, for the photos that it has read. */
  earlier = false;
  private loading: Promise<void> = Promise.resolve();

  /** @param device and limits, as the page's address states them, for tests */
  constructor(private readonly fixed: Pick<LoadOptions, "device" | "limits">) {}

  /** What was chosen at last. */
  get choice(): Choice {
    try {
      const choice = JSON.parse(recall(KEY) ?? "null") as Partial<Record<string, unknown>> | null;
      const whole =
        choice?.kind === "address" ? typeof choice.url === "string" : isKept(choice?.folder);
      return whole ? (choice as unknown as Choice) : START;
    } catch {
      return START;
    }
  }

  /** The loaded model, when it is there. */
  ready(): Promise<Agff> {
    return new Promise((resolve, reject) => {
      const end = this.state.subscribe((state) => {
        if (state.phase === "loading") return;
        // The first call comes before `end` is there.
        queueMicrotask(() => end());
        if (state.phase === "ready") resolve(state.agff);
        else reject(state.error);
      });
    });
  }

  /**
   * Loads the model at an address, or that which was chosen at last, or, if none ever was, that of the
   * person's photos.
   *
   * @param library the name of the model that the person's photos were read with, if there are any
   */
  start(address: string | undefined, library: () => Promise<string | undefined>): Promise<void> {
    const begin = async (): Promise<void> => {
      const chosen = address !== undefined || recall(KEY) !== null;
      this.earlier = HAS_PHOTO && !chosen && (await library()) === NANO;
      const source = () => {
        if (address !== undefined) return absolute(address);
        return this.earlier ? beside(NANO) : sourceOf(this.choice);
      };
      this.state.value = await this.loadNow(source);
    };
    this.loading = begin();
    return this.loading;
  }

  /** Goes over to another model. If that fails, the one before it stays, and the error is thrown. */
  async change(choice: Choice, source?: PackageUrls): Promise<void> {
    await this.loading;
    const before = this.state.value;
    const wanted = () => source ?? sourceOf(choice);
    const loading = this.loadNow(wanted).then((state) => {
      const stays = state.phase === "failed" && before.phase === "ready";
      this.earlier &&= stays;
      this.state.value = stays ? before : state;
      if (state.phase === "failed") throw state.error;
    });
    this.loading = loading.catch(() => {});
    await loading;
    remember(KEY, JSON.stringify(choice));
    if (before.phase === "ready") await before.agff.dispose();
  }

  private async loadNow(source: () => string | PackageUrls): Promise<ModelState> {
    this.state.value = { phase: "loading", progress: undefined };
    try {
      const options: LoadOptions = {
        ...this.fixed,
        onProgress: (progress) => {
          if (progress.phase !== "ready") this.state.value = { phase: "loading", progress };
        },
      };
      const agff = await Agff.load(source(), options).catch((error: unknown) => {
        // Without room to keep it, it is there for this visit.
        if (!(error instanceof AgffError && error.code === "quota")) throw error;
        return Agff.load(source(), { ...options, cache: "memory" });
      });
      return { phase: "ready", agff };
    } catch (error) {
      const known =
        error instanceof AgffError
          ? error
          : new AgffError("internal", "", error instanceof Error ? error.message : String(error));
      return { phase: "failed", error: known };
    }
  }
}

const START: Choice = { kind: "default" };

function sourceOf(choice: Choice): string | PackageUrls {
  if (choice.kind === "address") return absolute(choice.url);
  return choice.kind === "folder" ? folderAgain(choice.folder) : beside(DEFAULT_MODEL);
}

/** A model that is served beside the page. */
function beside(name: string): string {
  return absolute(`./models/${name}`);
}

function absolute(url: string): string {
  try {
    return new URL(url, document.baseURI).href;
  } catch {
    throw new AgffError("input", url, "this is not an address");
  }
}
