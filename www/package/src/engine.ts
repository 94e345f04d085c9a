/**
 * The boundary to the WASM engines: their interface, how one is started, and what happens when it
 * dies. Everything that crosses it can be structured-cloned.
 */

import type { CheckpointAddressClass, ConversionClass } from "agff:conversion";
import type { VectorIndexClass } from "agff:vector-index";
import { AgffError, throwIfAborted, toAgffError } from "./errors.js";
import type { RawPixels } from "./protocol.js";
import type { Report } from "./package-files.js";
import { startThreads } from "./engine-threads.js";
import type { DeviceKind, Embedding, LoadOptions, Similarity } from "./types.js";

/** One input as the engine takes it. */
export interface EngineInput {
  image?: Uint8Array | RawPixels;
  name?: string;
  text?: string;
  instruction?: string;
}

/** A decoded image, for tests: RGB after orientation, alpha over white. */
export interface DecodedImage {
  width: number;
  height: number;
  data: Uint8Array;
}

/** A loaded package on a device. */
export interface Engine {
  embed(inputs: EngineInput[]): Promise<Embedding[]>;
  similarity(query: Embedding, target: Embedding): Similarity;
  truncate(embedding: Embedding, dimensions: number): Embedding;
  info(): { device: { kind: DeviceKind }; fingerprint: string };
  free(): void;
}

/** What one of the engine's glue modules exports. */
export interface EngineModule {
  default(options: {
    module_or_path: WebAssembly.Module | Promise<WebAssembly.Module>;
    /** Another thread's. */
    memory?: WebAssembly.Memory;
  }): Promise<{ memory: WebAssembly.Memory }>;
  /** Sets what is called, once, when the engine panics and is lost. */
  setPanicHandler(handler: (message: string) => void): void;
  Engine: {
    load(
      baseUrl: string,
      options: {
        device: DeviceKind;
        limits: "guaranteed" | undefined;
        kernels: "hardware" | undefined;
        precision: LoadOptions["precision"];
        onProgress: (loaded: number, total: number, file: string) => void;
        signal: AbortSignal | undefined;
        fetch: (url: string, init?: RequestInit) => Promise<Response>;
      },
    ): Promise<Engine>;
    decode(name: string, bytes: Uint8Array, leastSide?: number): DecodedImage;
  };
  VectorIndex: VectorIndexClass;
  /** Only one of the engines has several. */
  Threads?: ThreadsClass;
  /** Only those for the CPU convert checkpoints: see {@link converting}. */
  CheckpointAddress?: CheckpointAddressClass;
  Conversion?: ConversionClass;
}

/** The threads of an engine, which are workers that share its memory. */
export interface ThreadsClass {
  new (count: number): {
    /** What each of them enters its work with. */
    readonly address: number;
    /** Puts them to work, when all have started the program. */
    start(): void;
  };
}

/** An engine that converts checkpoints. */
export type ConvertingModule = EngineModule &
  Required<Pick<EngineModule, "CheckpointAddress" | "Conversion">>;

/** A started one. */
export type ConvertingHost = EngineHost & { readonly module: ConvertingModule };

/** This engine, if it converts checkpoints. */
export function converting(host: EngineHost): ConvertingHost {
  if (host.module.Conversion && host.module.CheckpointAddress) return host as ConvertingHost;
  throw new AgffError("internal", "", "this engine converts no checkpoints");
}

/** An engine that can be started: its glue, and where its program is. */
export interface EngineProgram {
  readonly kind: DeviceKind;
  readonly wasm: URL;
  readonly module: EngineModule;
  /** Starts the worker of a thread, if it can have several. */
  readonly thread?: () => Worker;
}

/** How many threads, and the broadcast channel on which one says that it has stopped. */
export interface ThreadsWanted {
  count: number;
  losses: string;
}

/** A started engine with a guard around its calls. */
export class EngineHost {
  private dead: AgffError | undefined;
  private readonly pending = new Set<(error: AgffError) => void>();

  private constructor(
    readonly module: EngineModule,
    /** The compiled program, to start another engine without fetching it again. */
    readonly program: WebAssembly.Module,
    private readonly onDeath: (error: AgffError) => void,
  ) {
    module.setPanicHandler((message) => this.die(message));
    // Running out of memory traps without a panic, in a task of its own that nobody awaits.
    globalThis.addEventListener?.("error", (event: ErrorEvent) => {
      const error: unknown = event.error;
      const trap = error instanceof WebAssembly.RuntimeError;
      if (trap && !this.dead && error.stack?.includes("agff_bg")) this.die(error.message);
    });
  }

  /**
   * Fetches, compiles and starts an engine. An engine can be started once in each page or worker.
   *
   * @param compiled the program, if it was compiled before
   * @param threads for an engine that can have several
   */
  static async start(
    engine: EngineProgram,
    compiled: WebAssembly.Module | undefined,
    onDeath: (error: AgffError) => void,
    report: Report,
    signal: AbortSignal | undefined,
    threads?: ThreadsWanted,
  ): Promise<EngineHost> {
    try {
      const program =
        compiled ?? (await WebAssembly.compileStreaming(fetchProgram(engine.wasm, report, signal)));
      const { module, thread } = engine;
      const { memory } = await module.default({ module_or_path: program });
      if (thread && module.Threads && threads) {
        const { count, losses } = threads;
        await startThreads({ thread }, module.Threads, count, { program, memory, losses });
      }
      return new EngineHost(module, program, onDeath);
    } catch (error) {
      throwIfAborted(signal, engine.wasm.href);
      if (error instanceof AgffError) throw error;
      const detail = error instanceof Error ? error.message : String(error);
      const message = `the ${engine.kind} engine could not be started: ${detail}`;
      throw new AgffError("fetch", engine.wasm.href, message, error);
    }
  }

  /** Runs one call on the engine; it also ends when the engine dies in the middle of it. */
  run<T>(call: () => T | Promise<T>, subject = ""): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.dead) return reject(this.dead);
      const fail = (error: unknown) => {
        this.pending.delete(fail);
        // A trap surfaces here as a RuntimeError; the panic's own message says more.
        reject(this.dead ?? toAgffError(error, subject));
      };
      this.pending.add(fail);
      const succeed = (value: T) => {
        this.pending.delete(fail);
        resolve(value);
      };
      try {
        Promise.resolve(call()).then(succeed, fail);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** Gives the memory of an engine or index back; of a dead one there is nothing to give. */
  release(one: { free(): void }): void {
    if (!this.dead) one.free();
  }

  // After a panic a promise of the engine never settles, so everybody who waits is told here.
  private die(message: string): void {
    this.dead = new AgffError(
      "internal",
      "",
      `the engine stopped and is lost to this page: ${message}. Load the model again with ` +
        `worker: true, or reload the page`,
    );
    for (const fail of [...this.pending]) fail(this.dead);
    this.onDeath(this.dead);
  }
}

async function fetchProgram(
  url: URL,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const response = await fetch(url, signal ? { signal } : {});
  if (!response.ok || !response.body) {
    throw new AgffError("fetch", url.href, `the server answered ${response.status} for the engine`);
  }
  // With a content encoding the length is that of the compressed bytes, which are not counted here.
  const encoded = response.headers.has("content-encoding");
  const total = encoded ? 0 : Number(response.headers.get("content-length") ?? 0);
  let loaded = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      const file = url.pathname;
      report({ phase: "engine", loaded, total, file, fileLoaded: loaded, fileTotal: total });
      controller.enqueue(chunk);
    },
  });
  // A type of its own, because some static servers do not know WASM's and streaming needs it.
  return new Response(response.body.pipeThrough(counter), {
    headers: { "content-type": "application/wasm" },
  });
}
