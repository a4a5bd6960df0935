/** Collecting: what nothing names any more is removed, beside whoever writes meanwhile. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { defaultUndoWindow, undoWindowLength } from "../../algo/retention/undoWindow.ts"
import type { ObjectId, OperationId, RefName } from "../../model/Ids.ts"
import type { Operation, RecordName } from "../../model/Operation.ts"
import type { UndoWindow } from "../../model/Retention.ts"
import type { ObjectInfo } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { ledgerHead } from "../catalog/names.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import type { OperationLogService } from "../ledger/OperationLog.ts"
import { eachRecordList } from "../ledger/recordPages.ts"
import { CollectGrace } from "../references/CollectGrace.ts"
import { Progress } from "../references/Progress.ts"
import { snapshotCodec } from "../snapshots/snapshotRecord.ts"
import type { CollectReport, ObjectSum } from "./CollectReport.ts"
import { readPast, walkLedger } from "./ledgerPast.ts"
import { type LiveReason, type Marker, type MarkerParts, type Marks, makeMarker } from "./Marker.ts"
import { marksOfOperation, marksOfRefs } from "./roots.ts"

/** How to collect. @public */
export interface CollectOptions {
  /** Only says what would be removed. */
  readonly dryRun?: boolean | undefined
  /**
   * What was stored or claimed within so many milliseconds stays, named or not: by default {@link CollectGrace}, which
   * writers rely on. Give less only where nothing else writes to the store.
   */
  readonly grace?: number | undefined
  /** How far back operations can still be taken back afterwards: by default thirty days, and at least a hundred operations. */
  readonly window?: UndoWindow | undefined
}

/** What collecting needs of the engine. @internal */
export interface CollectParts extends MarkerParts {
  readonly log: OperationLogService
}

const listPage = 1000

const none = (): { objects: number; bytes: number } => ({ objects: 0, bytes: 0 })

/** What an operation needs may have been collected already, when the window was narrower. */
const asOperations = (marker: Marker) => (marks: Marks) => marker.mark(marks, { reason: "operations", strict: false })

/** Marks everything that stood when it began; answers the head of then, and the size of the undo window. */
const markAll = Effect.fnUntraced(function* (
  { catalog, log, objects, storage }: CollectParts,
  marker: Marker,
  window: UndoWindow
) {
  const progress = yield* Progress
  const told = (phase: string) => progress({ phase, done: marker.counts().trees, total: 0 })
  // The head first: whatever moves a name from here on is an operation after it, and is marked with those.
  const head = yield* log.head
  const past = yield* readPast(catalog, objects, head)
  for (let after: RefName | undefined; ; ) {
    const page: ReadonlyArray<readonly [RefName, string]> = yield* catalog.list({ prefix: "", after, limit: listPage })
    yield* marker.mark(yield* marksOfRefs(page), { reason: "names", strict: true })
    told("mark names")
    after = page.at(-1)?.[0]
    if (page.length < listPage) break
  }
  for (let i = 0; i < past.snapshots.length; i += listPage) {
    const records = yield* catalog.records(snapshotCodec.kind, past.snapshots.slice(i, i + listPage))
    const safety: Array<string> = []
    const others: Array<string> = []
    for (const record of records.values()) {
      const { reason } = yield* snapshotCodec.decode(record)
      if (reason === "safety") safety.push(record.id)
      else others.push(record.id)
    }
    yield* marker.mark({ snapshots: others }, { reason: "snapshots", strict: true })
    yield* marker.mark({ snapshots: safety }, { reason: "safety", strict: true })
    told("mark snapshots")
  }
  const now = Math.min(yield* Clock.currentTimeMillis, yield* storage.now)
  const length = undoWindowLength(window, past.times, now)
  let left = length
  let oldest: OperationId | null = null
  yield* marker.mark({ objects: past.pages }, { reason: "operations", strict: true })
  yield* walkLedger(
    catalog,
    head,
    null,
    Effect.fnUntraced(function* (operation) {
      if (left-- <= 0) return false
      oldest = operation.id
      yield* marksOfOperation(objects, operation, asOperations(marker))
      return true
    })
  )
  told("mark operations")
  return { head, length, oldest: oldest as OperationId | null }
})

/** Marks what operations after `known` did, until there are no more; answers the newest. */
const catchUp = Effect.fnUntraced(function* (
  { catalog, log, objects }: CollectParts,
  marker: Marker,
  known: OperationId | null
) {
  let seen = known
  for (;;) {
    const head = yield* log.head
    if (head === seen) return head
    yield* walkLedger(catalog, head, seen, (operation) => marksOfOperation(objects, operation, asOperations(marker)))
    seen = head
  }
})

/** Versions that are recorded and that nothing leads to. */
const findDead = Effect.fnUntraced(function* (
  { catalog, objects }: CollectParts,
  marker: Marker,
  head: OperationId | null
): Effect.fn.Return<ReadonlySet<string>, StorageError> {
  const dead = new Set<string>()
  let asked: Array<string> = []
  const ask = Effect.fnUntraced(function* () {
    for (const id of (yield* catalog.records(versionCodec.kind, asked)).keys()) dead.add(id)
    asked = []
  })
  yield* walkLedger(catalog, head, null, (operation: Operation) =>
    eachRecordList(objects, operation, (sums) => {
      for (const { id, kind } of sums) if (kind === versionCodec.kind && !marker.hasVersion(id)) asked.push(id)
      return asked.length >= listPage ? ask() : Effect.void
    })
  )
  yield* ask()
  return dead
})

/** Gives `use` each page of what is stored, divided into what stays and what may go. */
const eachPage = Effect.fnUntraced(function* (
  { storage }: CollectParts,
  use: (page: ReadonlyArray<ObjectInfo>) => Effect.Effect<void, StorageError>
) {
  for (let after: ObjectId | undefined; ; ) {
    const page: ReadonlyArray<ObjectInfo> = yield* storage.list({ after, limit: listPage })
    yield* use(page)
    after = page.at(-1)?.id
    if (page.length < listPage) return
  }
})

/**
 * Reads something again that could not be read whole, where the ledger has moved meanwhile: others prune and collect, too, and
 * may have taken away what was just about to be read.
 *
 * @internal
 */
export const unlessMoved = <A>(
  parts: Pick<CollectParts, "log">,
  read: Effect.Effect<A, StorageError>
): Effect.Effect<A, StorageError> =>
  Effect.flatMap(parts.log.head, (before) =>
    Effect.catch(read, (error) =>
      Effect.flatMap(parts.log.head, (after) =>
        error.reason._tag === "StorageCorrupt" && before !== after ? unlessMoved(parts, read) : Effect.fail(error)
      )
    )
  )

/** Collects. @internal */
export const collect = Effect.fn("Maintenance.collect")(function* (
  parts: CollectParts,
  options: CollectOptions = {}
): Effect.fn.Return<CollectReport, StorageError> {
  const { dryRun = false, window = defaultUndoWindow } = options
  const { log, storage } = parts
  const progress = yield* Progress
  const grace = options.grace ?? (yield* CollectGrace)
  const storedBefore = (yield* storage.now) - grace
  const { dead, length, marker, oldest, ...marked } = yield* unlessMoved(
    parts,
    Effect.gen(function* () {
      const marker = makeMarker(parts)
      const { head, length, oldest } = yield* markAll(parts, marker, window)
      const seen = yield* catchUp(parts, marker, head)
      return { marker, length, oldest, seen, dead: yield* findDead(parts, marker, seen) }
    })
  )
  let { seen } = marked

  const kept: Record<LiveReason | "grace", ReturnType<typeof none>> = {
    names: none(),
    snapshots: none(),
    safety: none(),
    operations: none(),
    grace: none()
  }
  const garbage = none()
  yield* eachPage(parts, (page) =>
    Effect.sync(() => {
      for (const { id, size, storedAt } of page) {
        const reason = marker.reasonOf(id)
        const sum = reason !== undefined ? kept[reason] : storedAt < storedBefore ? garbage : kept.grace
        sum.objects += 1
        sum.bytes += size
      }
    })
  )
  const report = (operation: OperationId | null, removed: ObjectSum): CollectReport => {
    return { dryRun, operation, kept, garbage, removed, versions: dead.size, window: length }
  }
  if (dryRun || (garbage.objects === 0 && dead.size === 0)) return report(null, none())

  // From here on it is known that these are gone: an operation that relies on one of these versions is refused.
  let operation: Operation | null = null
  while (operation === null) {
    const removes: Array<RecordName> = []
    for (const id of dead) if (!marker.hasVersion(id)) removes.push({ kind: versionCodec.kind, id })
    operation = yield* log
      .append({
        kind: "collect",
        reason: "",
        subjects: [],
        refs: [],
        records: [],
        removes,
        onlyAt: seen,
        details: {
          objects: garbage.objects,
          bytes: garbage.bytes,
          versions: removes.length,
          window: length,
          oldest,
          grace
        }
      })
      .pipe(
        Effect.catchTag("RefConflict", ({ name }) =>
          name === ledgerHead ? Effect.succeed(null) : Effect.die(new TypeError(`collecting moved ${name}`))
        )
      )
    if (operation === null) seen = yield* catchUp(parts, marker, seen)
  }
  const removed = none()
  yield* eachPage(
    parts,
    Effect.fnUntraced(function* (page: ReadonlyArray<ObjectInfo>) {
      const going = page.filter(({ id, storedAt }) => storedAt < storedBefore && marker.reasonOf(id) === undefined)
      if (going.length === 0) return
      const ids = going.map(({ id }) => id)
      const count = yield* storage.remove(ids, { storedBefore })
      removed.objects += count
      let bytes = going.reduce((sum, { size }) => sum + size, 0)
      // Somebody claimed some of them meanwhile: what is there still was not removed.
      if (count < going.length) {
        const left = yield* storage.get(ids)
        for (const { id, size } of going) if (left.has(id)) bytes -= size
      }
      removed.bytes += bytes
      progress({ phase: "remove objects", done: removed.objects, total: garbage.objects })
    })
  )
  return report(operation.id, removed)
})
