/**
 * A model package from a folder of this device. Its files are read once, into the browser's private
 * store, where the next visit finds them: all that has to be remembered for that is the manifest.
 */

import { AgffError, type PackageUrls } from "agff";

/** What is remembered of a folder. */
export interface KeptFolder {
  name: string;
  manifest: string;
}

/** Whether something that was remembered is a folder. */
export function isKept(folder: unknown): folder is KeptFolder {
  if (typeof folder !== "object" || folder === null) return false;
  const { name, manifest } = folder as Partial<Record<string, unknown>>;
  return typeof name === "string" && typeof manifest === "string";
}

/** The package in these files of a chosen folder. */
export async function folderOf(
  files: Iterable<File>,
): Promise<{ folder: KeptFolder; source: PackageUrls }> {
  const all = [...files];
  const manifest = all.find(({ name }) => name === "agff.json");
  if (!manifest) {
    const message = "there is no agff.json in this folder; choose the folder of a model package";
    throw new AgffError("package-manifest", "", message);
  }
  const path = (file: File) => file.webkitRelativePath || file.name;
  const base = path(manifest).slice(0, -"agff.json".length);
  const inside = all.filter((file) => path(file).startsWith(base));
  const name = `folder ${base.replace(/\/$/, "").split("/").at(-1) || "model"}`;
  const urls = inside.map((file) => [path(file).slice(base.length), URL.createObjectURL(file)]);
  const folder = { name, manifest: await manifest.text() };
  return { folder, source: { name, files: Object.fromEntries(urls) as Record<string, string> } };
}

/** Gives the addresses of the files back, when they have been read. */
export function release({ files }: PackageUrls): void {
  for (const url of Object.values(files)) URL.revokeObjectURL(url);
}

/** The same package on a later visit: all but the manifest is in the store. */
export function folderAgain({ name, manifest }: KeptFolder): PackageUrls {
  const url = `data:application/json,${encodeURIComponent(manifest)}`;
  const { files = [] } = JSON.parse(manifest) as { files?: { path: string }[] };
  // What is not in the store any more has no address; asking for it fails with the file's name.
  const gone = files.map(({ path }) => [path, `data:application/octet-stream,`]);
  return { name, files: { ...Object.fromEntries(gone), "agff.json": url } };
}
