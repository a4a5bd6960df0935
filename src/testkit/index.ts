/**
 * For authors of adapters: the laws they owe, and storages that are strict or failing.
 *
 * @packageDocumentation
 */
export type { FailingStorage, Fault, FaultSchedule, StorageCall } from "./failing.ts"
export { atCall, atOperation, everyNth, failing, layerFailing, StorageCut } from "./failing.ts"
export type { HistoryEvent, RecordedCatalog } from "./history.ts"
export { explainHistory, recordHistory } from "./history.ts"
export type { Law, TestRunner } from "./Law.ts"
export { LawBroken } from "./Law.ts"
export type { OpenStorage, Requirement, StorageFixture, StorageLaw, StorageServices } from "./StorageFixture.ts"
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
