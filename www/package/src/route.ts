/**
 * Lets the engine read a package from blobs.
 *
 * The engine reads packages with the global `fetch`, below the address that it was given. So it is
 * given an address of a scheme that no server has, and `fetch` answers that scheme from here. All
 * other requests go on to the browser's `fetch` untouched.
 */

import { get } from "./download.js";
import { MANIFEST } from "./manifest.js";
import { type PackageFiles, urlOf } from "./package-files.js";

const SCHEME = "agff-package:";

const routes = new Map<string, PackageFiles>();
let count = 0;

/** A package that the engine can read below `base`. */
export interface Route {
  base: string;
  /** The same text with the package's own address in the place of `base`. */
  readable(text: string): string;
  close(): void;
}

/** Answers for a package until the route is closed. */
export function open(files: PackageFiles): Route {
  if (count === 0) install();
  const base = `${SCHEME}${++count}`;
  routes.set(base, files);
  const { base: folder, key } = files.location;
  return {
    base,
    readable: (text) => text.replaceAll(`${base}/`, folder ?? `${key}/`),
    close: () => void routes.delete(base),
  };
}

function install(): void {
  const browsers = globalThis.fetch;
  globalThis.fetch = function (input, init) {
    if (typeof input !== "string" || !input.startsWith(SCHEME)) {
      return browsers.call(globalThis, input, init);
    }
    return answer(input, init);
  };
}

async function answer(url: string, init: RequestInit | undefined): Promise<Response> {
  init?.signal?.throwIfAborted();
  const slash = url.indexOf("/");
  const files = routes.get(url.slice(0, slash));
  if (!files) throw new TypeError("this package has been disposed of");
  const path = url.slice(slash + 1);
  const blob = files.blob(path);
  // Without a cache only the manifest is at hand.
  if (!blob) return get(urlOf(files.location, path), init);
  const range = /^bytes=(\d+)-(\d+)$/.exec(new Headers(init?.headers).get("range") ?? "");
  if (!range || path === MANIFEST) return new Response(stream(blob, init?.signal));
  const part = blob.slice(Number(range[1]), Number(range[2]) + 1);
  return new Response(stream(part, init?.signal), { status: 206 });
}

/** Reading ends with an error when the signal fires. */
function stream(blob: Blob, signal: AbortSignal | null | undefined): ReadableStream<Uint8Array> {
  return signal ? blob.stream().pipeThrough(new TransformStream(), { signal }) : blob.stream();
}
