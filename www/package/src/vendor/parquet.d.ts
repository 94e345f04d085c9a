export { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
export type { AsyncBuffer, FileMetaData, SchemaElement } from "hyparquet";
export { ByteWriter, ParquetWriter } from "hyparquet-writer";
