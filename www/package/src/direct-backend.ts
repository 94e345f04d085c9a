/**
 * A model in the page itself, without a worker (`worker: false`). It blocks the page while it
 * computes on the CPU, and a lost engine cannot be replaced.
 */

import {
  type Backend,
  type Loaded,
  type Pack,
  remember,
  type Setup,
  startOnDevice,
} from "./backend.js";
import { EngineHost } from "./engine.js";
import { AgffError, throwIfAborted, toAgffError } from "./errors.js";
import type { Report } from "./package-files.js";
import type { Calls, IndexCall, LoadRequest, Outcome } from "./protocol.js";
import { Session } from "./session.js";
import type { DeviceKind } from "./types.js";

export class DirectBackend implements Backend {
  readonly lanes = 1;

  private constructor(
    private readonly session: Session,
    readonly loaded: Loaded,
  ) {}

  static async load(setup: Setup): Promise<DirectBackend> {
    const report = setup.onProgress ?? (() => {});
    const { session, reply, device } = await startOnDevice(setup, (request) =>
      Session.load(request, sharedHost, report, setup.signal),
    );
    remember(reply.memory);
    return new DirectBackend(session, { reply, device });
  }

  async embed({ prepare, decode, urgent, signal }: Pack): Promise<Outcome[]> {
    const inputs = (await prepare()).map(({ input }) => input);
    return this.session.embed({ inputs, decode, urgent }, signal);
  }

  async index<K extends IndexCall>(
    call: K,
    args: Calls[K]["args"],
    signal: AbortSignal | undefined,
  ): Promise<Calls[K]["result"]> {
    throwIfAborted(signal);
    return this.session.index(call, args, signal);
  }

  async dispose(): Promise<void> {
    await this.session.dispose();
  }
}

const hosts = new Map<DeviceKind, Promise<EngineHost>>();

/** The page's one engine of a kind, fetched when it is first asked for. */
async function sharedHost(
  { device }: LoadRequest,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<EngineHost> {
  for (;;) {
    let host = hosts.get(device);
    const shared = host !== undefined;
    if (!host) {
      host = startHost(device, report, signal);
      hosts.set(device, host);
      // A failed or aborted download may be tried again.
      host.catch(() => hosts.delete(device));
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

async function startHost(
  device: DeviceKind,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<EngineHost> {
  let program;
  try {
    program = await (device === "gpu" ? import("./engine-gpu.js") : import("./engine-cpu.js"));
  } catch (error) {
    const message = `the ${device} engine's script could not be loaded; is the network there?`;
    throw new AgffError("fetch", "", message, error);
  }
  return EngineHost.start(program.engine, undefined, () => {}, report, signal);
}
