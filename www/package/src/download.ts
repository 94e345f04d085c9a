/** One file of a package over the network, going on where an earlier download has stopped. */

import { AgffError, throwIfAborted, toAgffError } from "./errors.js";
import type { FileEntry } from "./manifest.js";

/** Where a file's bytes go. */
export interface Sink {
  /** Bytes that are there from before. */
  readonly size: number;
  /** Begins to write at `size`, and forgets what is behind that. */
  begin(size: number): Promise<void>;
  write(chunk: Uint8Array): Promise<void>;
  /** Ends the writing, also after a failure. What was written stays. */
  end(): Promise<void>;
}

/** How often a broken connection is taken up again, as long as each brings something. */
const RETRIES = 3;

/**
 * Brings the rest of a file into `sink` and tells of every chunk that is written.
 *
 * @param note is told how many bytes are there
 */
export async function download(
  url: string,
  entry: FileEntry,
  sink: Sink,
  note: (there: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  let there = sink.size > entry.bytes ? 0 : sink.size;
  for (let failures = 0; ;) {
    const before = there;
    try {
      const { body, start } = await request(url, there, signal);
      there = start;
      await sink.begin(start);
      try {
        for (;;) {
          const { done, value } = await body.read();
          if (done) break;
          if (there + value.byteLength > entry.bytes) throw wrongLength(url, entry, "more");
          await sink.write(value);
          there += value.byteLength;
          note(there);
        }
      } finally {
        // Lets the browser stop a download that is not read on; of a finished one it is no matter.
        body.cancel().catch(() => {});
        await sink.end();
      }
    } catch (error) {
      throwIfAborted(signal, shown(url));
      const broken = !(error instanceof AgffError) && there > before && failures++ < RETRIES;
      if (!broken) throw error instanceof AgffError ? error : failed(url, error);
      continue;
    }
    if (there < entry.bytes) throw wrongLength(url, entry, `only ${there}`);
    return;
  }
}

/**
 * `fetch`, but a `data:` URL is decoded here. Bundlers make such URLs of small files, and strict
 * policies forbid to fetch them.
 */
export async function get(url: string, init: RequestInit | undefined): Promise<Response> {
  const inline = /^data:[^,]*?(;base64)?,/i.exec(url);
  if (!inline) return fetch(url, init);
  const text = decodeURIComponent(url.slice(inline[0].length));
  return new Response(inline[1] ? Uint8Array.from(atob(text), (c) => c.charCodeAt(0)) : text);
}

async function request(
  url: string,
  from: number,
  signal: AbortSignal | undefined,
): Promise<{ body: ReadableStreamDefaultReader<Uint8Array>; start: number }> {
  const response = await get(url, {
    // It is kept in a better place than the browser's general cache.
    cache: "no-store",
    ...(from > 0 ? { headers: { range: `bytes=${from}-` } } : {}),
    ...(signal ? { signal } : {}),
  });
  // A file that has shrunk on the server: begin anew.
  if (response.status === 416 && from > 0) return request(url, 0, signal);
  throwUnlessOk(response, url);
  const start = response.status === 206 ? startOf(response, from) : 0;
  const body = response.body ?? new Blob().stream();
  return { body: body.getReader() as ReadableStreamDefaultReader<Uint8Array>, start };
}

// Servers of other sites do not show this header unless they say so; then the answer is believed,
// and the hash tells in the end.
function startOf(response: Response, from: number): number {
  const said = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  if (said !== undefined && Number(said) !== from) {
    const message = `the server sent bytes from ${said} on, ${from} was asked for`;
    throw new AgffError("fetch", shown(response.url), message);
  }
  return from;
}

/** Throws what an answer other than 2xx means. */
export function throwUnlessOk(response: Response, url: string): void {
  if (response.ok) return;
  url = shown(url);
  if (response.status === 404 || response.status === 410) {
    const message = "is not there. Is this the folder of a whole package, the one with agff.json?";
    throw new AgffError("package-file-missing", url, message);
  }
  const message = `the server answered ${response.status}; is the address right, and may this page read it?`;
  throw new AgffError("fetch", url, message);
}

/** The error for a request that got no answer, or whose answer broke off. */
export function failed(url: string, error: unknown): AgffError {
  const detail = toAgffError(error).message;
  const message = `could not be downloaded: ${detail}. Is the network there, and may this page read it?`;
  return new AgffError("fetch", shown(url), message, error);
}

/** A URL without what its query may have of secrets. */
export function shown(url: string): string {
  return url.startsWith("data:") ? url : url.split("?", 1)[0]!;
}

function wrongLength(url: string, entry: FileEntry, has: string): AgffError {
  const message = `has ${has} bytes, the manifest states ${entry.bytes}; is the package whole on its server?`;
  return new AgffError("package-truncated", shown(url), message);
}
