/** The model that the page works with: which one, how far its loading is, and changing it. */

import {
  Agff,
  AgffError,
  type CheckpointOptions,
  type LoadOptions,
  type LoadProgress,
  type ModelSource,
} from "agff";
import { folderAgain, isKept, type KeptFolder } from "./model-folder";
import { recall, remember } from "./remembered";
import { Signal } from "./signal";

/** Which model is wanted; it is remembered for the next visit. */
export type Choice =
  | { kind: "default" }
  | { kind: "address"; url: string; dtype?: Dtype }
  | { kind: "hub"; name: string; dtype?: Dtype; regions?: number }
  /** What the cache has under this name: made of a checkpoint that was chosen from this device. */
  | { kind: "kept"; name: string }
  | { kind: "folder"; folder: KeptFolder };

type Dtype = NonNullable<CheckpointOptions["dtype"]>;

/** What is given to the library. */
export interface Given {
  source: ModelSource;
  options?: CheckpointOptions;
}

export type ModelState =
  | { phase: "loading"; progress: LoadProgress | undefined }
  | { phase: "ready"; agff: Agff }
  | { phase: "failed"; error: AgffError };

/** The model that the page was built to begin with. */
declare const DEFAULT_MODEL: string;

/** The small model of drawings: what the page begins with if it was built without the model of photos. */
const NANO = "agff-nano";
const KEY = "agff-model";

/** Bytes of two models that are held at once, while the photos of one are read with the other. */
const MOST_OF_TWO = 1e9;

/** Whether the page has the model of photos. */
export const HAS_PHOTO = DEFAULT_MODEL !== NANO;

export class Model {
  readonly state = new Signal<ModelState>({ phase: "loading", progress: undefined });
  /** Whether this is the model that the page began with before it had one of photos, for the photos that it has read. */
  earlier = false;
  private loading: Promise<void> = Promise.resolve();
  /** The model before this one, still loaded, until somebody takes it. */
  private before: Agff | undefined;

  /** @param device and limits, as the page's address states them, for tests */
  constructor(private readonly fixed: Pick<LoadOptions, "device" | "limits">) {}

  /** What was chosen at last. */
  get choice(): Choice {
    try {
      const choice = JSON.parse(recall(KEY) ?? "null") as Partial<Record<string, unknown>> | null;
      const { kind, url, name, folder } = choice ?? {};
      const whole =
        (kind === "address" && typeof url === "string") ||
        ((kind === "hub" || kind === "kept") && typeof name === "string") ||
        (kind === "folder" && isKept(folder));
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
      const given = (): Given => {
        if (address !== undefined) return { source: absolute(address) };
        return this.earlier ? { source: beside(NANO) } : givenOf(this.choice);
      };
      this.state.value = await this.loadNow(given);
    };
    this.loading = begin();
    return this.loading;
  }

  /** The model before this one, if it is still loaded; whoever takes it disposes of it. */
  takeBefore(): Agff | undefined {
    const { before } = this;
    this.before = undefined;
    return before;
  }

  /** Goes over to another model. If that fails or is stopped, the one before it stays, and the error is thrown. */
  async change(
    choice: Choice | ((agff: Agff) => Choice),
    given?: Given,
    signal?: AbortSignal,
  ): Promise<void> {
    // What was asked for before comes first.
    const turn = this.loading;
    let over = () => {};
    this.loading = new Promise((resolve) => (over = resolve));
    await turn;
    const before = this.state.value;
    const wanted = () => given ?? givenOf(choice as Choice);
    let alone: Agff | undefined;
    const loading = this.loadNow(wanted, signal).then((state) => {
      const stays = state.phase === "failed" && before.phase === "ready";
      this.earlier &&= stays;
      if (before.phase === "ready" && state.phase === "ready") {
        // Both at once, if there is room for both.
        const bytes = before.agff.info.bytes + state.agff.info.bytes;
        if (bytes < MOST_OF_TWO) this.before = before.agff;
        else alone = before.agff;
      }
      this.state.value = stays ? before : state;
      if (state.phase === "failed") throw state.error;
    });
    await loading.finally(over);
    const now = this.state.value;
    if (typeof choice !== "function") remember(KEY, JSON.stringify(choice));
    else if (now.phase === "ready") remember(KEY, JSON.stringify(choice(now.agff)));
    await alone?.dispose();
  }

  private async loadNow(given: () => Given, signal?: AbortSignal): Promise<ModelState> {
    this.state.value = { phase: "loading", progress: undefined };
    try {
      const { source, options: also } = given();
      const options: LoadOptions = {
        ...this.fixed,
        ...also,
        ...(signal ? { signal } : {}),
        onProgress: (progress) => {
          if (progress.phase !== "ready") this.state.value = { phase: "loading", progress };
        },
      };
      const agff = await Agff.load(source, options).catch((error: unknown) => {
        // Without room to keep it, it is there for this visit.
        if (!(error instanceof AgffError && error.code === "quota")) throw error;
        return Agff.load(source, { ...options, cache: "memory" });
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

function givenOf(choice: Choice): Given {
  switch (choice.kind) {
    case "address":
      return { source: absolute(choice.url), options: pick(choice) };
    case "hub":
      return { source: choice.name, options: { dtype: "q8", ...pick(choice) } };
    case "kept":
      return { source: { name: choice.name, files: {} } };
    case "folder":
      return { source: folderAgain(choice.folder) };
    default:
      return { source: beside(DEFAULT_MODEL) };
  }
}

function pick({ dtype, regions }: { dtype?: Dtype; regions?: number }): CheckpointOptions {
  return { ...(dtype ? { dtype } : {}), ...(regions === undefined ? {} : { regions }) };
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
