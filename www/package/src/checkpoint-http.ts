/** Asking a server for a checkpoint's files: with a token where there is one, patiently where it asks for patience. */

import { AgffError, throwIfAborted } from "./errors.js";
import { failed, shown } from "./download.js";

/** An answer whose body comes. */
export interface Answer {
  read(): Promise<ReadableStreamReadResult<Uint8Array>>;
  /** Bytes of the whole file, if the server says so. */
  readonly total: number | undefined;
  /** What the server calls this version of the file; empty if it calls it nothing. */
  readonly version: string;
  /** Ends it. */
  cancel(): void;
}

/** Whoever asks. */
export interface Asker {
  /** The file from a byte on. */
  get(url: string, from: number, signal: AbortSignal | undefined): Promise<Answer>;
  /** The whole file, or undefined if there is none. */
  find(url: string, signal: AbortSignal | undefined): Promise<Answer | undefined>;
}

/** How often a server is asked again that says that it was asked too often, or that it is not well. */
const TIMES = 4;

/** Most milliseconds to wait before that. */
const MOST_PATIENCE = 30_000;

/** Asks in the name of a token, which only `origin` is told. */
export function askerFor(token: string | undefined, origin: string): Asker {
  const home = origin === "" ? "" : new URL(origin).origin;
  const ask = async (
    url: string,
    from: number,
    signal: AbortSignal | undefined,
  ): Promise<Response> => {
    const headers: Record<string, string> = {};
    if (from > 0) headers["range"] = `bytes=${from}-`;
    if (token !== undefined && new URL(url).origin === home) {
      headers["authorization"] = `Bearer ${token}`;
    }
    for (let times = 1; ; times++) {
      let response;
      try {
        response = await fetch(url, {
          headers,
          cache: "no-store",
          credentials: "omit",
          ...(signal ? { signal } : {}),
        });
      } catch (error) {
        throwIfAborted(signal, shown(url));
        throw failed(shown(url), error);
      }
      const busy = response.status === 429 || response.status >= 500;
      if (!busy || times >= TIMES) return response;
      await response.body?.cancel().catch(() => {});
      await pause(waitOf(response, times), signal);
    }
  };
  return {
    get: async (url, from, signal) => {
      let response = await ask(url, from, signal);
      // Shorter than it was.
      if (response.status === 416 && from > 0) response = await ask(url, 0, signal);
      if (!response.ok) throw refused(response, url, token !== undefined);
      return answer(response, from, url, signal);
    },
    find: async (url, signal) => {
      const response = await ask(url, 0, signal);
      if (response.status === 404 || response.status === 410) return undefined;
      if (!response.ok) throw refused(response, url, token !== undefined);
      return answer(response, 0, url, signal);
    },
  };
}

/** The bytes of an answer until its end, or until there are `least` of them and `enough`. */
export async function until(
  { read, cancel }: Answer,
  most: number,
  least = Infinity,
): Promise<{ bytes: Uint8Array }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < least) {
    const { done, value } = await read();
    if (done) break;
    chunks.push(value);
    length += value.byteLength;
    if (length > most && least === Infinity) {
      cancel();
      throw new AgffError("input", "", `is longer than the ${most} bytes that are read of it`);
    }
  }
  if (length >= least) cancel();
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return { bytes };
}

/** Whether a server could not be reached, or was not well. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof AgffError && error.code === "fetch" && error.cause !== undefined;
}

/** Does something again if the connection breaks. */
export async function patiently<T>(
  work: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let times = 1; ; times++) {
    try {
      return await work();
    } catch (error) {
      if (!isUnreachable(error) || times >= TIMES) throw error;
      await pause(200 * 2 ** times, signal);
    }
  }
}

/** Waits, unless it is aborted. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new AgffError("aborted", "", "stopped by the caller", signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

function answer(
  response: Response,
  from: number,
  url: string,
  signal: AbortSignal | undefined,
): Answer {
  const { headers, status } = response;
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get("content-range") ?? "");
  const start = range ? Number(range[1]) : status === 206 ? from : 0;
  const stream = response.body ?? new Blob().stream();
  const body = stream.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  const cancel = () => void body.cancel().catch(() => {});
  if (start !== from) {
    // The server knows no ranges: what is not wanted is read over.
    if (start !== 0) {
      cancel();
      throw new AgffError(
        "fetch",
        shown(url),
        `the server sent bytes from ${start} on, ${from} was asked for`,
      );
    }
    const skipped = skipping(body, from);
    return { ...described(response, range, from), read: named(skipped, url, signal), cancel };
  }
  return { ...described(response, range, from), read: named(body, url, signal), cancel };
}

/** Says what a connection that breaks in the middle of a body is. */
function named(
  body: ReadableStreamDefaultReader<Uint8Array>,
  url: string,
  signal: AbortSignal | undefined,
): Answer["read"] {
  return async () => {
    try {
      return await body.read();
    } catch (error) {
      throwIfAborted(signal, shown(url));
      throw failed(shown(url), error);
    }
  };
}

function described(
  { headers, status }: Response,
  range: RegExpExecArray | null,
  from: number,
): Pick<Answer, "total" | "version"> {
  const length = headers.get("content-length");
  // With an encoding the length is that of the encoded bytes.
  const whole = length === null || headers.has("content-encoding") ? undefined : Number(length);
  const rest = status === 206 ? from : 0;
  const total = range ? Number(range[2]) : whole === undefined ? undefined : rest + whole;
  return { total, version: headers.get("etag") ?? headers.get("last-modified") ?? "" };
}

function skipping(
  body: ReadableStreamDefaultReader<Uint8Array>,
  bytes: number,
): ReadableStreamDefaultReader<Uint8Array> {
  let left = bytes;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      for (;;) {
        const { done, value } = await body.read();
        if (done) return controller.close();
        const skip = Math.min(left, value.byteLength);
        left -= skip;
        if (skip < value.byteLength) return controller.enqueue(value.subarray(skip));
      }
    },
    cancel: (reason) => body.cancel(reason),
  }).getReader();
}

function waitOf(response: Response, times: number): number {
  const said = Number(response.headers.get("retry-after"));
  const wait = said > 0 ? said * 1000 : 500 * 2 ** times;
  return Math.min(wait, MOST_PATIENCE);
}

function refused({ status }: Response, url: string, hasToken: boolean): AgffError {
  const missing = status === 404 || status === 410;
  let message = `the server answered ${status}; try again later`;
  if (missing) message = "is not there, though it was announced";
  else if (status === 429) {
    message = "the server was asked too often; wait some minutes and try again, what came is kept";
  } else if (status === 401 || status === 403) {
    message = hasToken
      ? "the server does not let this token read it; have its conditions been accepted with that account?"
      : "the server wants to know who asks: the model is private, its conditions have to be accepted first, " +
        "or there is none of this name. Give a token: Agff.load(name, { token })";
  }
  // Whoever has a package of before goes on with that while the server is not well.
  const unwell = status === 429 || status >= 500 ? new Error(`status ${status}`) : undefined;
  return new AgffError(missing ? "package-file-missing" : "fetch", shown(url), message, unwell);
}
