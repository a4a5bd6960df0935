/** What is known of the conflicts of an update: progress that was made, and decisions that were recorded. */
import * as Effect from "effect/Effect"
import { encodeConflict, sameTerm } from "../../algo/conflict/conflictEncoding.ts"
import { conflictKeyBytes, hunkKeyBytes } from "../../algo/conflict/conflictKeys.ts"
import { type CutConflict, cutConflict, resolvedText } from "../../algo/conflict/hunks.ts"
import { isBinary } from "../../algo/text/isBinary.ts"
import { mergeText } from "../../algo/text/mergeText.ts"
import type { TextPolicy } from "../../algo/text/textPolicy.ts"
import type { FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { Conflict, Term } from "../../model/Conflict.ts"
import type { ArtifactId, FilePath, ObjectId, OperationId, RefName } from "../../model/Ids.ts"
import type { PlannedPath } from "../../model/Plan.ts"
import type { Entry } from "../../model/Tree.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { batchBySize, type ContentSource } from "../merge/ContentSource.ts"
import type { MergedPath } from "../merge/treeMerge.ts"
import type { Content, ObjectsService } from "../objects/Objects.ts"
import type { MergedSides } from "../projects/mergeSides.ts"
import { asEntry } from "../projects/standings.ts"
import { explainRegions, explainWhole } from "./explainRegions.ts"
import { RecordedResolutions } from "./RecordedResolutions.ts"
import { idsOf, mergedKind, textsOf, textTerms, withProgress } from "./readCut.ts"
import { operationsOf, type RecordedResolution, readResolutions, resolutionRef } from "./resolutionRecord.ts"

/** What a plan says of a path beside its reason. @internal */
export type Explained = Pick<PlannedPath, "recalled" | "regions">

/** The merge with what is known put in, and what there is to say of its paths. @internal */
export interface Recalled {
  readonly merged: MergedSides
  readonly explained: ReadonlyMap<FilePath, Explained>
}

interface Request {
  readonly open: ReadonlyMap<FilePath, { readonly conflict: Conflict }>
  readonly artifactOf: (path: FilePath) => ArtifactId | undefined
  readonly policy: TextPolicy
}

/** A hunk may be known from any style: they cut differently. */
const styles = ["merge", "diff3", "zdiff3"] as const

const sameTerms = (a: Conflict, b: Conflict): boolean => {
  const same = (x: ReadonlyArray<Term | null>, y: ReadonlyArray<Term | null>) =>
    x.length === y.length && x.every((term, i) => sameTerm(term, y[i] ?? null))
  return a.kind === b.kind && same(a.bases, b.bases) && same(a.sides, b.sides)
}

const isFile = (entry: Entry | null): entry is Entry => entry?.kind === "file" || entry?.kind === "executable"

/** The texts of a path that both sides changed, as a conflict would name them; `undefined` for anything else. */
const asConflict = ({ base, conflict, ours, result, theirs }: MergedPath): Conflict | undefined => {
  if (conflict !== null) return textTerms(conflict) === undefined ? undefined : conflict
  if (!isFile(result) || !isFile(ours) || !isFile(theirs) || (base !== null && !isFile(base))) return undefined
  const one = result.id === ours.id || result.id === theirs.id
  return one ? undefined : { kind: "content", bases: [base], sides: [ours, theirs] }
}

/** Whether a rule or somebody's driver made the result, rather than a merge of lines. */
const madeBy = ({ conflict, rule }: MergedPath): "rule" | "driver" | undefined => {
  if (conflict !== null) return undefined
  return rule.startsWith("driver ") ? "driver" : rule.startsWith("strategy ") ? "rule" : undefined
}

/** What is known of one conflict. */
interface Lookup {
  readonly at: MergedPath & { readonly conflict: Conflict }
  readonly file: RefName
  /** By style, for each hunk the name of its decision. */
  readonly hunks: ReadonlyArray<ReadonlyArray<RefName>>
}

/** Reads the texts that both sides changed, once, batch by batch, and keeps only what is asked of each. */
const survey = Effect.fnUntraced(function* <E>(
  content: ContentSource<E>,
  objects: ObjectsService,
  paths: ReadonlyArray<MergedPath>,
  { artifactOf, policy }: Request,
  recalls: boolean,
  explained: Map<FilePath, Explained>
): Effect.fn.Return<ReadonlyArray<Lookup>, E> {
  const lookups: Array<Lookup> = []
  const texts: Array<readonly [MergedPath, Conflict]> = []
  const known = (at: MergedPath, conflict: Conflict, cuts: ReadonlyArray<CutConflict>) => {
    const artifact = artifactOf(at.path)
    if (artifact === undefined || !recalls) return
    const name = (bytes: Uint8Array) => resolutionRef(artifact, objects.identify(bytes))
    const hunks = cuts.map((cut) => cut.hunks.map((hunk) => name(hunkKeyBytes(hunk))))
    lookups.push({ at: { ...at, conflict }, file: name(conflictKeyBytes(conflict)), hunks })
  }
  for (const at of paths) {
    const conflict = asConflict(at)
    const by = madeBy(at)
    if (by !== undefined && conflict === undefined) explained.set(at.path, { regions: explainWhole(by) })
    if (conflict !== undefined) texts.push([at, conflict])
    else if (at.conflict !== null) known(at, at.conflict, [])
  }
  const sizeOf = ([, { bases, sides }]: readonly [MergedPath, Conflict]) =>
    [...bases, ...sides].reduce((sum, term) => sum + (term?.size ?? 0), 0)
  for (const batch of batchBySize(texts, sizeOf)) {
    const read = yield* content.get([...new Set(batch.flatMap(([, conflict]) => idsOf(conflict)))])
    for (const [at, conflict] of batch) {
      const found = textsOf(conflict, read)
      if (found === undefined) {
        const by = madeBy(at)
        if (by !== undefined) explained.set(at.path, { regions: explainWhole(by) })
        if (at.conflict !== null) known(at, at.conflict, [])
        continue
      }
      const { base, ours, theirs } = found
      if (at.conflict === null) {
        const by = madeBy(at)
        if (by !== undefined) {
          explained.set(at.path, { regions: explainWhole(by, found) })
          continue
        }
        const merged = mergeText(base, ours, theirs, { textPolicy: policy })
        if (merged.conflicts > 0 || objects.identify(merged.bytes) !== at.result?.id) continue
      }
      const cut = (style: (typeof styles)[number]) => cutConflict(base, ours, theirs, { style, textPolicy: policy })
      const first = cut("merge")
      explained.set(at.path, { regions: explainRegions(first, new Set()) })
      if (at.conflict !== null) known(at, at.conflict, recalls ? [first, cut("diff3"), cut("zdiff3")] : [])
    }
  }
  return lookups
})

const bestOf = (
  lookup: Lookup,
  found: ReadonlyMap<RefName, RecordedResolution>
): { readonly style: (typeof styles)[number]; readonly hits: ReadonlyMap<number, RecordedResolution> } | undefined => {
  let best: { style: (typeof styles)[number]; hits: Map<number, RecordedResolution>; share: number } | undefined
  for (const [index, names] of lookup.hunks.entries()) {
    const hits = new Map<number, RecordedResolution>()
    for (const [hunk, name] of names.entries()) {
      const resolution = found.get(name)
      if (resolution?.of === "hunk" && resolution.outcome !== null) hits.set(hunk, resolution)
    }
    const share = names.length === 0 ? 0 : hits.size / names.length
    if (share > (best?.share ?? 0)) best = { style: styles[index] ?? "merge", hits, share }
  }
  return best
}

/**
 * Puts into a merge what is known of its conflicts: an open conflict that is met unchanged keeps its progress, and what was
 * decided before is decided the same way. All decisions are looked up together, in two reads of the catalog.
 *
 * @internal
 */
export const recallResolutions = Effect.fn("Conflicts.recall")(function* <E>(
  { catalog, objects }: { readonly catalog: CatalogStorageService; readonly objects: ObjectsService },
  content: ContentSource<E>,
  merged: MergedSides,
  request: Request
): Effect.fn.Return<Recalled, E | StorageError> {
  const explained = new Map<FilePath, Explained>()
  const flat = new Map<FilePath, FlatEntry>(merged.flat)
  const contents: Array<Content> = [...merged.contents]
  const rows = new Map(merged.paths.map((at) => [at.path, at]))
  const leave = (at: MergedPath, conflict: Conflict, reason: string) => {
    const bytes = encodeConflict(conflict)
    const entry = { kind: "conflict", id: objects.identify(bytes) as ObjectId, size: 0 } as const
    contents.push({ id: entry.id, bytes })
    flat.set(at.path, entry)
    rows.set(at.path, { ...at, result: entry, conflict, reason })
  }
  const kept = new Set<FilePath>()
  for (const at of merged.paths) {
    const known = request.open.get(at.path)?.conflict
    if (at.conflict === null || known?.settled === undefined || !sameTerms(known, at.conflict)) continue
    kept.add(at.path)
    leave(at, known, `${at.reason}; ${known.settled.hunks.length} of its hunks are decided`)
  }
  const recalls = (yield* RecordedResolutions) === "replay"
  const lookups = yield* survey(content, objects, merged.paths, request, recalls, explained)
  const wanted = lookups.filter(({ at }) => !kept.has(at.path) && merged.flat.get(at.path)?.kind === "conflict")
  const found = yield* readResolutions(
    catalog,
    wanted.flatMap(({ file, hunks }) => [file, ...hunks.flat()])
  )
  const made = found.size === 0 ? [] : wanted
  const operations = yield* operationsOf(
    catalog,
    made.flatMap(({ file, hunks }) => [file, ...hunks.flat()].flatMap((name) => found.get(name)?.plan ?? []))
  )
  const origins = (used: Iterable<RecordedResolution>): ReadonlyArray<OperationId> => [
    ...new Set([...used].flatMap(({ plan }) => operations.get(plan) ?? []))
  ]
  const asBefore = (from: ReadonlyArray<OperationId>) =>
    from.length === 0
      ? "resolved as before"
      : `resolved as before, in operation ${from.map((id) => id.slice(0, 8)).join(", ")}`
  for (const lookup of made) {
    const { at } = lookup
    const whole = found.get(lookup.file)
    if (whole !== undefined) {
      const { outcome } = whole
      if (outcome === null) flat.delete(at.path)
      else {
        // So that it is not collected meanwhile.
        const [missing] = yield* objects.claim([outcome])
        if (missing !== undefined) {
          const detail = "a remembered resolution names it, and it is missing"
          return yield* Effect.fail(corrupt("read", `object ${missing}`, detail))
        }
        flat.set(at.path, asEntry(outcome))
      }
      const recalled = origins([whole])
      const result = outcome === null ? null : (asEntry(outcome) as Entry)
      rows.set(at.path, { ...at, result, conflict: null, reason: asBefore(recalled) })
      explained.set(at.path, { ...explained.get(at.path), recalled })
      continue
    }
    const best = bestOf(lookup, found)
    const terms = textTerms(at.conflict)
    if (best === undefined || terms === undefined) continue
    const ids = [...best.hits.values()].flatMap(({ outcome }) => outcome?.id ?? [])
    const [sides, texts] = [yield* content.get(idsOf(at.conflict)), yield* objects.get(ids)]
    const three = textsOf(at.conflict, sides)
    if (three === undefined || isBinary(three.base)) continue
    const options = { style: best.style, textPolicy: request.policy }
    const cut = cutConflict(three.base, three.ours, three.theirs, options)
    const settled = new Map(
      [...best.hits].flatMap(([hunk, { outcome }]) =>
        outcome === null ? [] : [[hunk, texts.get(outcome.id) ?? new Uint8Array()] as const]
      )
    )
    const progress = { settled, edits: new Map<number, Uint8Array>() }
    const recalled = origins(best.hits.values())
    explained.set(at.path, { regions: explainRegions(cut, new Set(settled.keys())), recalled })
    const text = resolvedText(cut, progress)
    if (text === undefined) {
      const next = withProgress(objects, at.conflict, { cut, progress })
      contents.push(...next.contents)
      leave(at, next.conflict, `${settled.size} of ${cut.hunks.length} hunks ${asBefore(recalled)}; ${at.reason}`)
      continue
    }
    const id = objects.identify(text) as ObjectId
    const result: Entry = { kind: mergedKind(terms), id, size: text.length }
    contents.push({ id, bytes: text })
    flat.set(at.path, result)
    rows.set(at.path, { ...at, result, conflict: null, reason: asBefore(recalled) })
  }
  return { merged: { ...merged, flat, paths: merged.paths.map((at) => rows.get(at.path) ?? at), contents }, explained }
})
