/** Files of vectors as Parquet, with the schema of `agff embed -o`. */

import { AgffError, throwIfAborted, toAgffError } from "./errors.js";
import { bytesOf, parsed, type ReadRow } from "./index-exchange.js";
import {
  type AsyncBuffer,
  ByteWriter,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  ParquetWriter,
  type SchemaElement,
} from "./vendor/parquet.js";
import type { Row } from "./vector-rows.js";

/** Rows that are written together. */
const GROUP = 96;

const text = (name: string, repetition_type: "REQUIRED" | "OPTIONAL"): SchemaElement => ({
  name,
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  logical_type: { type: "STRING" },
  repetition_type,
});
const number = (name: string, repetition_type: "REQUIRED" | "OPTIONAL"): SchemaElement => ({
  name,
  type: "INT64",
  repetition_type,
});
const flag = (name: string): SchemaElement => ({
  name,
  type: "BOOLEAN",
  repetition_type: "REQUIRED",
});
const list = (name: string): SchemaElement[] => [
  {
    name,
    repetition_type: "REQUIRED",
    converted_type: "LIST",
    logical_type: { type: "LIST" },
    num_children: 1,
  },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
];

/** The columns with their schema, and how a row's value is written. */
const COLUMNS: { schema: SchemaElement[]; value: (row: Row) => unknown }[] = [
  { schema: [text("input", "REQUIRED")], value: (row) => row.input },
  // Of an input of a photo and a text together, which this index has none of.
  { schema: [text("text", "OPTIONAL")], value: () => undefined },
  { schema: [text("kind", "REQUIRED")], value: (row) => row.kind },
  { schema: [...list("views"), text("element", "REQUIRED")], value: (row) => row.views },
  { schema: [number("tokens", "REQUIRED")], value: (row) => BigInt(row.tokens) },
  {
    schema: [
      ...list("embeddings"),
      ...list("element"),
      { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
    ],
    value: (row) => row.embeddings,
  },
  { schema: [flag("truncated")], value: (row) => row.truncated },
  { schema: [flag("trained")], value: (row) => row.trained },
  { schema: [text("model", "OPTIONAL")], value: (row) => row.model },
  { schema: [text("decoder", "OPTIONAL")], value: (row) => row.decoder },
  { schema: [text("sha256", "OPTIONAL")], value: (row) => row.sha256 },
  // Those of pages.
  { schema: [text("name", "OPTIONAL")], value: (row) => row.name },
  { schema: [text("added", "OPTIONAL")], value: (row) => row.added },
  { schema: [text("taken", "OPTIONAL")], value: (row) => row.taken },
  { schema: [number("width", "OPTIONAL")], value: (row) => big(row.width) },
  { schema: [number("height", "OPTIONAL")], value: (row) => big(row.height) },
  { schema: [number("bytes", "OPTIONAL")], value: (row) => big(row.bytes) },
  { schema: [text("thumbnail", "OPTIONAL")], value: (row) => row.thumbnail },
];

/** Columns whose values do not repeat themselves, nor get smaller. */
const PLAIN = new Set(["embeddings", "thumbnail"]);

/** What taught words are called in a file's metadata. */
const WORDS = "agff.words";

/** Writes rows, and taught words as JSON. */
export async function parquetOf(
  chunks: AsyncIterable<Row[]>,
  words: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Blob> {
  const parts: Blob[] = [];
  const bytes = new ByteWriter();
  const flush = () => {
    parts.push(new Blob([bytes.getBytes().slice()]));
    bytes.index = 0;
  };
  const schema: SchemaElement[] = [
    { name: "agff", num_children: COLUMNS.length },
    ...COLUMNS.flatMap(({ schema }) => schema),
  ];
  const writer = new ParquetWriter({
    writer: bytes,
    schema,
    // An empty list would be written as one that other readers refuse.
    ...(words === undefined ? {} : { kvMetadata: [{ key: WORDS, value: words }] }),
    createdBy: "agff (npm)",
  });
  let rows: Row[] = [];
  const write = () => {
    const columnData = COLUMNS.map(({ schema, value }) => {
      const { name } = schema[0]!;
      const plain = PLAIN.has(name);
      return {
        name,
        data: rows.map(value),
        ...(plain
          ? ({ encoding: "PLAIN", codec: "UNCOMPRESSED", statistics: false } as const)
          : {}),
      };
    });
    void writer.write({ columnData, rowGroupSize: rows.length });
    flush();
    rows = [];
  };
  for await (const chunk of chunks) {
    throwIfAborted(signal);
    rows.push(...chunk);
    if (rows.length >= GROUP) write();
  }
  if (rows.length > 0) write();
  void writer.finish();
  flush();
  return new Blob(parts, { type: "application/vnd.apache.parquet" });
}

/** The rows of a file, with the taught words that go with it at the end, and how many rows there are. */
export async function parquetRows(
  file: Blob,
  name: string,
): Promise<{ total: number; rows: AsyncGenerator<ReadRow, void, undefined> }> {
  const buffer: AsyncBuffer = {
    byteLength: file.size,
    slice: (start, end) => bytesOf(file.slice(start, end), name),
  };
  const metadata = await guarded(name, () => parquetMetadataAsync(buffer));
  return { total: Number(metadata.num_rows), rows: groups(buffer, metadata, name) };
}

async function* groups(
  file: AsyncBuffer,
  metadata: FileMetaData,
  name: string,
): AsyncGenerator<ReadRow, void, undefined> {
  const known = new Set(COLUMNS.map(({ schema }) => schema[0]!.name));
  const columns = metadata.schema
    .slice(1)
    .map((element) => element.name)
    .filter((name) => known.has(name));
  let start = 0;
  for (const { num_rows } of metadata.row_groups) {
    const end = start + Number(num_rows);
    const range = { rowStart: start, rowEnd: end };
    const rows = await guarded(name, () =>
      parquetReadObjects({ file, metadata, columns: [...new Set(columns)], ...range }),
    );
    for (const [i, row] of rows.entries()) yield { row, at: `${name}, row ${start + i + 1}` };
    start = end;
  }
  const words = metadata.key_value_metadata?.find(({ key }) => key === WORDS)?.value;
  if (words !== undefined) yield { row: parsed(words), at: name };
}

/** The library throws all kinds of errors for files that are damaged. */
async function guarded<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = toAgffError(thrown, name);
    if (error.code === "io") throw error;
    throw new AgffError("data", name, `cannot be read as Parquet: ${error.message}`, thrown);
  }
}

function big(number: number | undefined): bigint | undefined {
  return number === undefined ? undefined : BigInt(number);
}
