/** The one way in which anything changes: an operation, committed together with what it changes. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { canonicalJson } from "../../algo/encoding/canonicalJson.ts"
import type { Actor, OperationId, RefName } from "../../model/Ids.ts"
import {
  Operation,
  type OperationKind,
  OperationNotFound,
  type ProjectEffect,
  type RecordName
} from "../../model/Operation.ts"
import type { Basis } from "../../model/Plan.ts"
import { RefConflict } from "../../model/Version.ts"
import { type CatalogCommit, CatalogStorage, type RefUpdate, type StoredRecord } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecord } from "../catalog/askRecord.ts"
import { joinParts, ledgerHead, namedSubject, storeIdentity } from "../catalog/names.ts"
import { corrupt, recordCodec } from "../catalog/recordCodec.ts"
import { skewGroup } from "../catalog/skew.ts"
import { makeLease } from "../objects/lease.ts"
import { Objects, type ObjectsService } from "../objects/Objects.ts"
import { Committed } from "../references/Committed.ts"
import { CurrentActor } from "../references/CurrentActor.ts"
import { IdSource } from "../references/IdSource.ts"
import { Sha256 } from "../references/Sha256.ts"
import { nameRemoved, sumRecords } from "./recordPages.ts"
import { drawIdentity } from "./storeIdentity.ts"

/** The records of operations. @internal */
export const operationCodec = recordCodec("operation", Operation)

/** Records that an operation relies on without checking a ref that holds them. @internal */
export interface Reliance<E> {
  readonly records: ReadonlyArray<RecordName>
  /** The error where one of them is gone by the time of the commit. */
  readonly otherwise: (gone: RecordName) => E
}

/** An operation before it has a place in the ledger. @internal */
export interface OperationDraft<E = never> {
  readonly kind: OperationKind
  readonly reason: string
  /** What it concerns: artifacts, projects, collections. Found again by `Ledger.list({ subject })`. */
  readonly subjects: ReadonlyArray<string>
  readonly refs: ReadonlyArray<RefUpdate>
  /** Names that the decision relied on; they must still hold these values. */
  readonly basis?: ReadonlyArray<Basis> | undefined
  /** Iterated more than once; those of a large import are made anew each time. */
  readonly records: Iterable<StoredRecord>
  readonly effect?: ProjectEffect | undefined
  readonly reverses?: ReadonlyArray<OperationId> | undefined
  readonly details?: Operation["details"] | undefined
  /** Records to remove. */
  readonly removes?: ReadonlyArray<RecordName> | undefined
  readonly relies?: Reliance<E> | undefined
  /** Run before each attempt to commit: claims again what the operation stored, where that was long ago. */
  readonly renew?: Effect.Effect<void, StorageError> | undefined
  /** Commit at this head of the ledger or not at all: a `RefConflict` of the head says that others came first. */
  readonly onlyAt?: OperationId | null | undefined
}

/** Appends to the ledger and reads it; {@link Ledger} is what hosts call. @internal */
export interface OperationLogService {
  /** Commits the draft at the head of the ledger. Fails with `RefConflict` when a name is not as the draft expects. */
  readonly append: <E = never>(draft: OperationDraft<E>) => Effect.Effect<Operation, E | RefConflict | StorageError>
  readonly get: (id: OperationId) => Effect.Effect<Operation, OperationNotFound | StorageError>
  /** The newest operation's id; `null` while the ledger is empty. */
  readonly head: Effect.Effect<OperationId | null, StorageError>
  /** The operation that carries an apply id, if the apply happened. */
  readonly byApply: (applyId: string) => Effect.Effect<Operation | null, StorageError>
  /** The store's own name, drawn when first asked for. */
  readonly storeId: Effect.Effect<string, StorageError>
}

/** @internal */
export class OperationLog extends Context.Service<OperationLog, OperationLogService>()("tidemark/core/OperationLog") {
  static readonly layer: Layer.Layer<OperationLog, never, CatalogStorage | ObjectStorage> = Layer.effect(
    OperationLog,
    Effect.gen(function* () {
      return make(yield* CatalogStorage, yield* Objects, yield* Sha256, yield* IdSource)
    })
  ).pipe(Layer.provide(Objects.layer))
}

/** The text that an operation's id is the hash of. @internal */
export const operationText = (operation: Omit<Operation, "id">): string => {
  const { actor, details, effect, kind, pages, previous, reason, records, refs, removes, reverses, subjects, time } =
    operation
  const said = {
    actor,
    details,
    effect,
    kind,
    pages,
    previous,
    reason,
    records,
    refs,
    removes,
    reverses,
    subjects,
    time
  }
  // What is `undefined` is left out: an operation without pages is named as if there were none.
  return `tidemark operation 1\n${canonicalJson(said)}`
}

/** Finds operations on a subject that stand above their raw time, by how far. @internal */
export const skewedSubjectTerm = (subject: string, group: string): string => joinParts("subject+skew", subject, group)

/** The terms an operation is found by, at its place in the order. @internal */
export const operationTerms = (operation: Operation, at: number): ReadonlyArray<string> => {
  const subjects = [...new Set(operation.subjects)]
  const skewed = skewGroup(at, operation.time)
  return [
    "all",
    joinParts("actor", operation.actor),
    joinParts("kind", operation.kind),
    ...subjects.map((subject) => joinParts("subject", subject)),
    ...(skewed === undefined ? [] : subjects.map((subject) => skewedSubjectTerm(subject, skewed))),
    ...(operation.effect === null ? [] : [joinParts("apply", operation.effect.applyId)])
  ]
}

/** Some records and one more, as often as they are asked for. */
const followedBy = (records: Iterable<StoredRecord>, last: StoredRecord): Iterable<StoredRecord> => ({
  *[Symbol.iterator]() {
    yield* records
    yield last
  }
})

const make = (
  catalog: Context.Service.Shape<typeof CatalogStorage>,
  objects: ObjectsService,
  sha256: (bytes: Uint8Array) => string,
  ids: { readonly next: (kind: "store") => string }
): OperationLogService => {
  const encoder = new TextEncoder()
  const hash = (text: string) => sha256(encoder.encode(text))
  const readRef = (name: RefName) => Effect.map(catalog.refs([name]), (refs) => refs.get(name) ?? null)

  const get = Effect.fnUntraced(function* (id: OperationId) {
    const record = yield* askRecord(catalog, "operation", id)
    if (record === undefined) return yield* Effect.fail(new OperationNotFound({ id }))
    return yield* operationCodec.decode(record)
  })

  const headRecord = Effect.fnUntraced(function* () {
    const id = yield* readRef(ledgerHead)
    if (id === null) return null
    const record = (yield* catalog.records("operation", [id])).get(id)
    if (record === undefined) {
      return yield* Effect.fail(corrupt("append", `ref ${ledgerHead}`, `it names operation ${id}, which is missing`))
    }
    return record
  })

  const checkReliance = Effect.fnUntraced(function* <E>({ otherwise, records }: Reliance<E>) {
    for (const [kind, group] of Map.groupBy(records, (record) => record.kind)) {
      const ids = [...new Set(group.map(({ id }) => id))]
      for (let i = 0; i < ids.length; i += 1000) {
        const batch = ids.slice(i, i + 1000)
        const found = yield* catalog.records(kind, batch)
        const gone = batch.find((id) => !found.has(id))
        if (gone !== undefined) return yield* Effect.fail(otherwise({ kind, id: gone }))
      }
    }
  })

  /** Commits, and tells of it even when the caller is interrupted while the storage answers. */
  const commit = Effect.fnUntraced(function* (change: CatalogCommit, operation: OperationId) {
    const tell = yield* Committed
    return yield* Effect.uninterruptibleMask((restore) =>
      Effect.onExit(restore(catalog.commit(change)), (exit) => {
        if (Exit.isSuccess(exit)) return Effect.sync(() => exit.value._tag === "Committed" && tell(operation))
        if (!Exit.hasInterrupts(exit)) return Effect.void
        const found = catalog.records("operation", [operation])
        return Effect.ignore(Effect.map(found, (records) => records.has(operation) && tell(operation)))
      })
    )
  })

  const append = Effect.fn("OperationLog.append")(function* <E = never>(
    draft: OperationDraft<E>
  ): Effect.fn.Return<Operation, E | RefConflict | StorageError> {
    const actor = (yield* CurrentActor) as Actor
    const checked = (draft.basis ?? []).filter((basis) => !draft.refs.some((ref) => ref.name === basis.name))
    // Lists of very many are objects, which a collection must not take before the commit names them.
    const lease = yield* makeLease(objects)
    const stored = yield* sumRecords(lease.objects, draft.records, sha256)
    const removed = yield* nameRemoved(lease.objects, draft.removes ?? [])
    const pages = [...(stored.pages ?? []), ...(removed.pages ?? [])]
    const lists = { ...stored, ...removed, ...(pages.length === 0 ? {} : { pages }) }
    for (;;) {
      yield* draft.renew ?? Effect.void
      yield* lease.renew
      const time = Math.trunc(yield* Clock.currentTimeMillis)
      const head = yield* headRecord()
      const previous = head === null ? null : (head.id as OperationId)
      if (draft.onlyAt !== undefined && previous !== draft.onlyAt) {
        return yield* Effect.fail(new RefConflict({ name: ledgerHead, expected: draft.onlyAt, found: previous }))
      }
      // Records are removed by operations alone. So what is there under this head is there when the commit finds the same one.
      if (draft.relies !== undefined) yield* checkReliance(draft.relies)
      const body: Omit<Operation, "id"> = {
        previous,
        kind: draft.kind,
        actor,
        time,
        reason: draft.reason,
        // Whoever asks for an artifact's operations wants every move of its names, an undone one's too.
        subjects: [...new Set([...draft.subjects, ...draft.refs.flatMap((ref) => namedSubject(ref.name) ?? [])])],
        refs: draft.refs.map((ref) => ({ name: ref.name, before: ref.expected, after: ref.next })),
        ...lists,
        effect: draft.effect ?? null,
        reverses: draft.reverses ?? [],
        details: draft.details ?? {}
      }
      const operation: Operation = { id: hash(operationText(body)) as OperationId, ...body }
      const at = Math.max(time, head === null ? 0 : head.at + 1)
      const record: StoredRecord = {
        kind: "operation",
        id: operation.id,
        at,
        terms: operationTerms(operation, at),
        body: operationCodec.encode(operation)
      }
      const change: CatalogCommit = {
        records: followedBy(draft.records, record),
        remove: draft.removes,
        refs: [
          { name: ledgerHead, expected: operation.previous, next: operation.id },
          ...draft.refs,
          ...checked.map(({ name, value }) => ({ name, expected: value, next: value }))
        ]
      }
      const result = yield* commit(change, operation.id)
      if (result._tag === "Committed") return operation
      // Only the head moved: somebody else's operation came first, and ours still stands on what it relied on.
      if (result.name === ledgerHead) continue
      const expected =
        draft.refs.find((ref) => ref.name === result.name)?.expected ??
        checked.find((basis) => basis.name === result.name)?.value ??
        null
      return yield* Effect.fail(new RefConflict({ name: result.name, expected, found: result.actual }))
    }
  })

  const byApply = Effect.fnUntraced(function* (applyId: string) {
    const [record] = yield* catalog.scan({
      kind: "operation",
      term: joinParts("apply", applyId),
      direction: "backward",
      limit: 1
    })
    return record === undefined ? null : yield* operationCodec.decode(record)
  })

  const storeId = Effect.gen(function* () {
    for (;;) {
      const known = yield* readRef(storeIdentity)
      if (known !== null) return known
      yield* catalog.commit({
        refs: [{ name: storeIdentity, expected: null, next: drawIdentity(ids.next("store"), sha256) }]
      })
    }
  })

  return OperationLog.of({
    append,
    get,
    head: Effect.map(readRef(ledgerHead), (id) => id as OperationId | null),
    byApply,
    storeId
  })
}
