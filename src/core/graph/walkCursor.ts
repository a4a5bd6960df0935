/** Cursors of pages that walk down from versions. */
import * as Effect from "effect/Effect"
import { InvalidCursor } from "../../model/Page.ts"
import type { RecordPosition } from "../../storage/CatalogStorage.ts"
import { cursorOf, positionOf } from "../catalog/readPage.ts"

/**
 * Where a page begins: at these versions, without what is reachable from others, and after a place in the order. Its
 * cursor is their ids, those of the others after a `-`, and the place after a `/`.
 *
 * @internal
 */
export interface WalkStart {
  readonly include: ReadonlyArray<string>
  readonly exclude: ReadonlyArray<string>
  readonly place?: RecordPosition | undefined
}

/** Writes a start as a cursor; `null` where there is nothing to begin at. @internal */
export const walkCursor = ({ exclude, include, place }: WalkStart): string | null => {
  if (include.length === 0) return null
  const without = exclude.length === 0 ? "" : `-${exclude.join(".")}`
  return `${include.join(".")}${without}${place === undefined ? "" : `/${cursorOf(place)}`}`
}

/** Reads a cursor, or takes the start of the first page. @internal */
export const walkStart = Effect.fnUntraced(function* (
  cursor: string | null | undefined,
  first: WalkStart
): Effect.fn.Return<WalkStart, InvalidCursor> {
  if (cursor === null || cursor === undefined) return first
  const match = /^([0-9a-f.]+)(?:-([0-9a-f.]+))?(?:\/(.+))?$/s.exec(cursor)
  const include = match?.[1]?.split(".") ?? []
  const exclude = match?.[2]?.split(".") ?? []
  const sound = [...include, ...exclude].every((id) => /^[0-9a-f]{64}$/.test(id))
  if (match === null || !sound) return yield* Effect.fail(new InvalidCursor({ cursor }))
  return { include, exclude, place: match[3] === undefined ? undefined : yield* positionOf(match[3]) }
})
