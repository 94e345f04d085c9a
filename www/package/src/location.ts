/** Where a package is, in the words of a caller and in those of the protocol. */

import { AgffError } from "./errors.js";
import { MANIFEST } from "./manifest.js";
import { absolute } from "./portable.js";
import type { PackageLocation } from "./protocol.js";
import type { PackageUrls } from "./types.js";

/** Understands `"photo"`, `"agff-nano"`, the folder of a package, its `agff.json`, or a URL for each file. */
export async function locate(source: string | URL | PackageUrls): Promise<PackageLocation> {
  if (source === "agff-nano") return locate((await import("./nano.js")).nano);
  if (source === "photo") {
    const { photo } = await import("./photo.js");
    if (photo) return locate(photo);
    const message =
      "this build of agff has no model of photos: make it with `make photo-model` and build again, " +
      'or load the small model of drawings, "agff-nano"';
    throw new AgffError("package-file-missing", "photo", message);
  }
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
