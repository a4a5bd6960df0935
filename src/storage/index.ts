/** What adapter authors implement. @packageDocumentation */
export type { Capabilities } from "./Capabilities.ts"
export type {
  CatalogCommit,
  CatalogStorageService,
  CommitResult,
  RecordPosition,
  RecordScan,
  RefUpdate,
  StorageDamage,
  StoredRecord
} from "./CatalogStorage.ts"
export { CatalogStorage } from "./CatalogStorage.ts"
export type { ObjectInfo, ObjectStorageService, StoredObject } from "./ObjectStorage.ts"
export { ObjectStorage } from "./ObjectStorage.ts"
export {
  StorageCorrupt,
  StorageDenied,
  StorageError,
  StorageErrorReason,
  StorageFull,
  StorageSchemaNewer,
  StorageUnavailable,
  StorageUnsupported
} from "./StorageError.ts"
export {
  VersionIndexStorage,
  type VersionIndexStorageService,
  versionIndexInMemory
} from "./VersionIndexStorage.ts"
