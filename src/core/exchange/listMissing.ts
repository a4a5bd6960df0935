/** Which versions one store has and another lacks: found from the newest down, without reading what both have. */
import * as Effect from "effect/Effect"
import type { PeerError, VersionOutline } from "../../model/Exchange.ts"
import type { VersionId } from "../../model/Ids.ts"
import { Progress } from "../references/Progress.ts"
import type { Ask } from "./ExchangePeer.ts"
import { malformed } from "./question.ts"

const firstPage = 16
const largestPage = 1000
/** Common versions told to the source: what is reachable from them it does not list. */
const mostHave = 1000

/**
 * Lists what is reachable from `heads` at the source and not in the destination's history, parents first.
 *
 * @remarks
 * A version is stored together with everything it descends from, so what the destination knows bounds the walk. The
 * source tells the newest versions first, in pages that grow; each page is put to the destination, and what it knows is
 * excluded from the next. So the work goes by what is missing, however long the history. `hints` are versions that the
 * destination has; those the source knows too end the walk at once.
 *
 * @internal
 */
export const listMissing = Effect.fnUntraced(function* (
  source: Ask,
  destination: Ask,
  heads: ReadonlyArray<VersionId>,
  hints: ReadonlyArray<VersionId>,
  most: number
): Effect.fn.Return<ReadonlyArray<VersionOutline>, PeerError> {
  const progress = yield* Progress
  const unique = [...new Set(heads)]
  const there = yield* destination.known(unique)
  const want = new Set(unique.filter((id) => !there.has(id)))
  const found = new Map<VersionId, VersionOutline>()
  if (want.size === 0) return []
  const have = new Set(yield* source.known([...new Set(hints)].slice(0, mostHave)))
  for (let limit = firstPage; want.size > 0; limit = Math.min(largestPage, limit * 2)) {
    const asked = [...want].slice(0, mostHave)
    const page = yield* source.outlines(asked, [...have].slice(-mostHave), limit)
    const known = yield* destination.known(page.map(({ id }) => id))
    let progressed = false
    for (const outline of page) {
      const { id, parents } = outline
      if (want.delete(id)) progressed = true
      if (known.has(id)) {
        have.add(id)
        continue
      }
      if (found.has(id)) continue
      found.set(id, outline)
      for (const parent of parents) if (!found.has(parent)) want.add(parent)
    }
    for (const id of have) want.delete(id)
    if (!progressed) {
      // What is left may be known at the destination: then the source had no reason to list it.
      const known = yield* destination.known(asked)
      const stuck = asked.find((id) => !known.has(id))
      if (stuck !== undefined) return yield* Effect.fail(malformed("Outlines", `it does not list ${stuck}`))
      for (const id of known) want.delete(id)
    }
    if (found.size > most) {
      return yield* Effect.fail(malformed("Outlines", `there are more than ${most} versions that are not here`))
    }
    progress({ phase: "compare histories", done: found.size, total: 0 })
  }
  const sorted = parentsFirst(found)
  if (sorted === undefined) return yield* Effect.fail(malformed("Outlines", "a version is its own ancestor"))
  return sorted
})

/** Sorts versions so that parents come before children; `undefined` where that cannot be. */
const parentsFirst = (outlines: ReadonlyMap<VersionId, VersionOutline>): ReadonlyArray<VersionOutline> | undefined => {
  const waiting = new Map<VersionId, number>()
  const children = new Map<VersionId, Array<VersionOutline>>()
  const ready: Array<VersionOutline> = []
  for (const outline of [...outlines.values()].reverse()) {
    const parents = [...new Set(outline.parents)].filter((parent) => outlines.has(parent))
    if (parents.length === 0) ready.push(outline)
    else waiting.set(outline.id, parents.length)
    for (const parent of parents) {
      const list = children.get(parent)
      if (list === undefined) children.set(parent, [outline])
      else list.push(outline)
    }
  }
  for (const { id } of ready) {
    for (const child of children.get(id) ?? []) {
      const left = (waiting.get(child.id) ?? 0) - 1
      waiting.set(child.id, left)
      if (left === 0) ready.push(child)
    }
  }
  return ready.length === outlines.size ? ready : undefined
}
