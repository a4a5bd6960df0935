/** Deciding hunks of an open conflict: by number, or by the view that somebody edited. */
import * as Effect from "effect/Effect"
import { hunkKeyBytes } from "../../algo/conflict/conflictKeys.ts"
import {
  equalBytes,
  type HunkChoice,
  type HunkProgress,
  recogniseUse,
  resolvedText,
  settleHunks
} from "../../algo/conflict/hunks.ts"
import { parseMarkers } from "../../algo/conflict/parseMarkers.ts"
import type { ConflictStyle } from "../../algo/text/mergeRegions.ts"
import type { TextPolicy } from "../../algo/text/textPolicy.ts"
import { type Conflict, ResolutionRefused } from "../../model/Conflict.ts"
import type { FilePath, ProjectId } from "../../model/Ids.ts"
import type { PlannedMemory } from "../../model/Plan.ts"
import type { ContentSource } from "../merge/ContentSource.ts"
import type { Content, ObjectsService } from "../objects/Objects.ts"
import { conflictLabels, type OpenCut, readCut, withProgress } from "./readCut.ts"

/** What is decided about one hunk. Hunks are numbered from zero. @public */
export type HunkResolution = { readonly hunk: number } & HunkChoice

/**
 * Decides a conflict in part or in whole: hunks by their numbers, or by the text that somebody made of a view with markers.
 * `style` is the style in which the hunks, or the view, were shown; by default `merge`, or how the conflict was cut when
 * the first hunk of it was decided.
 *
 * @public
 */
export type PartialResolution =
  | { readonly path: FilePath; readonly style?: ConflictStyle; readonly hunks: ReadonlyArray<HunkResolution> }
  | { readonly path: FilePath; readonly style?: ConflictStyle; readonly edited: Uint8Array }

/** What became of the conflict: a text without open hunks, or a conflict that knows how far it is decided. @internal */
export interface SettledConflict {
  readonly text: Uint8Array | undefined
  readonly conflict: Conflict
  readonly decided: number
  readonly hunks: number
  readonly contents: ReadonlyArray<Content>
  readonly remembers: ReadonlyArray<PlannedMemory>
}

const problems = {
  changed: "was changed between its markers, but the markers still stand",
  incomplete: "has lost some of its markers, but not all",
  moved: "stands in another place than it did",
  twice: "stands there twice"
}

/** What is to be remembered of newly decided hunks, and its contents. @internal */
export const rememberHunks = (
  objects: ObjectsService,
  { cut, progress }: OpenCut,
  before: HunkProgress
): { readonly remembers: ReadonlyArray<PlannedMemory>; readonly contents: ReadonlyArray<Content> } => {
  const remembers: Array<PlannedMemory> = []
  const contents: Array<Content> = []
  for (const [index, text] of progress.settled) {
    const hunk = cut.hunks[index]
    const known = before.settled.get(index)
    if (hunk === undefined || (known !== undefined && equalBytes(known, text))) continue
    const id = objects.identify(text)
    contents.push({ id, bytes: text })
    const outcome = { kind: "file" as const, id, size: text.length }
    remembers.push({
      key: objects.identify(hunkKeyBytes(hunk)),
      of: "hunk",
      use: recogniseUse(cut, hunk, text),
      outcome
    })
  }
  return { remembers, contents }
}

/** Decides hunks of a conflict. @internal */
export const settleConflict = Effect.fnUntraced(function* <E>(
  objects: ObjectsService,
  content: ContentSource<E>,
  project: ProjectId,
  conflict: Conflict,
  resolution: PartialResolution,
  textPolicy: TextPolicy
): Effect.fn.Return<SettledConflict, E | ResolutionRefused> {
  const { path } = resolution
  const refuse = (reason: ResolutionRefused["reason"], detail: string) =>
    Effect.fail(new ResolutionRefused({ project, path, reason, detail }))
  const open = yield* readCut(content, conflict, { style: resolution.style ?? "merge", textPolicy })
  if (open === undefined) {
    const detail = `it is a ${conflict.kind} conflict without hunks, so it can only be resolved whole`
    return yield* refuse("no-hunks", detail)
  }
  const { cut, progress: before } = open
  let progress: HunkProgress
  if ("hunks" in resolution) {
    if (resolution.style !== undefined && resolution.style !== cut.style) {
      const detail = `hunks of it are decided in the style ${cut.style}, which numbers them differently`
      return yield* refuse("other-style", detail)
    }
    const missing = resolution.hunks.find(({ hunk }) => cut.hunks[hunk] === undefined)
    if (missing !== undefined) {
      return yield* refuse("no-such-hunk", `it has ${cut.hunks.length} hunk(s), and no hunk ${missing.hunk}`)
    }
    progress = settleHunks(
      cut,
      before,
      resolution.hunks.map((choice) => [choice.hunk, choice])
    )
  } else {
    const options = { labels: conflictLabels, style: resolution.style }
    const parsed = parseMarkers(cut, resolution.edited, options, before)
    if (parsed._tag === "Malformed") {
      const detail = `hunk ${parsed.hunk + 1} ${problems[parsed.reason]} (line ${parsed.line} of the edited text)`
      return yield* refuse("markers", detail)
    }
    progress = parsed.progress
  }
  const remembered = rememberHunks(objects, { cut, progress }, before)
  const next = withProgress(objects, conflict, { cut, progress })
  return {
    text: resolvedText(cut, progress),
    conflict: next.conflict,
    decided: progress.settled.size,
    hunks: cut.hunks.length,
    contents: [...next.contents, ...remembered.contents],
    remembers: remembered.remembers
  }
})
