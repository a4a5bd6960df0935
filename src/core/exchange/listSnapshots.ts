/** Which snapshots one store has and another lacks: found from named ones back, until what both have. */
import * as Effect from "effect/Effect"
import type { PeerError, PeerSnapshot } from "../../model/Exchange.ts"
import type { SnapshotId } from "../../model/Ids.ts"
import { Progress } from "../references/Progress.ts"
import type { SummedSnapshot } from "./askSnapshots.ts"
import type { Ask } from "./ExchangePeer.ts"
import { malformed } from "./question.ts"

const firstPage = 16
const largestPage = 1000
/** Each is held in memory, some hundred bytes, while the exchange lasts. */
const mostSnapshots = 100_000

/** @internal */
export interface MissingSnapshots {
  /** Those that the destination lacks, each after the one before it. */
  readonly missing: ReadonlyMap<SnapshotId, SummedSnapshot>
  /** Ids under which the destination has another snapshot. */
  readonly clashing: ReadonlySet<SnapshotId>
}

/**
 * Lists the snapshots that lead to `heads` at the source and are not at the destination. What is before one that both have
 * is not looked at; what the source has pruned ends a row of snapshots.
 *
 * @internal
 */
export const listSnapshots = Effect.fnUntraced(function* (
  source: Ask,
  destination: Ask,
  heads: ReadonlyArray<PeerSnapshot>
): Effect.fn.Return<MissingSnapshots, PeerError> {
  const progress = yield* Progress
  const told = new Map(heads.map(({ id, sum }) => [id, sum]))
  const clashing = new Set<SnapshotId>()
  const settled = new Set<SnapshotId>()
  const found = new Map<SnapshotId, SummedSnapshot>()
  const want = new Set<SnapshotId>()
  const there = yield* destination.knownSnapshots([...told.keys()])
  for (const [id, sum] of told) {
    const known = there.get(id)
    if (known === undefined) want.add(id)
    else (known === sum ? settled : clashing).add(id)
  }
  for (let limit = firstPage; want.size > 0; limit = Math.min(largestPage, limit * 2)) {
    const asked = [...want].slice(0, largestPage)
    const page = yield* source.snapshots(asked, limit)
    const known = yield* destination.knownSnapshots(page.map(({ snapshot }) => snapshot.id))
    for (const summed of page) {
      const { id, previous } = summed.snapshot
      want.delete(id)
      if (told.has(id) && told.get(id) !== summed.sum) {
        return yield* Effect.fail(malformed("Snapshots", `snapshot ${id} is another than it was`))
      }
      const other = known.get(id)
      if (other !== undefined) {
        ;(other === summed.sum ? settled : clashing).add(id)
        continue
      }
      if (found.has(id)) continue
      found.set(id, summed)
      if (previous !== null && !found.has(previous) && !settled.has(previous) && !clashing.has(previous)) {
        want.add(previous)
      }
    }
    // What is not told of is pruned there; only what names hold cannot be.
    for (const id of asked) {
      if (!want.delete(id)) continue
      if (told.has(id)) return yield* Effect.fail(malformed("Snapshots", `it names ${id} and does not have it`))
    }
    if (found.size > mostSnapshots) {
      const detail = `there are more than ${mostSnapshots} snapshots that are not here`
      return yield* Effect.fail(malformed("Snapshots", detail))
    }
    progress({ phase: "compare collections", done: found.size, total: 0 })
  }
  const missing = earlierFirst(found)
  if (missing === undefined) return yield* Effect.fail(malformed("Snapshots", "a snapshot comes before itself"))
  return { missing, clashing }
})

/** Those of some snapshots that lead to `heads`, in the order that they are given in. @internal */
export const leadingTo = (
  missing: ReadonlyMap<SnapshotId, SummedSnapshot>,
  heads: Iterable<SnapshotId>
): ReadonlyArray<SummedSnapshot> => {
  const wanted = new Set<SnapshotId>()
  for (const head of heads) {
    for (let id: SnapshotId | null = head; id !== null && !wanted.has(id); ) {
      const summed = missing.get(id)
      if (summed === undefined) break
      wanted.add(id)
      id = summed.snapshot.previous
    }
  }
  return [...missing.values()].filter(({ snapshot }) => wanted.has(snapshot.id))
}

/** Whether what leads to a head is, at the destination, under an id that stands for something else there. @internal */
export const leadsToClash = ({ clashing, missing }: MissingSnapshots, head: SnapshotId): boolean => {
  if (clashing.size === 0) return false
  for (let id: SnapshotId | null = head; id !== null; id = missing.get(id)?.snapshot.previous ?? null) {
    if (clashing.has(id)) return true
  }
  return false
}

/** Sorts snapshots so that each comes after the one before it; `undefined` where that cannot be. */
const earlierFirst = (found: ReadonlyMap<SnapshotId, SummedSnapshot>) => {
  const sorted = new Map<SnapshotId, SummedSnapshot>()
  for (const start of found.values()) {
    const row: Array<SummedSnapshot> = []
    const passed = new Set<SnapshotId>()
    for (let at: SummedSnapshot | undefined = start; at !== undefined && !sorted.has(at.snapshot.id); ) {
      const { id, previous }: SummedSnapshot["snapshot"] = at.snapshot
      if (passed.has(id)) return undefined
      passed.add(id)
      row.push(at)
      at = previous === null ? undefined : found.get(previous)
    }
    for (const summed of row.reverse()) sorted.set(summed.snapshot.id, summed)
  }
  return sorted
}
