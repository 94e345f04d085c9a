/** Where a checkpoint is, and what is to be made of it. */

import { AgffError } from "./errors.js";
import { wholeFrom } from "./given.js";
import { HUB_NAME } from "./hub-name.js";
import { MANIFEST } from "./manifest.js";
import { absolute } from "./portable.js";
import type { CheckpointLocation, PackageLocation } from "./protocol.js";
import type { CheckpointOptions } from "./types.js";

/** The checkpoint of an address, as these options want it. */
export function checkpointOf(
  address: string,
  name: string,
  options: CheckpointOptions,
  files?: CheckpointLocation["files"],
): CheckpointLocation {
  const { dtype = "q8", hub, revision, token, regions, minPixels, maxPixels } = options;
  if (regions !== undefined) wholeFrom("regions", regions, 2, 15);
  const views =
    options.views === undefined || typeof options.views === "string"
      ? options.views
      : JSON.stringify(options.views);
  const adapter = options.adapter === undefined ? undefined : addressOf(options.adapter);
  // All that the package depends on.
  const also = { hub, revision, adapter, regions, minPixels, maxPixels, views };
  const said = Object.entries(also).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} ${value}`],
  );
  const key = [name, `as ${dtype}`, ...said].join(", ");
  return {
    key,
    name,
    address,
    files,
    hub,
    revision,
    token,
    dtype,
    regions,
    adapter,
    views,
    minPixels,
    maxPixels,
  };
}

/** A name of a hub as it is, anything else as an absolute URL. */
function addressOf(source: string | URL): string {
  const text = String(source);
  return typeof source === "string" && HUB_NAME.test(text) ? text : absolute(source, text);
}

/** The files of a chosen folder: a package, or a checkpoint. */
export function ofFiles(all: readonly File[], options: CheckpointOptions): PackageLocation {
  const pathOf = (file: File) => file.webkitRelativePath || file.name;
  const depth = (file: File) => pathOf(file).split("/").length;
  const nearest = (name: string) =>
    all.filter((file) => file.name === name).sort((a, b) => depth(a) - depth(b))[0];
  const top = nearest(MANIFEST) ?? nearest("config.json");
  if (!top) {
    const message =
      "there is neither an agff.json nor a config.json; choose the folder of a package or of a checkpoint";
    throw new AgffError("package-file-missing", "files", message);
  }
  const base = pathOf(top).slice(0, -top.name.length);
  const name = base.split("/").at(-2) ?? "files";
  const inside = all
    .filter((file) => pathOf(file).startsWith(base))
    .map((file) => ({ path: pathOf(file).slice(base.length), file }));
  if (top.name === MANIFEST) {
    const urls = inside.map(({ path, file }) => [path, URL.createObjectURL(file)]);
    return { key: `folder ${name}`, base: undefined, files: Object.fromEntries(urls) };
  }
  return {
    key: name,
    base: undefined,
    files: undefined,
    checkpoint: checkpointOf("", `folder ${name}`, options, inside),
  };
}
