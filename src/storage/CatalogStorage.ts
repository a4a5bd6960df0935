/** Catalog storage: records found by terms, and named refs, changed together by one atomic commit. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { RefName } from "../model/Ids.ts"
import type { Capabilities } from "./Capabilities.ts"
import type { StorageError } from "./StorageError.ts"
import type { VersionIndexStorageService } from "./VersionIndexStorage.ts"

/**
 * An immutable record. `at` is an order key in milliseconds, `terms` are its secondary keys, `body` is canonical JSON.
 *
 * @public
 */
export interface StoredRecord {
  readonly kind: string
  readonly id: string
  readonly at: number
  readonly terms: ReadonlyArray<string>
  readonly body: string
}

/** A ref's move. `null` means absent, so `null → x` creates and `x → null` removes; `x → x` only checks. @public */
export interface RefUpdate {
  readonly name: RefName
  readonly expected: string | null
  readonly next: string | null
}

/**
 * One atomic change of a catalog. `records` may be far too many to hold at once: they are made again whenever they are
 * iterated, each time the same.
 *
 * @public
 */
export interface CatalogCommit {
  readonly records?: Iterable<StoredRecord> | undefined
  readonly remove?: ReadonlyArray<{ readonly kind: string; readonly id: string }> | undefined
  readonly refs: NonEmptyReadonlyArray<RefUpdate>
}

/** What became of a commit. A refusal names one ref that was not as expected, and what it holds. @public */
export type CommitResult =
  | { readonly _tag: "Committed" }
  | { readonly _tag: "Refused"; readonly name: RefName; readonly actual: string | null }

/** Where a record stands in the order of its kind. @public */
export interface RecordPosition {
  readonly at: number
  readonly id: string
}

/**
 * A page of the records of a kind that carry a term, ordered by (`at`, `id` by UTF-8 bytes). `from` and `to` bound `at`,
 * both inclusive; `after` is the last record of the page before, in the direction of the scan.
 *
 * @public
 */
export interface RecordScan {
  readonly kind: string
  readonly term: string
  readonly direction: "forward" | "backward"
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly after?: RecordPosition | undefined
  readonly limit: number
  /** Whoever asks does not look at terms: an adapter may give the records without any. */
  readonly omitTerms?: boolean | undefined
}

/** Something of a storage that is not as its adapter left it. @public */
export interface StorageDamage {
  /** What is damaged: a table, a file, a record. */
  readonly key: string
  readonly detail: string
}

/**
 * What an adapter author implements for records and refs.
 *
 * @remarks
 * Implementors owe: a commit is all-or-nothing, also across processes and when interrupted, and durable when it returns
 * (if the adapter is durable at all). A known record with the same body is left as it is; with another body it is
 * `StorageCorrupt` and nothing of the commit happens. What a commit removes is gone before its records are stored: one that
 * is in both is replaced, whatever state it was in. Refs are compared before anything is written. A ref named twice in
 * one commit is misuse, and a defect. Strings are ordered by their UTF-8 bytes everywhere.
 *
 * @public
 */
export interface CatalogStorageService {
  readonly capabilities: Capabilities
  /** Makes the whole commit or nothing of it. */
  readonly commit: (commit: CatalogCommit) => Effect.Effect<CommitResult, StorageError>
  /** Returns the records of a kind by id; absent ids are not in the map. */
  readonly records: (
    kind: string,
    ids: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyMap<string, StoredRecord>, StorageError>
  /** Returns one page of records. */
  readonly scan: (scan: RecordScan) => Effect.Effect<ReadonlyArray<StoredRecord>, StorageError>
  /** Returns what the named refs hold; absent ones are not in the map. */
  readonly refs: (names: ReadonlyArray<RefName>) => Effect.Effect<ReadonlyMap<RefName, string>, StorageError>
  /** Returns at most `limit` refs whose names start with `prefix` and sort above `after`, sorted by name. */
  readonly list: (page: {
    readonly prefix: string
    readonly after?: RefName | undefined
    readonly limit: number
  }) => Effect.Effect<ReadonlyArray<readonly [RefName, string]>, StorageError>
  /** Looks for damage that no answer may show: in indexes, in what lies beneath them. For adapters that keep such. */
  readonly check?: Effect.Effect<ReadonlyArray<StorageDamage>, StorageError> | undefined
  /**
   * Where an index of the version graph may be kept with the store. Engines then keep one by themselves once the graph is
   * large. It can be made again from records at any time, and belongs to no commit.
   */
  readonly versionIndex?: VersionIndexStorageService | undefined
  /**
   * Makes everything anew that is derived from records, such as the rows that terms are found by. A record that only its
   * damaged terms keep from being read is left without any.
   */
  readonly reindex?: Effect.Effect<void, StorageError> | undefined
}

/** Catalog storage: a {@link CatalogStorageService} that the host injects. @public */
export class CatalogStorage extends Context.Service<CatalogStorage, CatalogStorageService>()(
  "tidemark/storage/CatalogStorage"
) {}
