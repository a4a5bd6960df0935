/** What deciding hunks of a conflict will do at its path: progress, or, with the last hunk, the resolved file. */
import * as Effect from "effect/Effect"
import { encodeConflict } from "../../algo/conflict/conflictEncoding.ts"
import { conflictKeyBytes } from "../../algo/conflict/conflictKeys.ts"
import { mergeText } from "../../algo/text/mergeText.ts"
import type { TextPolicy } from "../../algo/text/textPolicy.ts"
import { type Conflict, ResolutionRefused } from "../../model/Conflict.ts"
import type { ConflictId, ObjectId, ProjectId } from "../../model/Ids.ts"
import type { PlannedMemory } from "../../model/Plan.ts"
import type { Standing, StandingFile } from "../../model/Standing.ts"
import { type ContentSource, mergedLimit } from "../merge/ContentSource.ts"
import type { Content, ObjectsService } from "../objects/Objects.ts"
import { mergedKind, textTerms } from "./readCut.ts"
import { type PartialResolution, settleConflict } from "./settleConflict.ts"

/** The outcome at the path: `after` is written where the conflict is resolved; else `conflict` stays open. @internal */
export interface PlannedPartial {
  readonly after: StandingFile | undefined
  readonly conflict: ConflictId | null
  readonly contents: ReadonlyArray<Content>
  readonly remembers: ReadonlyArray<PlannedMemory>
  readonly reason: string
}

/** Plans what deciding hunks does, given what stands in the project now. @internal */
export const planPartial = Effect.fnUntraced(function* <E>(
  objects: ObjectsService,
  content: ContentSource<E>,
  project: ProjectId,
  conflict: Conflict,
  resolution: PartialResolution,
  local: Standing | null,
  policy: TextPolicy
): Effect.fn.Return<PlannedPartial, E | ResolutionRefused> {
  const { path } = resolution
  const settled = yield* settleConflict(objects, content, project, conflict, resolution, policy)
  const { contents, decided, hunks, remembers, text } = settled
  if (text === undefined) {
    const reason = `${decided} of ${hunks} hunks are decided`
    const encoded = encodeConflict(settled.conflict)
    const id = objects.identify(encoded) as ObjectId as ConflictId
    return { after: undefined, conflict: id, contents: [...contents, { id, bytes: encoded }], remembers, reason }
  }
  const ours = conflict.sides[0] ?? null
  const isFile = local?.kind === "file" || local?.kind === "executable"
  const changed = !isFile || local.id !== (ours?.id as string | undefined)
  let bytes = text
  if (changed) {
    const refused = (why: string) =>
      new ResolutionRefused({ project, path, reason: "changed-since", detail: `${why}; nothing was changed` })
    if (!isFile || ours === null) return yield* Effect.fail(refused("the file is gone since the conflict arose"))
    if (local.size > mergedLimit) {
      return yield* Effect.fail(refused("the file is larger than what is merged since the conflict arose"))
    }
    const read = yield* content.get([...new Set([ours.id, local.id])])
    const [base, now] = [read.get(ours.id) ?? new Uint8Array(), read.get(local.id) ?? new Uint8Array()]
    const merged = mergeText(base, now, text, { textPolicy: policy })
    if (merged.conflicts > 0) {
      const why = "the file was edited since the conflict arose, in the same lines as the resolution changes"
      return yield* Effect.fail(refused(why))
    }
    bytes = merged.bytes
  }
  const id = objects.identify(bytes)
  const terms = textTerms(conflict)
  const decidedKind = terms === undefined ? "file" : mergedKind(terms)
  const kind = isFile && local.kind !== ours?.kind ? local.kind : decidedKind
  const outcome = { kind: decidedKind, id: objects.identify(text), size: text.length }
  const key = objects.identify(conflictKeyBytes(conflict))
  return {
    after: { kind, id, size: bytes.length },
    conflict: null,
    contents: [...contents, { id: outcome.id, bytes: text }, { id, bytes }],
    remembers: [...remembers, { key, of: "file", use: "hunks", outcome }],
    reason: `every hunk is decided${changed ? ", and what was edited since is kept" : ""}`
  }
})
