/**
 * A package of a checkpoint that nobody has converted before: found, fetched, converted while the bytes arrive, and
 * kept. The next time it is there, and only the checkpoint's version is asked for.
 */

import type { Conversion, Plan } from "agff:conversion";
import { askerFor, isUnreachable, patiently, pause } from "./checkpoint-http.js";
import {
  addressOf,
  type Checkpoint,
  type CheckpointFile,
  findCheckpoint,
  isStill,
  readSmall,
} from "./checkpoint-remote.js";
import { checkMemory, checkRoom } from "./checkpoint-room.js";
import { type Draft, draftInMemory, draftInStore } from "./conversion-store.js";
import type { ConvertingHost } from "./engine.js";
import { AgffError, throwIfAborted, toAgffError } from "./errors.js";
import { parseFiles } from "./manifest.js";
import { alone } from "./opfs.js";
import { type Keep, type Kept, openKeep, PackageFiles, type Report } from "./package-files.js";
import type { CheckpointLocation, LoadRequest, PlanReply } from "./protocol.js";

/** How often a download that brings nothing is tried again. */
const RETRIES = 5;

/** Bytes after which it is noted where to go on, and milliseconds. */
const NOTE_EVERY = { bytes: 32 * 2 ** 20, time: 2000 };

/** Opens the package that a checkpoint is converted to, and makes it if it is not there. */
export async function openCheckpoint(
  start: () => Promise<ConvertingHost>,
  request: LoadRequest & { location: { checkpoint: CheckpointLocation } },
  report: Report,
  signal: AbortSignal | undefined,
): Promise<PackageFiles> {
  const { location, memory } = request;
  const { checkpoint, key } = location;
  // The engine reads a package from files, so without a cache they are kept in memory.
  const place = await openKeep(request.cache === false ? "memory" : request.cache, memory);
  const kept = await place.keep.kept(key);
  const { found, offline } =
    (await withoutEngine(place.keep, checkpoint, kept, signal)) ??
    (await findOrOffline(await start(), checkpoint, kept, signal));
  if (found?.finished !== undefined) {
    if (checkpoint.token !== undefined) {
      const message =
        "is a finished package that not everybody may read: download it, and load its files";
      throw new AgffError("input", found.shown, message);
    }
    const [base, query] = found.finished.split(/(?=\?)/, 2) as [string, string?];
    const finished = { key, base, files: undefined, ...(query ? { query } : {}) };
    return PackageFiles.open(finished, request.cache, memory, signal);
  }
  const counts = { downloaded: 0 };
  const make = (again: boolean) =>
    alone(`conversion ${key}`, signal, async () => {
      // Another tab may have made it meanwhile.
      const now = await place.keep.kept(key);
      if (now && !again && isCurrent(now, found) && (await isThere(place.keep, now))) return now;
      // What was taken without an engine and is damaged has to be found after all.
      const host = await start();
      const source = found ?? (offline ? undefined : await find(host, checkpoint, signal));
      if (!source) {
        const message = "is not whole on this device any more, and its server cannot be reached";
        throw new AgffError("fetch", checkpoint.name, message);
      }
      const draft = place.store ? await draftInStore(place.store, key) : draftInMemory(memory);
      const { device } = request;
      const work = new Work(host, device, checkpoint, source, draft, report, counts, signal);
      const manifest = await work.convert(place.store !== undefined);
      const made = { manifest, version: source.version, listing: source.listing };
      await place.keep.remember(key, made);
      return made;
    });
  const { manifest } = await make(false);
  const how = { mode: place.mode, reason: place.reason, offline };
  const remake = async () => {
    const again = await make(true);
    if (again.manifest !== manifest) {
      throw new AgffError("package-hash", key, "is another model now; load it again");
    }
  };
  const version = found?.version ?? kept?.version;
  const listing = found?.listing ?? kept?.listing;
  return PackageFiles.made(
    location,
    { manifest, version, listing },
    place.keep,
    how,
    counts,
    remake,
  );
}

/** What a checkpoint would take. */
export async function planCheckpoint(
  host: ConvertingHost,
  checkpoint: CheckpointLocation,
  signal: AbortSignal | undefined,
): Promise<PlanReply> {
  const found = await find(host, checkpoint, signal);
  if (found.finished !== undefined) {
    const message =
      "is a package already: plan the URL of its folder, ending in /resolve/REVISION/";
    throw new AgffError("input", found.shown, message);
  }
  const conversion = begin(host, checkpoint, found);
  try {
    const plan = await describe(host, conversion, found, () => {}, signal);
    const download = found.files.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
    return { ...plan, name: found.name, download };
  } finally {
    host.release(conversion);
  }
}

function find(
  host: ConvertingHost,
  checkpoint: CheckpointLocation,
  signal: AbortSignal | undefined,
): Promise<Checkpoint> {
  return host.run(() => {
    const origin = checkpoint.files ? "" : addressOf(host.module, checkpoint).origin;
    return findCheckpoint(host.module, checkpoint, askerFor(checkpoint.token, origin), signal);
  }, checkpoint.name);
}

/** What is kept whole, if that is still what the hub has or the hub cannot be reached: no engine is needed to say so. */
async function withoutEngine(
  keep: Keep,
  checkpoint: CheckpointLocation,
  kept: Kept | undefined,
  signal: AbortSignal | undefined,
): Promise<{ found: undefined; offline: boolean } | undefined> {
  if (kept?.listing === undefined || kept.version === undefined) return undefined;
  if (!(await isThere(keep, kept))) return undefined;
  try {
    const asker = askerFor(checkpoint.token, new URL(kept.listing).origin);
    const still = await isStill(kept.version, kept.listing, asker, signal);
    return still ? { found: undefined, offline: false } : undefined;
  } catch (error) {
    throwIfAborted(signal, checkpoint.name);
    if (!isUnreachable(error)) throw error;
    return { found: undefined, offline: true };
  }
}

async function findOrOffline(
  host: ConvertingHost,
  checkpoint: CheckpointLocation,
  kept: Kept | undefined,
  signal: AbortSignal | undefined,
): Promise<{ found: Checkpoint | undefined; offline: boolean }> {
  try {
    return { found: await find(host, checkpoint, signal), offline: false };
  } catch (error) {
    throwIfAborted(signal, checkpoint.name);
    if (!isUnreachable(error) || !kept) throw error;
    return { found: undefined, offline: true };
  }
}

function isCurrent(kept: Kept, found: Checkpoint | undefined): boolean {
  return !found || kept.version === found.version;
}

async function isThere(keep: Keep, { manifest }: Kept): Promise<boolean> {
  for (const entry of parseFiles(manifest, "")) {
    if ((await keep.blob(entry))?.size !== entry.bytes) return false;
  }
  return true;
}

function begin(
  host: ConvertingHost,
  checkpoint: CheckpointLocation,
  found: Checkpoint,
): Conversion {
  const { dtype, regions, views, minPixels, maxPixels } = checkpoint;
  return new host.module.Conversion(found.shown, {
    dtype,
    regions,
    views,
    minPixels,
    maxPixels,
    name: found.name,
    checkpoint: found.shown,
    adapter: found.adapter,
  });
}

async function describe(
  host: ConvertingHost,
  conversion: Conversion,
  found: Checkpoint,
  count: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<Plan> {
  const small = found.files.filter(({ weights }) => !weights);
  const contents = await Promise.all(small.map((file) => readSmall(file, signal)));
  for (const [i, bytes] of contents.entries()) {
    const { path } = small[i]!;
    count(bytes.byteLength);
    await host.run(() => conversion.insert(path, bytes), path);
  }
  return host.run(() => conversion.describe(), found.shown);
}

/** A file of weights whose length is known. */
type Weights = CheckpointFile & { readonly bytes: number };

/** One conversion. */
class Work {
  private readonly conversion: Conversion;
  /** Whether a piece is being written, or could not be. */
  private torn = false;

  constructor(
    private readonly host: ConvertingHost,
    private readonly device: LoadRequest["device"],
    checkpoint: CheckpointLocation,
    private readonly found: Checkpoint,
    private readonly draft: Draft,
    private readonly report: Report,
    private readonly counts: { downloaded: number },
    private readonly signal: AbortSignal | undefined,
  ) {
    this.conversion = begin(host, checkpoint, found);
  }

  /** Makes the package and gives its manifest. */
  async convert(inStore: boolean): Promise<string> {
    const { conversion, found, draft, host } = this;
    try {
      const plan = await describe(host, conversion, found, (n) => this.count(n), this.signal);
      checkMemory(plan, this.device, found.shown);
      const weights = await this.readHeaders();
      const files = await host.run(() => conversion.begin(), found.shown);
      const resumed = await this.resume(files);
      if (!resumed) {
        await draft.discard();
        if (inStore) await checkRoom(files, found.shown);
        await this.write(await host.run(() => conversion.known(), found.shown));
      }
      try {
        await this.feedAll(weights);
      } catch (error) {
        // Where a piece could not be written the state is ahead of the files: the one that was noted before stays.
        if (!this.torn) await this.note().catch(() => {});
        throw error;
      }
      await draft.close();
      for (const { path } of files) await this.seal(await draft.read(path), path);
      const manifest = await host.run(() => conversion.finish(), found.shown);
      await draft.finish(parseFiles(manifest, found.shown));
      return manifest;
    } catch (error) {
      // What is wrong with the bytes themselves is not to be gone on with.
      const wrong = error instanceof AgffError && /^package-(hash|not-finite)$/.test(error.code);
      if (wrong) await draft.discard();
      throw error;
    } finally {
      await draft.close().catch(() => {});
      host.release(conversion);
    }
  }

  private async readHeaders(): Promise<Weights[]> {
    const weights: Weights[] = [];
    for (const file of this.found.files) {
      if (!file.weights) continue;
      const { header, bytes } = await patiently(() => this.readHeader(file), this.signal);
      await this.host.run(
        () => this.conversion.addFile(file.path, bytes, file.sha256, header),
        file.path,
      );
      weights.push({ ...file, bytes });
    }
    return weights;
  }

  /** The header of a file of weights, and the file's length. */
  private async readHeader(file: CheckpointFile): Promise<{ header: Uint8Array; bytes: number }> {
    const answer = await file.open(0, this.signal);
    try {
      const bytes = file.bytes ?? answer.total;
      if (bytes === undefined) {
        throw new AgffError("fetch", file.path, "its server does not say how long it is");
      }
      let head = new Uint8Array(0);
      let wanted = 8;
      for (let known = false; head.byteLength < wanted || !known;) {
        if (head.byteLength >= wanted) {
          const prefix = head.subarray(0, 8);
          const length = await this.host.run(() =>
            this.host.module.Conversion.headerLength(prefix, file.path, bytes),
          );
          wanted = 8 + length;
          known = true;
          continue;
        }
        const { done, value } = await answer.read();
        if (done) {
          const message = "ends within its header; copy it to the server again";
          throw new AgffError("package-truncated", file.path, message);
        }
        this.count(value.byteLength);
        const longer = new Uint8Array(head.byteLength + value.byteLength);
        longer.set(head);
        longer.set(value, head.byteLength);
        head = longer;
      }
      return { header: head.slice(8, wanted), bytes };
    } finally {
      answer.cancel();
    }
  }

  /** Goes on where an earlier conversion stopped, if there was one and its files are there. */
  private async resume(files: readonly { path: string }[]): Promise<boolean> {
    const text = await this.draft.state();
    if (text === undefined) return false;
    let noted: { version?: unknown; state?: unknown };
    try {
      noted = JSON.parse(text) as typeof noted;
    } catch {
      return false;
    }
    if (noted.version !== this.found.version || typeof noted.state !== "string") return false;
    const { state } = noted;
    const lengths = await Promise.all(files.map(({ path }) => this.draft.length(path)));
    return this.host.run(() => this.conversion.resume(state, Float64Array.from(lengths)));
  }

  private async feedAll(weights: readonly Weights[]): Promise<void> {
    const { conversion, host } = this;
    const total = weights.reduce((sum, { bytes }) => sum + bytes, 0);
    let noted = { bytes: 0, time: performance.now() };
    for (let failures = 0; ;) {
      const position = await host.run(() => conversion.position());
      if (!position) return;
      const file = weights[position.file]!;
      const before = weights.slice(0, position.file).reduce((sum, { bytes }) => sum + bytes, 0);
      let { at } = position;
      const tell = () =>
        this.report({
          phase: "package",
          loaded: before + at,
          total,
          file: file.path,
          fileLoaded: at,
          fileTotal: file.bytes,
        });
      tell();
      try {
        const { read, cancel } = await file.open(at, this.signal);
        try {
          while (at < file.bytes) {
            const { done, value } = await read();
            throwIfAborted(this.signal, file.path);
            if (done) break;
            if (at + value.byteLength > file.bytes) {
              const message = `has more than the ${file.bytes} bytes that were announced`;
              throw new AgffError("package-truncated", file.path, message);
            }
            await this.write(await host.run(() => conversion.feed(value), file.path));
            at += value.byteLength;
            noted.bytes += value.byteLength;
            this.count(value.byteLength);
            failures = 0;
            tell();
            const since = performance.now() - noted.time;
            if (noted.bytes > NOTE_EVERY.bytes || since > NOTE_EVERY.time) {
              await this.note();
              noted = { bytes: 0, time: performance.now() };
            }
          }
        } finally {
          cancel();
        }
      } catch (error) {
        throwIfAborted(this.signal, file.path);
        const broken = isUnreachable(error) && !this.torn;
        if (!broken || failures >= RETRIES) throw error;
      }
      if (at < file.bytes) {
        if (++failures > RETRIES) {
          const message =
            "its server does not send the rest of it; try again later, what came is kept";
          throw new AgffError("fetch", file.path, message);
        }
        if (failures > 1) await pause(200 * 2 ** failures, this.signal);
      }
    }
  }

  private async seal(file: Blob, path: string): Promise<void> {
    const body = file.stream().getReader() as ReadableStreamDefaultReader<Uint8Array>;
    for (;;) {
      const { done, value } = await body.read();
      throwIfAborted(this.signal, path);
      if (done) return;
      await this.host.run(() => this.conversion.seal(value), path);
    }
  }

  private async write(writes: ReturnType<Conversion["feed"]>): Promise<void> {
    this.torn = true;
    try {
      for (const { path, at, bytes } of writes) await this.draft.write(path, at, bytes);
    } catch (error) {
      if (error instanceof AgffError) throw error;
      const message = `the package could not be written: ${toAgffError(error).message}`;
      throw new AgffError("io", this.found.shown, message, error);
    }
    this.torn = false;
  }

  private async note(): Promise<void> {
    const state = await this.host.run(() => this.conversion.state());
    await this.draft.remember(JSON.stringify({ version: this.found.version, state }));
  }

  private count(bytes: number): void {
    this.counts.downloaded += bytes;
  }
}
