/** Where a package is, in the words of a caller and in those of the protocol. */

import { MANIFEST } from "./manifest.js";
import { absolute } from "./portable.js";
import type { PackageLocation } from "./protocol.js";
import type { PackageUrls } from "./types.js";

/** Understands the folder of a package, its `agff.json`, `"agff-nano"`, or a URL for each file. */
export async function locate(source: string | URL | PackageUrls): Promise<PackageLocation> {
  if (source === "agff-nano") return locate((await import("./nano.js")).nano);
  if (typeof source === "object" && "files" in source) {
    const files = Object.entries(source.files).map(([path, url]) => [path, absolute(url, path)]);
    return { key: source.name, base: undefined, files: Object.fromEntries(files) };
  }
  const url = new URL(absolute(source, String(source)));
  url.search = url.hash = "";
  url.pathname = url.pathname.replace(new RegExp(`/${MANIFEST}$`), "/");
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return { key: url.href, base: url.href, files: undefined };
}
