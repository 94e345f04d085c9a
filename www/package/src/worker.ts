/** The worker's side of the protocol: calls come in, a session answers them. */

import { converting, EngineHost, type EngineProgram } from "./engine.js";
import { AgffError, type PlainError, throwIfAborted, toAgffError, toPlain } from "./errors.js";
import { watchGpu } from "./gpu-loss.js";
import type { CallName, Calls, FromWorker, ToWorker } from "./protocol.js";
import { Session } from "./session.js";

/** How often a call in work gives a sign of life, in milliseconds. */
const HEARTBEAT = 1000;

/** The little of a worker's global scope that is needed; the window's types lack it. */
interface WorkerScope {
  postMessage(message: FromWorker): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToWorker>) => void): void;
}

type Handlers = {
  [K in CallName]: (
    args: Calls[K]["args"],
    report: (progress: Calls[K]["progress"]) => void,
    signal: AbortSignal,
  ) => Promise<Calls[K]["result"]>;
};

/** Answers calls from now on, with this engine. */
export function serve(engine: EngineProgram): void {
  const scope = globalThis as unknown as WorkerScope;
  const calls = new Map<number, AbortController>();
  let session: Session | undefined;

  // The engine for the CPU converts checkpoints, in the other's worker too.
  const converter = async () =>
    engine.kind === "cpu" ? engine : (await import("./engine-cpu.js")).engine;
  const lose = (error: PlainError) => scope.postMessage({ lost: error });
  if (engine.kind === "gpu") watchGpu((error) => lose(toPlain(error)));

  const loaded = () => {
    if (session) return session;
    throw new AgffError("internal", "", "no package is loaded in this worker");
  };
  const handlers: Handlers = {
    load: async (request, report, signal) => {
      const { session: made, reply } = await Session.load(
        request,
        async (request, report, signal) => {
          const own = request.device === engine.kind;
          const program = own ? engine : await converter();
          const compiled = own ? request.program : undefined;
          const die = (error: AgffError) => lose(toPlain(error));
          const threads = { count: request.threads, losses: request.losses };
          return EngineHost.start(program, compiled, die, report, signal, threads);
        },
        report,
        signal,
      );
      session = made;
      return reply;
    },
    plan: async ({ location }, _, signal) => {
      const { planOf } = await import("./plan.js");
      const die = (error: AgffError) => lose(toPlain(error));
      // A package's manifest is read without any engine.
      const start = async () =>
        converting(await EngineHost.start(await converter(), undefined, die, () => {}, signal));
      return planOf(start, location, signal);
    },
    embed: async (request, _, signal) => loaded().embed(request, signal),
    indexFill: async (ref, _, signal) => loaded().index("indexFill", ref, signal),
    indexSearch: async (request, _, signal) => loaded().index("indexSearch", request, signal),
    indexDuplicates: async (request, _, signal) =>
      loaded().index("indexDuplicates", request, signal),
    indexVectors: async (request, _, signal) => loaded().index("indexVectors", request, signal),
    indexClose: async (ref, _, signal) => loaded().index("indexClose", ref, signal),
  };

  scope.addEventListener("message", ({ data }) => {
    if ("abort" in data) calls.get(data.abort)?.abort();
    else void answer(data);
  });
  setInterval(() => {
    if (calls.size > 0) scope.postMessage({ alive: true });
  }, HEARTBEAT);

  async function answer({ id, call, args }: Exclude<ToWorker, { abort: number }>): Promise<void> {
    const controller = new AbortController();
    calls.set(id, controller);
    const { signal } = controller;
    try {
      const handler = handlers[call] as (
        args: unknown,
        report: (progress: never) => void,
        signal: AbortSignal,
      ) => Promise<never>;
      const result = await handler(args, (progress) => scope.postMessage({ id, progress }), signal);
      throwIfAborted(signal);
      scope.postMessage({ id, result });
    } catch (thrown) {
      const error = toAgffError(thrown);
      if (isLoss(error, engine)) lose(toPlain(error));
      else scope.postMessage({ id, error: toPlain(error) });
    } finally {
      calls.delete(id);
    }
  }
}

/**
 * Whether the engine is of no use any more. A GPU that is lost while it computes may give zeros
 * or nonsense before it is known to be lost, and the engine lets no such vector through.
 */
function isLoss({ code }: AgffError, engine: EngineProgram): boolean {
  return code === "device-lost" || (engine.kind === "gpu" && code === "package-not-finite");
}
