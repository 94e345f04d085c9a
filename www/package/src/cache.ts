/** `Agff.cache`: what of packages is kept in the browser's private file system. */

import { memory } from "./backend.js";
import { AgffError } from "./errors.js";
import { locate } from "./location.js";
import { parseFiles, type FileEntry } from "./manifest.js";
import { draftName, openStore, type PackageRecord, type Store } from "./opfs.js";
import type { CachedPackage, CheckpointOptions, PackageCache, PackageUrls } from "./types.js";

async function list(): Promise<CachedPackage[]> {
  const store = await openStore();
  if (typeof store === "string") return [];
  const packages = (await store.records()).map(async (record) => {
    const files = filesOf(record);
    const sizes = files.map(async ({ sha256 }) => (await store.file(sha256))?.size ?? 0);
    return {
      url: record.key,
      name: (JSON.parse(record.manifest) as { name: string }).name,
      bytes: sum(await Promise.all(sizes)),
      total: sum(files.map(({ bytes }) => bytes)),
      used: new Date(record.used),
    };
  });
  return (await Promise.all(packages)).sort((a, b) => b.used.getTime() - a.used.getTime());
}

async function remove(
  source?: string | URL | PackageUrls,
  options?: CheckpointOptions,
): Promise<void> {
  const place = source === undefined ? undefined : await locate(source, options);
  const keys = place && [
    place.key,
    ...(place.checkpoint ? [place.checkpoint.key] : []),
    String(source),
  ];
  if (keys === undefined) {
    memory.files.clear();
    memory.manifests.clear();
    memory.versions.clear();
  } else {
    for (const key of keys) forgetInMemory(key);
  }
  const store = await openStore();
  if (typeof store === "string") return;
  const records = await store.records();
  const gone = records.filter((record) => keys === undefined || keys.includes(record.key));
  const wanted = hashesOf(records.filter((record) => !gone.includes(record)));
  const unwanted = keys === undefined ? await store.names() : [...hashesOf(gone)];
  for (const record of gone) await store.forget(record.key);
  for (const name of unwanted) if (!wanted.has(name)) await removeFile(store, name);
  // What is half made of a checkpoint.
  for (const name of keys
    ? await Promise.all(keys.map(draftName))
    : await store.conversionNames()) {
    await store.dropConversion(name).catch(() => {});
  }
}

async function persist(): Promise<boolean> {
  return (await navigator.storage?.persist?.()) ?? false;
}

export const cache: PackageCache = { list, delete: remove, persist };

function forgetInMemory(key: string): void {
  const manifest = memory.manifests.get(key);
  memory.manifests.delete(key);
  memory.versions.delete(key);
  if (manifest === undefined) return;
  const wanted = new Set(
    [...memory.manifests.values()].flatMap((other) => parseFiles(other, "").map((f) => f.sha256)),
  );
  for (const { sha256 } of parseFiles(manifest, key)) {
    if (!wanted.has(sha256)) memory.files.delete(sha256);
  }
}

async function removeFile(store: Store, name: string): Promise<void> {
  try {
    await store.remove(name);
  } catch (error) {
    const message = "this file is being downloaded; stop the loading first";
    throw new AgffError("io", name, message, error);
  }
}

function hashesOf(records: readonly PackageRecord[]): Set<string> {
  return new Set(records.flatMap((record) => filesOf(record).map(({ sha256 }) => sha256)));
}

function filesOf(record: PackageRecord): FileEntry[] {
  return parseFiles(record.manifest, record.key);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
