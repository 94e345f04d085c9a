/** What a model would take, before it is downloaded. */

import { planCheckpoint } from "./checkpoint-package.js";
import { packageOrCheckpoint } from "./either.js";
import type { ConvertingHost } from "./engine.js";
import { AgffError } from "./errors.js";
import type { Manifest } from "./manifest.js";
import { PackageFiles } from "./package-files.js";
import type { PackageLocation, PlanReply } from "./protocol.js";

/** Of a package from its manifest, of a checkpoint from its small files. */
export async function planOf(
  start: () => Promise<ConvertingHost>,
  location: PackageLocation,
  signal: AbortSignal | undefined,
): Promise<PlanReply> {
  const memory = { files: new Map(), manifests: new Map(), versions: new Map() };
  return packageOrCheckpoint(
    location,
    async () => {
      const { manifest } = await PackageFiles.open(location, false, memory, signal);
      return ofPackage(JSON.parse(manifest) as Manifest);
    },
    async (checkpoint) => planCheckpoint(await start(), checkpoint, signal),
    async () => false,
  );
}

function ofPackage({ name, family, files }: Manifest): PlanReply {
  if (!family) throw new AgffError("package-manifest", name, "names no family of models");
  const bytes = (wanted: (file: Manifest["files"][number]) => boolean) =>
    files.filter(wanted).reduce((sum, { bytes }) => sum + bytes, 0);
  const shard = ({ path }: { path: string }) => path.endsWith(".safetensors");
  const tokenTable = bytes((file) => shard(file) && file.blocks !== undefined);
  const all = bytes(shard);
  return {
    name,
    family,
    parameters: undefined,
    download: bytes(() => true),
    package: all,
    device: all - tokenTable,
    tokenTable,
    largest: undefined,
  };
}
