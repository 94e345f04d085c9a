/**
 * An engine with a package on it: what runs inside a worker, or in the page itself without one.
 */

import { packageOrCheckpoint } from "./either.js";
import { converting, type Engine, type EngineHost } from "./engine.js";
import { IndexLibrary } from "./index-library.js";
import type { Manifest } from "./manifest.js";
import {
  AgffError,
  disposedOf,
  type PlainError,
  throwIfAborted,
  toAgffError,
  toPlain,
} from "./errors.js";
import { fetchFrom, folderOf } from "./package-fetch.js";
import { openKeep, PackageFiles, type Report } from "./package-files.js";
import type {
  Calls,
  EmbedRequest,
  IndexCall,
  LoadReply,
  LoadRequest,
  Outcome,
} from "./protocol.js";
import { decodeInput, fetchInput, type ReadInput } from "./read-input.js";
import { Turns } from "./turns.js";

/** Bytes of pixels that are held at once, beside those of the photo that reaches this. */
const MOST_PIXEL_BYTES = 64e6;

/** How a session gets its engine; a page keeps one for all its sessions. */
export type StartEngine = (
  request: LoadRequest,
  report: Report,
  signal: AbortSignal | undefined,
) => Promise<EngineHost>;

export class Session {
  private readonly turns = new Turns();
  private disposed = false;
  private readonly library: IndexLibrary;

  private constructor(
    private readonly host: EngineHost,
    private readonly engine: Engine,
    private readonly files: PackageFiles,
  ) {
    this.library = new IndexLibrary({
      VectorIndex: host.module.VectorIndex,
      run: (call) => host.run(call),
      release: (index) => host.release(index),
      fusion: (JSON.parse(files.manifest) as Manifest).fusion,
    });
  }

  /** Fetches the engine and the package, and puts the package on the device. */
  static async load(
    request: LoadRequest,
    start: StartEngine,
    report: Report,
    signal: AbortSignal | undefined,
  ): Promise<{ session: Session; reply: LoadReply }> {
    const { location, memory } = request;
    throwIfAborted(signal, location.key);
    const { files, host } = await open(request, start, report, signal);
    await files.fetchAll(report, signal);
    const upload = () => loadEngine(host, request, files, report, signal);
    const engine = await withRepair(files, signal, upload);
    const session = new Session(host, engine, files);
    const { device, fingerprint } = engine.info();
    const { manifest, cache } = files;
    const { program } = host;
    const { key } = files.location;
    const reply = { key, manifest, fingerprint, device: device.kind, cache, memory, program };
    return { session, reply };
  }

  /**
   * Embeds inputs in one pass as far as they fit. An input that cannot be used has its own error
   * and does not affect the others.
   */
  async embed(
    { inputs, decode, urgent }: EmbedRequest,
    signal: AbortSignal | undefined,
  ): Promise<Outcome[]> {
    // Fetched before the turn comes, while the engine may be waiting for the GPU.
    const fetched = await Promise.all(
      inputs.map(
        (input) => input.problem ?? orError(fetchInput(input, decode, signal), input.name),
      ),
    );
    throwIfAborted(signal);
    return this.turns.take(urgent, async () => {
      if (this.disposed) throw disposedOf();
      const outcomes: Outcome[] = Array(fetched.length);
      let group: { place: number; read: ReadInput }[] = [];
      const flush = async () => {
        const made = await this.pass(
          group.map(({ read }) => read),
          signal,
        );
        group.forEach(({ place }, i) => (outcomes[place] = made[i]!));
        group = [];
      };
      for (const [place, one] of fetched.entries()) {
        const read = "input" in one ? await orError(decodeInput(one), one.input.name) : one;
        if ("input" in read) group.push({ place, read });
        else outcomes[place] = { error: read };
        if (sum(group.map(({ read }) => pixelBytes(read))) > MOST_PIXEL_BYTES) await flush();
      }
      await flush();
      return outcomes;
    });
  }

  /**
   * Answers a call about an index. What a person waits for has a turn to itself: it reads from a database,
   * and a pass on the CPU in between each time would make seconds of it.
   */
  index<K extends IndexCall>(
    call: K,
    args: Calls[K]["args"],
    signal: AbortSignal | undefined,
  ): Promise<Calls[K]["result"]> {
    const alone = <T>(work: () => Promise<T>) =>
      this.turns.take(true, async () => {
        if (this.disposed) throw disposedOf();
        throwIfAborted(signal);
        return work();
      });
    if (this.disposed) throw disposedOf();
    const calls: { [C in IndexCall]: (args: Calls[C]["args"]) => Promise<Calls[C]["result"]> } = {
      indexFill: (ref) => this.library.fill(ref, signal),
      indexSearch: (request) => alone(() => this.library.search(request, signal)),
      indexDuplicates: (request) => this.library.duplicates(request, alone, signal),
      indexVectors: (request) => alone(() => this.library.vectors(request, signal)),
      indexClose: ({ name }) => this.library.close(name),
    };
    return calls[call](args);
  }

  /** Gives the memory back, when all calls have ended. */
  async dispose(): Promise<void> {
    await this.turns.take(false, async () => {
      this.disposed = true;
      await this.library.dispose();
      this.host.release(this.engine);
    });
  }

  private async pass(
    inputs: readonly ReadInput[],
    signal: AbortSignal | undefined,
  ): Promise<Outcome[]> {
    if (inputs.length === 0) return [];
    await breathe();
    throwIfAborted(signal);
    try {
      const run = () => this.host.run(() => this.engine.embed(inputs.map(({ input }) => input)));
      const embeddings = await withRepair(this.files, signal, run);
      if (embeddings.length !== inputs.length) {
        throw new AgffError("internal", "", "the engine gave another number of embeddings");
      }
      return embeddings.map((embedding, i) => {
        const { path } = inputs[i]!;
        return { embedding: path ? { ...embedding, decode: path } : embedding };
      });
    } catch (thrown) {
      const error = toAgffError(thrown);
      if (!isAboutInput(error)) throw error;
      if (inputs.length === 1) return [{ error: toPlain(error, inputs[0]!.input.name) }];
      // One of several cannot be used, and is found before anything is computed: one by one then.
      const outcomes = [];
      for (const input of inputs) outcomes.push(...(await this.pass([input], signal)));
      return outcomes;
    }
  }
}

/** Opens the package, and starts the engine. */
async function open(
  request: LoadRequest,
  start: StartEngine,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<{ files: PackageFiles; host: EngineHost }> {
  const { location, cache, memory } = request;
  const { files, converter } = await packageOrCheckpoint<{
    files: PackageFiles;
    converter?: EngineHost;
  }>(
    location,
    // A wrong address is found before megabytes of engine are fetched for it.
    async () => ({ files: await PackageFiles.open(location, cache, memory, signal) }),
    async (checkpoint) => {
      // The engine for the CPU converts, whichever computes then. What was converted before needs none.
      let converter: Promise<EngineHost> | undefined;
      const startConverter = async () =>
        converting(await (converter ??= start({ ...request, device: "cpu" }, report, signal)));
      const { openCheckpoint } = await import("./checkpoint-package.js");
      const made = { key: checkpoint.key, base: undefined, files: {}, checkpoint };
      const asked = { ...request, location: made };
      const files = await openCheckpoint(startConverter, asked, report, signal);
      return { files, ...(converter ? { converter: await converter } : {}) };
    },
    async (key) => (await (await openKeep(cache, memory)).keep.kept(key)) !== undefined,
  );
  const same = converter && request.device === "cpu";
  return { files, host: same ? converter : await start(request, report, signal) };
}

function loadEngine(
  host: EngineHost,
  request: LoadRequest,
  files: PackageFiles,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<Engine> {
  // Without a cache, putting the weights on the device is fetching them.
  const phase = files.cache.mode === false ? "package" : "upload";
  let [current, before, last] = ["", 0, 0];
  const onProgress = (loaded: number, total: number, file: string) => {
    if (file !== current) [current, before] = [file, last];
    last = loaded;
    const fileTotal = files.length(file);
    report({ phase, loaded, total, file, fileLoaded: loaded - before, fileTotal });
  };
  const { location } = files;
  const { device, limits, kernels, precision } = request;
  const options = {
    device,
    limits,
    kernels,
    precision,
    onProgress,
    signal,
    fetch: fetchFrom(files),
  };
  return host.run(() => host.module.Engine.load(folderOf(location), options), location.key);
}

/** What the engine finds wrong with a package may be wrong with our copy of it only. */
async function withRepair<T>(
  files: PackageFiles,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = toAgffError(error);
    // `fetch`: the file was removed from the cache while the engine read it.
    const suspicious = /^(package-|tokenizer$|config$|fetch$)/.test(code);
    if (!suspicious || !(await files.repair(signal))) throw error;
    return work();
  }
}

/** The failure of one input is its own result. */
function orError<T>(work: Promise<T>, name: string): Promise<T | PlainError> {
  return work.catch((error: unknown) => toPlain(error, name));
}

function pixelBytes({ input }: ReadInput): number {
  return input.image && "data" in input.image ? input.image.data.byteLength : 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function isAboutInput({ code }: AgffError): boolean {
  return code === "input" || code.startsWith("image-");
}

/** Lets messages in: a pass on the CPU does not end before it is done, and one may say "abort". */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
