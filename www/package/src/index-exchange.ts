/** An index as a file of vectors, and back: JSON lines here, Parquet in a module that only it loads. */

import { AgffError, throwIfAborted, toAgffError } from "./errors.js";
import { Tally } from "./index-add.js";
import type { IndexDatabase, IndexMeta } from "./index-database.js";
import { insert, type NewRecord, wholeRecords } from "./index-store.js";
import { storedWords, takeWords } from "./index-words.js";
import type { AddOptions, AddSummary } from "./index-types.js";
import { fromJson, isWords, toJson, type Word } from "./taught-words.js";
import { recordOf, type Row, rowOf } from "./vector-rows.js";

/** Records that are read from the database at once. */
const CHUNK = 32;

/** Records that are stored at once. */
const STORED_TOGETHER = 64;

/** Taught words that are written together: a line has limits. */
const WORDS_IN_A_LINE = 200;

/** Most characters of a line: more than any model's vectors take. */
const LONGEST_LINE = 64 << 20;

/** Writes all records, and the taught words behind them. */
export async function exportRecords(
  database: IndexDatabase,
  meta: IndexMeta,
  format: "jsonl" | "parquet",
  signal: AbortSignal | undefined,
): Promise<Blob> {
  const rows = allRows(database, meta, signal);
  const taught = await storedWords(database);
  const { fingerprint } = meta;
  if (format === "jsonl") return linesOf(rows, toJson(taught, fingerprint, WORDS_IN_A_LINE));
  if (format === "parquet") {
    const [words] = toJson(taught, fingerprint, Infinity);
    return (await import("./vector-parquet.js")).parquetOf(rows, words, signal);
  }
  const message = `${JSON.stringify(format)} is neither "jsonl" nor "parquet"`;
  throw new AgffError("input", "format", message);
}

/** Stores the records and words of a file. */
export async function importRecords(
  database: IndexDatabase,
  meta: IndexMeta,
  file: Blob,
  changed: (meta: IndexMeta) => void,
  { signal, onProgress }: Pick<AddOptions, "signal" | "onProgress">,
): Promise<AddSummary> {
  const name = file instanceof File ? file.name : "file";
  const head = await bytesOf(file.slice(0, 4), name);
  const isParquet = new TextDecoder().decode(head) === "PAR1";
  const { total, rows } = isParquet
    ? await (await import("./vector-parquet.js")).parquetRows(file, name)
    : { total: undefined, rows: readLines(file, name) };
  const tally = new Tally(total, onProgress);
  tally.began();
  const words: Word[] = [];
  let waiting: NewRecord[] = [];
  const flush = async () => {
    const stored = waiting;
    waiting = [];
    if (stored.length === 0) return;
    throwIfAborted(signal, database.name);
    const { added, meta } = await insert(database, stored);
    changed(meta);
    added.forEach((isNew, i) => (isNew ? tally.added(stored[i]!.record) : tally.present()));
  };
  for await (const { row, at } of rows) {
    throwIfAborted(signal, name);
    try {
      if (isWords(row)) words.push(...fromJson(row, at, meta));
      else waiting.push(await recordOf(row, at, meta));
    } catch (thrown) {
      const error = toAgffError(thrown, at);
      // Then all of them are another model's.
      if (error.code === "index-model") throw error;
      tally.failed(at, error);
    }
    if (waiting.length >= STORED_TOGETHER) await flush();
  }
  await flush();
  if (words.length === 0) return tally.summary;
  return { ...tally.summary, words: await takeWords(database, words) };
}

/** Bytes of a file. */
export async function bytesOf(file: Blob, name: string): Promise<ArrayBuffer> {
  try {
    return await file.arrayBuffer();
  } catch (error) {
    throw new AgffError("io", name, "the file could not be read; choose it again", error);
  }
}

/** A row of a file with what to call it in errors. */
export interface ReadRow {
  /** What was read; undefined if nothing can be made of it. */
  row: unknown;
  at: string;
}

async function* allRows(
  database: IndexDatabase,
  meta: IndexMeta,
  signal: AbortSignal | undefined,
): AsyncGenerator<Row[], void, undefined> {
  for (let after = 0; ;) {
    throwIfAborted(signal, database.name);
    const chunk = await wholeRecords(database, after, CHUNK);
    const last = chunk.at(-1);
    if (!last) return;
    after = last.record.seq;
    yield chunk.map((one) => rowOf(one, meta));
  }
}

async function linesOf(chunks: AsyncIterable<Row[]>, words: readonly string[]): Promise<Blob> {
  const parts: Blob[] = [];
  for await (const rows of chunks) {
    // As blobs, which the browser may keep on the disk.
    parts.push(new Blob(rows.map((row) => `${JSON.stringify(row)}\n`)));
  }
  parts.push(new Blob(words.map((line) => `${line}\n`)));
  return new Blob(parts, { type: "application/x-ndjson" });
}

async function* readLines(file: Blob, name: string): AsyncGenerator<ReadRow, void, undefined> {
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let number = 0;
  const read = (line: string): ReadRow => ({ row: parsed(line), at: `${name}:${number}` });
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new AgffError("io", name, "the file could not be read; choose it again", error);
      });
      const lines = (rest + (value ?? "")).split("\n");
      rest = done ? "" : lines.pop()!;
      if (rest.length > LONGEST_LINE) {
        const message = `a line is longer than ${LONGEST_LINE >> 20} MiB; is this a file of vectors?`;
        throw new AgffError("data", `${name}:${number + 1}`, message);
      }
      for (const line of lines) {
        number += 1;
        if (line.trim() !== "") yield read(line);
      }
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** What a text says as JSON; undefined if it is none. */
export function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
