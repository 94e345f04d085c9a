/** What a model would take, before it is downloaded. */

import { planCheckpoint } from "./checkpoint-package.js";
import type { EngineHost } from "./engine.js";
import { AgffError, throwIfAborted, toAgffError } from "./errors.js";
import type { Manifest } from "./manifest.js";
import { PackageFiles } from "./package-files.js";
import type { PackageLocation, PlanReply } from "./protocol.js";

/** Of a package from its manifest, of a checkpoint from its small files. */
export async function planOf(
  host: EngineHost,
  location: PackageLocation,
  signal: AbortSignal | undefined,
): Promise<PlanReply> {
  const { base, files, checkpoint } = location;
  if (base === undefined && !files && checkpoint) return planCheckpoint(host, checkpoint, signal);
  try {
    const memory = { files: new Map(), manifests: new Map(), versions: new Map() };
    const { manifest } = await PackageFiles.open(location, false, memory, signal);
    return ofPackage(JSON.parse(manifest) as Manifest);
  } catch (error) {
    throwIfAborted(signal, location.key);
    const none = /^(package-file-missing|package-manifest|fetch)$/.test(toAgffError(error).code);
    if (!checkpoint || !none) throw error;
    return planCheckpoint(host, checkpoint, signal);
  }
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
