/**
 * The boundary to the WASM engines: their interface, their download, and what happens when one of
 * them dies. Everything that crosses it can be structured-cloned, so that the far side can move
 * into a worker without a change here.
 */

import { AgffError, throwIfAborted, toAgffError } from "./errors.js";
import type { DeviceKind, Embedding, LoadProgress, ModelInfo, Similarity } from "./types.js";

/** Pixels in RGBA order, 8 bits each, not premultiplied. */
export interface RawPixels {
  width: number;
  height: number;
  data: Uint8Array | Uint8ClampedArray;
}

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
  info(): ModelInfo;
  free(): void;
}

/** What one of the engine's glue modules exports. */
export interface EngineModule {
  default(options: { module_or_path: Promise<Response> }): Promise<unknown>;
  /** Sets what is called, once, when the engine panics and is lost. */
  setPanicHandler(handler: (message: string) => void): void;
  Engine: {
    load(
      baseUrl: string,
      options: {
        device: DeviceKind;
        limits: "guaranteed" | undefined;
        kernels: "hardware" | undefined;
        onProgress: ((loaded: number, total: number, file: string) => void) | undefined;
        signal: AbortSignal | undefined;
      },
    ): Promise<Engine>;
    decode(name: string, bytes: Uint8Array): DecodedImage;
  };
}

/** An engine's module with a guard around its calls. */
export class EngineHost {
  private dead: AgffError | undefined;
  private readonly pending = new Set<(error: AgffError) => void>();

  private constructor(readonly module: EngineModule) {
    module.setPanicHandler((message) => this.die(message));
    // Running out of memory traps without a panic, in a task of its own that nobody awaits.
    globalThis.addEventListener?.("error", (event: ErrorEvent) => {
      const error: unknown = event.error;
      const trap = error instanceof WebAssembly.RuntimeError;
      if (trap && !this.dead && error.stack?.includes("agff_bg")) this.die(error.message);
    });
  }

  private static readonly hosts = new Map<DeviceKind, Promise<EngineHost>>();

  /** The engine of that kind, downloaded when it is first asked for. */
  static async get(
    kind: DeviceKind,
    onProgress: ((progress: LoadProgress) => void) | undefined,
    signal: AbortSignal | undefined,
  ): Promise<EngineHost> {
    for (;;) {
      let host = EngineHost.hosts.get(kind);
      const shared = host !== undefined;
      if (!host) {
        host = EngineHost.download(kind, onProgress, signal);
        EngineHost.hosts.set(kind, host);
        // A failed or aborted download may be tried again.
        host.catch(() => EngineHost.hosts.delete(kind));
      }
      try {
        return await host;
      } catch (error) {
        // Somebody else's abort is no reason to give this one up.
        const othersAbort = shared && toAgffError(error).code === "aborted" && !signal?.aborted;
        if (!othersAbort) throw error;
      }
    }
  }

  private static async download(
    kind: DeviceKind,
    onProgress: ((progress: LoadProgress) => void) | undefined,
    signal: AbortSignal | undefined,
  ): Promise<EngineHost> {
    // Both addresses are written out, so that bundlers find the files and ship them.
    const url =
      kind === "gpu"
        ? new URL("../engines/gpu/agff_bg.wasm", import.meta.url)
        : new URL("../engines/cpu/agff_bg.wasm", import.meta.url);
    try {
      const wasm = fetchEngine(url, onProgress, signal);
      // The failure is reported by the initialisation below, or by the import before it.
      wasm.catch(() => {});
      const module: EngineModule = await (kind === "gpu"
        ? import("../engines/gpu/agff.js")
        : import("../engines/cpu/agff.js"));
      await module.default({ module_or_path: wasm });
      return new EngineHost(module);
    } catch (error) {
      throwIfAborted(signal, url.href);
      if (error instanceof AgffError) throw error;
      const detail = error instanceof Error ? error.message : String(error);
      const message = `the ${kind} engine could not be started: ${detail}`;
      throw new AgffError("fetch", url.href, message, error);
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

  /** Runs one call that answers at once. */
  runSync<T>(call: () => T, subject = ""): T {
    if (this.dead) throw this.dead;
    try {
      return call();
    } catch (error) {
      throw this.dead ?? toAgffError(error, subject);
    }
  }

  /** Gives an engine's memory back; of a dead one there is nothing to give. */
  release(engine: Engine): void {
    if (!this.dead) this.runSync(() => engine.free());
  }

  // After a panic a promise of the engine never settles, so everybody who waits is told here.
  private die(message: string): void {
    this.dead = new AgffError(
      "internal",
      "",
      `the engine stopped and has to be loaded anew by reloading the page: ${message}`,
    );
    for (const fail of [...this.pending]) fail(this.dead);
  }
}

async function fetchEngine(
  url: URL,
  onProgress: ((progress: LoadProgress) => void) | undefined,
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
      onProgress?.({ phase: "engine", loaded, total, file: url.pathname });
      controller.enqueue(chunk);
    },
  });
  // A type of its own, because some static servers do not know WASM's and streaming needs it.
  return new Response(response.body.pipeThrough(counter), {
    headers: { "content-type": "application/wasm" },
  });
}
