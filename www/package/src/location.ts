/** Where a model is, in the words of a caller and in those of the protocol. */

import { AgffError } from "./errors.js";
import { HUB_NAME } from "./hub-name.js";
import { MANIFEST } from "./manifest.js";
import { absolute } from "./portable.js";
import type { PackageLocation } from "./protocol.js";
import type { CheckpointOptions, ModelSource, PackageUrls } from "./types.js";

/** What a hub shows in a browser in the place of the files themselves. */
const SHOWN = /^(https:\/\/(?:huggingface\.co|hf\.co)\/[^/]+\/[^/]+\/)(?:blob|tree|raw)\//;

/**
 * Understands `"photo"`, `"agff-nano"`, the folder of a package, its `agff.json`, or a URL for each file; the name of
 * a checkpoint at a hub, or the URL of its folder; and files that were chosen.
 */
export async function locate(
  source: ModelSource,
  options: CheckpointOptions = {},
): Promise<PackageLocation> {
  if (source === "agff-nano") return locate((await import("./nano.js")).nano);
  if (source === "photo") {
    const { photo } = await import("./photo.js");
    if (photo) return locate(photo);
    const message =
      "this build of agff has no model of photos: make it with `make photo-model` and build again, " +
      'or load the small model of drawings, "agff-nano"';
    throw new AgffError("package-file-missing", "photo", message);
  }
  if (typeof source === "object" && source !== null && Symbol.iterator in source) {
    return (await import("./checkpoint-location.js")).ofFiles([...source], options);
  }
  if (typeof source === "object" && source !== null && "files" in source) return ofUrls(source);
  const text = String(source);
  const isName = typeof source === "string" && HUB_NAME.test(text);
  const asked = ["dtype", "revision", "token", "hub", "adapter", "regions", "views"] as const;
  const surely = asked.some((option) => options[option] !== undefined);
  const address = isName ? text : absolute(source, text);
  const { checkpointOf } = await import("./checkpoint-location.js");
  const checkpoint = checkpointOf(address, isName ? text : address.split("?", 1)[0]!, options);
  if (isName && surely) {
    return { key: checkpoint.key, base: undefined, files: undefined, checkpoint };
  }
  const url = new URL(absolute(source, text).replace(SHOWN, "$1resolve/"));
  const { search } = url;
  url.search = url.hash = "";
  url.pathname = url.pathname.replace(new RegExp(`/${MANIFEST}$`), "/");
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  // What a query says may be needed for every file, such as a token; a folder's name it is not.
  const query = search === "" ? {} : { query: search };
  return { key: url.href, base: url.href, files: undefined, checkpoint, ...query };
}

function ofUrls(source: PackageUrls): PackageLocation {
  const files = Object.entries(source.files).map(([path, url]) => [path, absolute(url, path)]);
  return { key: source.name, base: undefined, files: Object.fromEntries(files) };
}
