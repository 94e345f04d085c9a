/** A place may be the folder of a package, or that of a checkpoint, or the name of one at a hub: whichever is there. */

import { AgffError, toAgffError } from "./errors.js";
import type { CheckpointLocation, PackageLocation } from "./protocol.js";

/** Opens the package, or where there is none the checkpoint. */
export async function packageOrCheckpoint<T>(
  { key, base, files, checkpoint }: PackageLocation,
  asPackage: () => Promise<T>,
  asCheckpoint: (checkpoint: CheckpointLocation) => Promise<T>,
  isKept: (key: string) => Promise<boolean>,
): Promise<T> {
  if (!checkpoint) return asPackage();
  if (base === undefined && !files) return asCheckpoint(checkpoint);
  let none: AgffError;
  try {
    return await asPackage();
  } catch (error) {
    none = toAgffError(error, key);
    if (!/^(package-file-missing|package-manifest|fetch)$/.test(none.code)) throw error;
    // That one's own server is not there does not make a folder's name one at the hub.
    const isName = !checkpoint.address.includes("://");
    if (none.code === "fetch" && isName && !(await isKept(checkpoint.key))) throw error;
  }
  try {
    return await asCheckpoint(checkpoint);
  } catch (error) {
    const { code, subject, message, cause } = toAgffError(error, checkpoint.name);
    // Whoever has an agff.json that is none has no checkpoint beside it; some servers answer everything.
    const isUrl = checkpoint.address.includes("://");
    if (none.code === "package-manifest" && isUrl) throw none;
    if (!/^(package-file-missing|fetch)$/.test(code)) throw error;
    throw new AgffError(
      code,
      subject,
      `${message}; and of a package at ${base ?? key}: ${none.message}`,
      cause,
    );
  }
}
