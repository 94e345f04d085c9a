/**
 * Multi-view embeddings of photos and text in the browser: nothing is uploaded.
 *
 * @module agff
 */

export { Agff } from "./agff.js";
export { AgffError, type AgffErrorCode } from "./errors.js";
export type {
  DeviceInfo,
  DeviceKind,
  EmbedInput,
  EmbedOptions,
  Embedding,
  ImageSource,
  LoadOptions,
  LoadProgress,
  ModelInfo,
  Patterns,
  Similarity,
} from "./types.js";
