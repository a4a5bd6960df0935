/**
 * For authors of adapters and merge drivers: the laws they owe, storages that are strict, failing, slow or careless, and
 * generators of trees, edits and histories that prefer what is nasty.
 *
 * @packageDocumentation
 */
export type { Fault, FaultSchedule } from "./failing.ts"
export { atCall, atOperation, everyNth, failing, fromCall, layerFailing, StorageCut } from "./failing.ts"
export { drawContent, editContent } from "./generators/contents.ts"
export type { CaseAt, Draw, ForAllOptions } from "./generators/forAll.ts"
export { CaseFailed, drawAt, forAll } from "./generators/forAll.ts"
export { type DrawnVersion, drawHistory } from "./generators/histories.ts"
export { drawName, drawPath } from "./generators/names.ts"
export type { DrawnEntry, DrawnTree, DrawnTriple } from "./generators/trees.ts"
export { drawContentTriple, drawTree, drawTreeTriple, editTree, sourceFilesOf } from "./generators/trees.ts"
export type { HistoryEvent, RecordedCatalog } from "./history.ts"
export { explainHistory, recordHistory } from "./history.ts"
export type { CallSchedule, ScheduledStorage, StorageCall } from "./interceptStorage.ts"
export { atOperations, sometimes } from "./interceptStorage.ts"
export type { Law, TestRunner } from "./Law.ts"
export { LawBroken } from "./Law.ts"
export { type Latency, type LatencySchedule, latencies, latent } from "./latent.ts"
export type { MergeDriverFixture, MergeDriverLaw, MergeDriverPromises } from "./mergeDriverLaws.ts"
export { mergeDriverLaws, mergeDriverSuite } from "./mergeDriverLaws.ts"
export { partial } from "./partial.ts"
export { makeRandom, type Random } from "./Random.ts"
export type { OpenStorage, Requirement, StorageFixture, StorageLaw, StorageServices } from "./StorageFixture.ts"
export { type Staleness, stale } from "./stale.ts"
export { storageLaws, storageSuite } from "./storageSuite.ts"
export { ContractMisused, makeStrictMemory, strictMemory } from "./strictMemory.ts"
export type {
  WorkingTreeAbilities,
  WorkingTreeFixture,
  WorkingTreeLaw,
  WorkingTreeLawFailure,
  WorkingTreePlace
} from "./WorkingTreeFixture.ts"
export { workingTreeLaws, workingTreeSuite } from "./workingTreeLaws.ts"
