export { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
export { ByteWriter, ParquetWriter } from "hyparquet-writer";
