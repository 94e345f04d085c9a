/**
 * Where a checkpoint's files are: at a model hub, in a folder of some server, or on this device. What of them is
 * needed is the engine's to say.
 */

import type { CheckpointAddress, ChosenFile } from "agff:conversion";
import { type Answer, type Asker, askerFor, patiently, until } from "./checkpoint-http.js";
import type { ConvertingModule } from "./engine.js";
import { AgffError, throwIfAborted } from "./errors.js";
import { MANIFEST } from "./manifest.js";
import type { CheckpointLocation } from "./protocol.js";

/** A file of a checkpoint. */
export interface CheckpointFile {
  readonly path: string;
  /** Undefined where no listing says it. */
  readonly bytes: number | undefined;
  readonly sha256: string | undefined;
  /** Whether it has weights in it. */
  readonly weights: boolean;
  /** Begins to read at a byte. */
  open(from: number, signal: AbortSignal | undefined): Promise<Answer>;
}

/** A checkpoint that was found. */
export interface Checkpoint {
  /** What it is called in messages, and in what the package says of where it comes from. */
  readonly shown: string;
  /** A name for the package. */
  readonly name: string;
  /** What an adapter is called that is folded in, if it is from somewhere else. */
  readonly adapter?: string;
  /** Tells its files from those of another day. */
  readonly version: string;
  readonly files: readonly CheckpointFile[];
  /** The URL of the listing that the version was read from, if it is a hub's. */
  readonly listing?: string;
  /** The URL of the folder, if it is a finished package and no checkpoint. */
  readonly finished?: string;
}

/** The files of an adapter. */
const ADAPTER = ["adapter_config.json", "adapter_model.safetensors"];

/** Most bytes of a small file. */
const MOST_SMALL = 256 * 2 ** 20;

/** Finds the files that a checkpoint is converted from; the weights come last, in their order. */
export async function findCheckpoint(
  engine: ConvertingModule,
  location: CheckpointLocation,
  asker: Asker,
  signal: AbortSignal | undefined,
): Promise<Checkpoint> {
  const found = await findModel(engine, location, asker, signal);
  if (location.adapter === undefined || found.finished !== undefined) return found;
  const adapter = await findAdapter(engine, location, location.adapter, signal);
  const others = found.files.filter(({ path }) => !ADAPTER.includes(path));
  const { listing: _, ...model } = found;
  return {
    ...model,
    adapter: adapter.shown,
    version: `${found.version}\n${adapter.version}`,
    files: [...adapter.files, ...others],
  };
}

function findModel(
  engine: ConvertingModule,
  location: CheckpointLocation,
  asker: Asker,
  signal: AbortSignal | undefined,
): Promise<Checkpoint> {
  if (location.files) return Promise.resolve(ofFiles(engine, location.files, location.name));
  const address = addressOf(engine, location);
  return address.listing === undefined
    ? ofFolder(engine, address, asker, signal)
    : ofHub(address, address.listing, asker, signal);
}

/** The two files of an adapter that is somewhere else than its model. */
async function findAdapter(
  engine: ConvertingModule,
  { adapter: _, token, ...location }: CheckpointLocation,
  place: string,
  signal: AbortSignal | undefined,
): Promise<Checkpoint> {
  const address = addressOf(engine, { ...location, adapter: undefined, token, address: place });
  const home = addressOf(engine, { ...location, adapter: undefined, token });
  // A token is for the origin of the model, and nobody else is told it.
  const asker = askerFor(address.origin === home.origin ? token : undefined, address.origin);
  const { shown, name, listing } = address;
  if (listing !== undefined) return ofHub(address, listing, asker, signal, "adapter");
  const files: CheckpointFile[] = [];
  const versions: string[] = [];
  for (const path of ADAPTER) {
    const found = await probe(engine, address, path, asker, signal);
    if (!found) {
      const message = "is not there; is this the folder of an adapter?";
      throw new AgffError("package-file-missing", `${shown}/${path}`, message);
    }
    files.push(found.file);
    versions.push(found.version);
  }
  return { shown, name, version: versions.join("\n"), files };
}

/**
 * Whether a hub still has this version, asked without an engine; undefined if its listing is not understood, so that an
 * engine has to say what it means.
 */
export async function isStill(
  version: string,
  listing: string,
  asker: Asker,
  signal: AbortSignal | undefined,
): Promise<boolean | undefined> {
  const { bytes } = await patiently(async () => {
    const answer = await asker.find(listing, signal);
    return answer ? until(answer, MOST_SMALL) : { bytes: new Uint8Array(0) };
  }, signal);
  try {
    const { sha } = JSON.parse(new TextDecoder().decode(bytes)) as { sha?: unknown };
    return typeof sha === "string" ? sha === version : undefined;
  } catch {
    return undefined;
  }
}

/** The address that a text means. */
export function addressOf(
  engine: ConvertingModule,
  location: CheckpointLocation,
): CheckpointAddress {
  const address = new engine.CheckpointAddress(location.address, location.hub);
  return location.revision === undefined ? address : address.at(location.revision);
}

/** A whole small file. */
export async function readSmall(
  file: CheckpointFile,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const read = async () => until(await file.open(0, signal), MOST_SMALL);
  const { bytes } = await patiently(read, signal);
  if (file.bytes === undefined || bytes.byteLength === file.bytes) return bytes;
  const message = `has ${bytes.byteLength} bytes, ${file.bytes} were announced; try again`;
  throw new AgffError("package-truncated", file.path, message);
}

/** A hub's repository: its listing says everything before the first download. */
async function ofHub(
  address: CheckpointAddress,
  listing: string,
  asker: Asker,
  signal: AbortSignal | undefined,
  what: "checkpoint" | "adapter" = "checkpoint",
): Promise<Checkpoint> {
  const { bytes } = await patiently(async () => {
    const answer = await asker.find(listing, signal);
    if (!answer) throw address.missing();
    return until(answer, MOST_SMALL);
  }, signal);
  const { shown, name } = address;
  if (what === "checkpoint" && address.lists(bytes, MANIFEST)) {
    return { shown, name, version: "", files: [], finished: address.file("") };
  }
  const { commit, files } =
    what === "adapter" ? address.chooseAdapter(bytes) : address.choose(bytes);
  const at = address.at(commit!);
  return {
    shown: shown.includes("@") ? shown : `${shown}@${commit!.slice(0, 12)}`,
    name,
    version: commit!,
    listing,
    files: files.map((file) => remote(file, at.file(file.path), asker)),
  };
}

/** A folder of a server that lists nothing: its files are asked for one by one. */
async function ofFolder(
  engine: ConvertingModule,
  address: CheckpointAddress,
  asker: Asker,
  signal: AbortSignal | undefined,
): Promise<Checkpoint> {
  const versions: string[] = [];
  const find = async (path: string): Promise<CheckpointFile | undefined> => {
    const found = await probe(engine, address, path, asker, signal);
    if (found) versions.push(found.version);
    return found?.file;
  };
  const { CheckpointAddress } = engine;
  const config = await find("config.json");
  if (!config) {
    const message = "has no config.json; is it the folder of a checkpoint?";
    throw new AgffError("package-file-missing", address.shown, message);
  }
  const others = await Promise.all(CheckpointAddress.smallFiles().map(find));
  const files = [config, ...others.filter((file) => file !== undefined)];
  const single = await find("model.safetensors");
  if (single) files.push(single);
  else {
    const index = await find("model.safetensors.index.json");
    if (!index) {
      const message =
        "has neither model.safetensors nor its index; other formats of weights are not read";
      throw new AgffError("package-family", address.shown, message);
    }
    const json = await readSmall(index, signal);
    for (const path of CheckpointAddress.indexed(json, index.path)) {
      const shard = await find(path);
      if (!shard) {
        const message = "is not there, though the index names it";
        throw new AgffError("package-file-missing", address.shown + "/" + path, message);
      }
      files.push(shard);
    }
  }
  // Answers come in any order.
  return { shown: address.shown, name: address.name, version: versions.sort().join("\n"), files };
}

/** Asks for one file of a server that lists nothing. */
async function probe(
  { CheckpointAddress }: ConvertingModule,
  address: CheckpointAddress,
  path: string,
  asker: Asker,
  signal: AbortSignal | undefined,
): Promise<{ file: CheckpointFile; version: string } | undefined> {
  const url = address.file(path);
  const answer = await asker.find(url, signal);
  if (!answer) return undefined;
  answer.cancel();
  const { total, version } = answer;
  const weights = CheckpointAddress.isWeights(path);
  const file = remote({ path, bytes: total, sha256: undefined, weights }, url, asker);
  return { file, version: `${path} ${total} ${version}` };
}

/** Files that somebody has chosen. */
function ofFiles(
  { CheckpointAddress }: ConvertingModule,
  files: NonNullable<CheckpointLocation["files"]>,
  name: string,
): Checkpoint {
  const paths = files.map(({ path }) => path);
  const lengths = Float64Array.from(files, ({ file }) => file.size);
  const chosen = CheckpointAddress.chooseLocal(name, paths, lengths);
  const blob = new Map(files.map(({ path, file }) => [path, file]));
  const version = files.map(({ path, file }) => `${path} ${file.size} ${dateOf(file)}`).join("\n");
  return {
    shown: name,
    name,
    version,
    files: chosen.files.map((file) => ({ ...file, open: opener(blob.get(file.path)!, file) })),
  };
}

function remote(file: ChosenFile, url: string, asker: Asker): CheckpointFile {
  let seen: string | undefined;
  return {
    ...file,
    open: async (from, signal) => {
      const answer = await asker.get(url, from, signal);
      // What cannot be told apart by a hash is told apart by what the server calls its versions.
      if (file.sha256 === undefined && seen !== undefined && answer.version !== seen) {
        answer.cancel();
        const message = "was changed on its server in the middle of the download; load it again";
        throw new AgffError("fetch", file.path, message);
      }
      seen = answer.version;
      return answer;
    },
  };
}

function opener(blob: Blob, file: ChosenFile): CheckpointFile["open"] {
  return async (from, signal) => {
    throwIfAborted(signal, file.path);
    const body = blob.slice(from).stream().getReader() as ReadableStreamDefaultReader<Uint8Array>;
    return {
      read: () => body.read(),
      total: blob.size,
      version: "",
      cancel: () => void body.cancel().catch(() => {}),
    };
  };
}

function dateOf(file: Blob): number {
  return file instanceof File ? file.lastModified : 0;
}
