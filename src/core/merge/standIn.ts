/**
 * What stands in for a conflict in a base that was merged itself. Neither side of the outer merge is meant to equal it:
 * what it says is only where the ancestors disagreed.
 */
import * as Effect from "effect/Effect"
import type { MergePath } from "../../algo/merge/planTreeMerge.ts"
import type { Placed } from "../../algo/merge/Slot.ts"
import { isBinary } from "../../algo/text/isBinary.ts"
import { mergeText } from "../../algo/text/mergeText.ts"
import type { Conflict, Term } from "../../model/Conflict.ts"
import type { Entry } from "../../model/Tree.ts"
import { type ContentSource, mergedLimit } from "./ContentSource.ts"

/** Content that is new, or an entry that is there already. @internal */
export type StandIn = { readonly kind: "file" | "executable"; readonly bytes: Uint8Array } | Entry | null

const branches = ["Temporary merge branch 1", "Temporary merge branch 2"] as const

const isFile = (term: Term | null | undefined): term is Term & { readonly kind: "file" | "executable" } =>
  term?.kind === "file" || term?.kind === "executable"

/** A file that the ancestors moved apart, and another one that one of them has at the same path. */
const metAnother = Effect.fnUntraced(function* <E>(
  content: ContentSource<E>,
  ours: Placed,
  theirs: Placed,
  depth: number
): Effect.fn.Return<StandIn, E> {
  const parts = ({ entry, first }: Placed) =>
    first === undefined ? [entry] : [first.base.entry, first.ours.entry, first.theirs.entry]
  const files = [...parts(ours), ...parts(theirs)].filter(isFile)
  if (files.some(({ size }) => size > mergedLimit)) return null
  const bytes = yield* content.get(files.map(({ id }) => id))
  const read = (entry: Entry) => bytes.get(entry.id) ?? new Uint8Array()
  const whole = ({ entry, first }: Placed) =>
    first === undefined
      ? read(entry)
      : mergeText(read(first.base.entry), read(first.ours.entry), read(first.theirs.entry), {
          profile: "git-ort",
          markerSize: 8 + 2 * depth,
          labels: { ours: `${branches[0]}:${first.ours.path}`, theirs: `${branches[1]}:${first.theirs.path}` }
        }).bytes
  const [left, right] = [whole(ours), whole(theirs)]
  if (isBinary(left) || isBinary(right)) return null
  const merged = mergeText(new Uint8Array(), left, right, {
    profile: "git-ort",
    markerSize: 7 + 2 * depth,
    labels: { ours: branches[0], theirs: branches[1] }
  })
  return { kind: ours.entry.kind === "executable" ? "executable" : "file", bytes: merged.bytes }
})

/**
 * Two files that disagree are both there, with markers, longer the deeper the merge. Where there is no telling them
 * apart line by line, the base stands in.
 *
 * @internal
 */
export const standIn = Effect.fnUntraced(function* <E>(
  content: ContentSource<E>,
  at: MergePath,
  conflict: Conflict,
  depth: number
): Effect.fn.Return<StandIn, E> {
  const [ours, theirs] = conflict.sides
  // A file that moved to where the other side, which removed it, has another one: the two are unrelated.
  const unrelated = conflict.kind === "rename/delete" && isFile(ours) && isFile(theirs)
  const base = unrelated ? null : conflict.bases[0]
  const entry = (term: Term | null | undefined): Entry | null =>
    term === null || term === undefined ? null : { kind: term.kind, id: term.id, size: term.size }
  if (conflict.kind === "directory-rename") return entry(ours ?? theirs)
  if (!isFile(ours) || !isFile(theirs)) return entry(base)
  const apart = conflict.kind === "rename/rename(1to2)"
  const [mine, other] = [at.files.ours, at.files.theirs]
  if (apart && mine !== null && other !== null) return yield* metAnother(content, mine, other, depth)
  const kind = isFile(base) && base.kind === ours.kind ? theirs.kind : ours.kind
  // Moved apart, but changed by one of them at most.
  if (ours.id === theirs.id || ours.id === base?.id) return { kind, id: theirs.id, size: theirs.size }
  if (theirs.id === base?.id) return { kind, id: ours.id, size: ours.size }
  if ([base, ours, theirs].some((term) => isFile(term) && term.size > mergedLimit)) return entry(base)
  const bytes = yield* content.get([ours.id, theirs.id, ...(isFile(base) ? [base.id] : [])])
  const empty = new Uint8Array()
  const read = (term: Term | null | undefined) => (isFile(term) ? (bytes.get(term.id) ?? empty) : empty)
  if ([base, ours, theirs].some((term) => isBinary(read(term)))) {
    return entry(base)
  }
  const pathOf = (term: Term | null | undefined) => term?.path ?? at.path
  const moved = pathOf(ours) !== pathOf(theirs) || (isFile(base) && pathOf(base) !== pathOf(ours))
  const label = (branch: number, term: Term) => `${branches[branch - 1]}${moved ? `:${pathOf(term)}` : ""}`
  const merged = mergeText(read(base), read(ours), read(theirs), {
    profile: "git-ort",
    // As long, and as labelled, as git's: how alike two files are depends on it.
    markerSize: 7 + 2 * depth + (apart ? 1 : 0),
    labels: { ours: label(1, ours), theirs: label(2, theirs) }
  })
  return { kind, bytes: merged.bytes }
})
