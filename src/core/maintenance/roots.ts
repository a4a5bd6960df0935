/** What marking begins with: names, and what operations did. */
import * as Effect from "effect/Effect"
import type { RefName } from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import { StorageError, StorageUnsupported } from "../../storage/StorageError.ts"
import { ledgerHead, storeIdentity } from "../catalog/names.ts"
import { eachRecordList } from "../ledger/recordPages.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import type { Marks } from "./Marker.ts"

type Kind = "versions" | "snapshots" | "deployments" | "resolutions"

/** What the names of a kind hold. */
const heldBy: ReadonlyMap<string, Kind> = new Map([
  ["branch", "versions"],
  ["tag", "versions"],
  ["remote", "versions"],
  ["remote-tag", "versions"],
  ["collection", "snapshots"],
  ["deployed", "deployments"],
  ["resolution", "resolutions"]
])

/** What the records of a kind keep; `null`: nothing but what names hold besides. */
const keptBy: ReadonlyMap<string, Kind | null> = new Map<string, Kind | null>([
  ["version", "versions"],
  ["snapshot", "snapshots"],
  ["deployment", "deployments"],
  ["resolution", "resolutions"],
  ["tag", null],
  ["operation", null]
])

const emptyMarks = () => ({
  versions: new Set<string>(),
  snapshots: new Set<string>(),
  deployments: new Set<string>(),
  resolutions: new Set<string>()
})

/** A newer Tidemark may name things in ways that this one does not know: better nothing is collected then. */
const unknown = (what: string) =>
  Effect.fail(
    new StorageError({
      reason: new StorageUnsupported({
        operation: "collect",
        detail: `${what} is of a kind that this Tidemark does not know`
      })
    })
  )

/** What names hold. @internal */
export const marksOfRefs = Effect.fnUntraced(function* (
  refs: Iterable<readonly [RefName, string | null]>
): Effect.fn.Return<Marks, StorageError> {
  const marks = emptyMarks()
  for (const [name, value] of refs) {
    if (value === null || name === ledgerHead || name === storeIdentity) continue
    const kind = heldBy.get(name.split("/")[0] ?? "")
    if (kind === undefined) return yield* unknown(`ref ${name}`)
    marks[kind].add(value)
  }
  return marks
})

/**
 * What an operation needs to be taken back, or done again: both ends of its moves, its records, its files. `use` gets it in
 * parts, because an operation may have stored very many records.
 *
 * @internal
 */
export const marksOfOperation = Effect.fnUntraced(function* (
  objects: ObjectsService,
  operation: Operation,
  use: (marks: Marks) => Effect.Effect<void, StorageError>
): Effect.fn.Return<void, StorageError> {
  const moved = yield* marksOfRefs(
    operation.refs.flatMap(({ after, before, name }) => [[name, before] as const, [name, after] as const])
  )
  const { effect } = operation
  const trees = effect === null ? [] : [effect.found, effect.left]
  yield* use({ ...moved, trees, objects: operation.pages ?? [] })
  yield* eachRecordList(
    objects,
    operation,
    Effect.fnUntraced(function* (sums) {
      const sets = emptyMarks()
      for (const { id, kind } of sums) {
        const kept = keptBy.get(kind)
        if (kept === undefined) return yield* unknown(`record ${kind} ${id}`)
        if (kept !== null) sets[kept].add(id)
      }
      yield* use(sets)
    })
  )
})
