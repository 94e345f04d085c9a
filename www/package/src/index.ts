/**
 * Multi-view embeddings of photos and text in the browser: nothing is uploaded.
 *
 * @module agff
 */

export { Agff } from "./agff.js";
export { AgffError, type AgffErrorCode } from "./errors.js";
export type {
  AddOptions,
  AddProgress,
  AddSummary,
  DuplicatePair,
  DuplicatesOptions,
  Hit,
  Indexes,
  IndexedPhoto,
  IndexInfo,
  IndexInput,
  IndexPrecision,
  IndexRecord,
  IndexSearchOptions,
  IndexVectors,
  OpenIndexOptions,
  PhotoIndex,
  Query,
  QueryTerm,
  Refused,
  TaughtWord,
} from "./index-types.js";
export type {
  BatchOptions,
  BatchProgress,
  BatchResult,
  CachedPackage,
  CacheInfo,
  CacheMode,
  CheckpointOptions,
  DecodePath,
  DecodePreference,
  DeviceInfo,
  ThreadsInfo,
  DeviceKind,
  EmbedInput,
  EmbedOptions,
  Embedding,
  Fusion,
  ImageSource,
  LoadOptions,
  LoadProgress,
  ModelInfo,
  ModelPlan,
  ModelSource,
  PackageCache,
  PackageUrls,
  Patterns,
  PlanOptions,
  Probability,
  Calibration,
  Certainty,
  Sure,
  Region,
  Similarity,
} from "./types.js";
