/** A stored conflict, cut into its hunks, with what is decided of it. */
import * as Effect from "effect/Effect"
import { settledObjects } from "../../algo/conflict/conflictEncoding.ts"
import { type CutConflict, cutConflict, type HunkProgress, recogniseUse } from "../../algo/conflict/hunks.ts"
import { isBinary } from "../../algo/text/isBinary.ts"
import type { ConflictStyle } from "../../algo/text/mergeRegions.ts"
import type { MergeLabels } from "../../algo/text/renderRegions.ts"
import type { TextPolicy } from "../../algo/text/textPolicy.ts"
import type { Conflict, SettledHunks, Term } from "../../model/Conflict.ts"
import type { ObjectId } from "../../model/Ids.ts"
import { type ContentSource, mergedLimit } from "../merge/ContentSource.ts"
import type { Content, ObjectsService } from "../objects/Objects.ts"

/** What stands behind the markers of a project's conflicts. @internal */
export const conflictLabels: MergeLabels = { ours: "local", base: "baseline", theirs: "upstream" }

/** The bytes of a text conflict. @internal */
export interface ConflictTexts {
  readonly base: Uint8Array
  readonly ours: Uint8Array
  readonly theirs: Uint8Array
}

/** A text conflict in hunks. @internal */
export interface OpenCut {
  readonly cut: CutConflict
  readonly progress: HunkProgress
}

const isFile = (term: Term | null | undefined): term is Term => term?.kind === "file" || term?.kind === "executable"

/** The terms of a conflict between two files. @internal */
export interface TextTerms {
  readonly base: Term | null
  readonly ours: Term
  readonly theirs: Term
}

/** The terms of a conflict that may have hunks: between two files that can be merged, about their content. @internal */
export const textTerms = ({ bases, kind, sides }: Conflict): TextTerms | undefined => {
  const [base = null] = bases
  const [ours, theirs] = sides
  const about = kind === "content" || kind === "add/add"
  if (!about || bases.length !== 1 || sides.length !== 2 || !isFile(ours) || !isFile(theirs)) return undefined
  if ([base, ours, theirs].some((term) => term !== null && term.size > mergedLimit)) return undefined
  return base === null || isFile(base) ? { base, ours, theirs } : undefined
}

/** The executable bit that a merge of the sides' gives. @internal */
export const mergedKind = ({ base, ours, theirs }: TextTerms): "file" | "executable" => {
  const kind = base !== null && ours.kind === base.kind ? theirs.kind : ours.kind
  return kind === "executable" ? "executable" : "file"
}

/** Picks a conflict's texts out of what was read; `undefined` where they are none. @internal */
export const textsOf = (conflict: Conflict, read: ReadonlyMap<ObjectId, Uint8Array>): ConflictTexts | undefined => {
  const terms = textTerms(conflict)
  if (terms === undefined) return undefined
  const bytes = (term: Term | null) => (term === null ? new Uint8Array() : (read.get(term.id) ?? new Uint8Array()))
  const texts = { base: bytes(terms.base), ours: bytes(terms.ours), theirs: bytes(terms.theirs) }
  return isBinary(texts.base) || isBinary(texts.ours) || isBinary(texts.theirs) ? undefined : texts
}

/** The ids that {@link textsOf} and {@link cutWith} need. @internal */
export const idsOf = (conflict: Conflict): ReadonlyArray<ObjectId> => {
  const terms = textTerms(conflict)
  if (terms === undefined) return []
  const { base, ours, theirs } = terms
  return [...new Set([...(base === null ? [] : [base.id]), ours.id, theirs.id, ...settledObjects(conflict)])]
}

/** Cuts a conflict whose contents were read. What is settled decides how; else the style and policy given. @internal */
export const cutWith = (
  conflict: Conflict,
  texts: ConflictTexts,
  read: ReadonlyMap<ObjectId, Uint8Array>,
  options: { readonly style: ConflictStyle; readonly textPolicy: TextPolicy }
): OpenCut => {
  const { settled } = conflict
  const { style, textPolicy } = settled ?? options
  const cut = cutConflict(texts.base, texts.ours, texts.theirs, { style, textPolicy })
  const text = (id: ObjectId) => read.get(id) ?? new Uint8Array()
  const progress = {
    settled: new Map((settled?.hunks ?? []).map(({ hunk, text: id }) => [hunk, text(id)])),
    edits: new Map((settled?.edits ?? []).map(({ gap, text: id }) => [gap, text(id)]))
  }
  return { cut, progress }
}

/** Reads and cuts a conflict; `undefined` where it has no hunks. @internal */
export const readCut = Effect.fnUntraced(function* <E>(
  content: ContentSource<E>,
  conflict: Conflict,
  options: { readonly style: ConflictStyle; readonly textPolicy: TextPolicy }
): Effect.fn.Return<OpenCut | undefined, E> {
  const ids = idsOf(conflict)
  if (ids.length === 0) return undefined
  const read = yield* content.get(ids)
  const texts = textsOf(conflict, read)
  if (texts === undefined) return undefined
  const open = cutWith(conflict, texts, read, options)
  return open.cut.hunks.length === 0 ? undefined : open
})

/** The conflict with its progress, and the contents that naming it takes. @internal */
export const withProgress = (
  objects: ObjectsService,
  conflict: Conflict,
  { cut, progress }: OpenCut
): { readonly conflict: Conflict; readonly contents: ReadonlyArray<Content> } => {
  const contents: Array<Content> = []
  const put = (bytes: Uint8Array) => {
    const id = objects.identify(bytes)
    contents.push({ id, bytes })
    return id
  }
  const byNumber = <A>(entries: ReadonlyMap<number, A>) => [...entries].sort(([a], [b]) => a - b)
  const settled: SettledHunks = {
    style: cut.style,
    textPolicy: cut.textPolicy,
    hunks: byNumber(progress.settled).flatMap(([index, text]) => {
      const hunk = cut.hunks[index]
      return hunk === undefined ? [] : [{ hunk: index, use: recogniseUse(cut, hunk, text), text: put(text) }]
    }),
    edits: byNumber(progress.edits).map(([gap, text]) => ({ gap, text: put(text) }))
  }
  const { bases, kind, sides } = conflict
  const nothing = settled.hunks.length === 0 && settled.edits.length === 0
  return { conflict: nothing ? { kind, bases, sides } : { kind, bases, sides, settled }, contents }
}
