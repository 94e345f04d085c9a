/** What the engine reads a package with: a `fetch` that answers from the blobs that are at hand. */

import { get } from "./download.js";
import { MANIFEST } from "./manifest.js";
import { type PackageFiles, urlOf } from "./package-files.js";
import type { PackageLocation } from "./protocol.js";

/** The engine's name for the folder of a package, which its messages use: one that people know. */
export function folderOf({ base, key }: PackageLocation): string {
  return (base ?? key).replace(/\/*$/, "/");
}

/** Answers for the files below {@link folderOf}, whole or by range. */
export function fetchFrom(
  files: PackageFiles,
): (url: string, init?: RequestInit) => Promise<Response> {
  const folder = folderOf(files.location);
  return async (url, init) => {
    init?.signal?.throwIfAborted();
    const path = url.slice(folder.length);
    const blob = files.blob(path);
    // Without a cache only the manifest is at hand.
    if (!blob) return get(urlOf(files.location, path), init);
    const range = /^bytes=(\d+)-(\d+)$/.exec(new Headers(init?.headers).get("range") ?? "");
    if (!range || path === MANIFEST) return new Response(stream(blob, init?.signal));
    const part = blob.slice(Number(range[1]), Number(range[2]) + 1);
    return new Response(stream(part, init?.signal), { status: 206 });
  };
}

/** Reading ends with an error when the signal fires. */
function stream(blob: Blob, signal: AbortSignal | null | undefined): ReadableStream<Uint8Array> {
  return signal ? blob.stream().pipeThrough(new TransformStream(), { signal }) : blob.stream();
}
