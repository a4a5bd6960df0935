/**
 * The three-way merge of trees. What has to be seen is read and planned first; then contents are combined in bounded
 * batches, and the result is an edit of ours.
 */
import * as Effect from "effect/Effect"
import { encodeConflict } from "../../algo/conflict/conflictEncoding.ts"
import { simplify, type Terms } from "../../algo/conflict/simplify.ts"
import { caseCollisions } from "../../algo/merge/caseCollisions.ts"
import { conflictTerms } from "../../algo/merge/conflictTerms.ts"
import { decide } from "../../algo/merge/decide.ts"
import { entryAt, type MergePath } from "../../algo/merge/planTreeMerge.ts"
import { noRenames, type RenameOptions } from "../../algo/merge/renames/RenameOptions.ts"
import { plainSides, type SideNames } from "../../algo/merge/SideNames.ts"
import type { AppliedRename, Placed } from "../../algo/merge/Slot.ts"
import type { Triple } from "../../algo/merge/surveyTrees.ts"
import type { TextPolicy } from "../../algo/text/textPolicy.ts"
import type { BuiltTree } from "../../algo/tree/buildTrees.ts"
import { editTree } from "../../algo/tree/editTree.ts"
import type { Conflict, ConflictKind, Term } from "../../model/Conflict.ts"
import type { ConflictId, FilePath, ObjectId, TreeId } from "../../model/Ids.ts"
import type { Entry } from "../../model/Tree.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import type { Content, ObjectsService } from "../objects/Objects.ts"
import type { TreeSource } from "../objects/treeWalk.ts"
import { batchBySize, type ContentSource, type EntryPair, mergedLimit, partition, sameTexts } from "./ContentSource.ts"
import type { MergeDriver } from "./MergeDriver.ts"
import { compileRules, MergeRules } from "./MergeRules.ts"
import { mergeContent } from "./mergeContent.ts"
import { planMerge } from "./planMerge.ts"
import { readConflict } from "./readConflict.ts"
import { standIn } from "./standIn.ts"

export { readConflict } from "./readConflict.ts"

/** Three trees, and where to read what they name. @internal */
export interface TreeMergeInput<E> {
  readonly objects: ObjectsService
  readonly source: TreeSource
  readonly content: ContentSource<E>
  readonly base: TreeId | null
  readonly ours: TreeId | null
  readonly theirs: TreeId | null
  readonly policy: TextPolicy
  readonly drivers: ReadonlyArray<MergeDriver>
  /** By default none are followed. */
  readonly renames?: RenameOptions | undefined
  /**
   * What the conflicts of a base that was merged itself were, by the content that stands in for each. Conflicts of this
   * merge then name those terms too.
   */
  readonly standIns?: ReadonlyMap<ObjectId, Conflict> | undefined
  /** For a merge whose result is to be a base: how many merges deep it is. Conflicts become plain content that stands in. */
  readonly depth?: number | undefined
  /** Makes names that differ in case alone a conflict. */
  readonly foldsCase?: boolean | undefined
  /** What the sides are called in reasons; by default, ours and theirs. */
  readonly names?: SideNames | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/**
 * What became of one path that is not simply what ours held. `rule` names what decided: a rule, a driver, or a step of
 * the merge.
 *
 * @public
 */
export interface MergedPath {
  readonly path: FilePath
  readonly base: Entry | null
  readonly ours: Entry | null
  readonly theirs: Entry | null
  readonly result: Entry | null
  readonly conflict: Conflict | null
  readonly reason: string
  readonly rule: string
  /** The renames that led here. */
  readonly renames: ReadonlyArray<AppliedRename>
}

/** The merged tree, with everything that is new in it and not stored yet. @internal */
export interface TreeMergeResult {
  readonly tree: TreeId
  readonly built: ReadonlyMap<TreeId, BuiltTree>
  readonly contents: ReadonlyArray<Content>
  readonly paths: ReadonlyArray<MergedPath>
  /** The conflicts that content stands in for. */
  readonly standIns: ReadonlyMap<ObjectId, Conflict>
  /** Whether there were too many candidates to look for edited files that moved. */
  readonly renamesLimited: boolean
}

const isFile = (entry: Entry | null): entry is Entry =>
  entry !== null && (entry.kind === "file" || entry.kind === "executable")

/** Pairs of files that a text policy might call the same. */
const pairsOf = (paths: ReadonlyArray<MergePath>): ReadonlyArray<EntryPair> => {
  const pairs: Array<EntryPair> = []
  const add = ({ base, ours, theirs }: Triple<Entry | null>) => {
    for (const [a, b] of [
      [base, ours],
      [base, theirs],
      [ours, theirs]
    ] as const) {
      if (isFile(a) && isFile(b) && a.kind === b.kind && a.id !== b.id) pairs.push([a, b])
    }
  }
  for (const path of paths) {
    add(path)
    for (const { base, ours, theirs } of firstsOf(path)) {
      add({ base: base.entry, ours: ours.entry, theirs: theirs.entry })
    }
  }
  return pairs
}

/** The merges that have to come before a path's own. */
const firstsOf = ({ files }: MergePath): ReadonlyArray<Triple<Placed>> =>
  [files.ours, files.theirs].flatMap((file) => file?.first ?? [])

const describeRename = ({ found, from, score, side, to }: AppliedRename, names: SideNames): string => {
  const how = { given: "as given", exact: "unchanged", name: `${score} % the same`, similar: `${score} % the same` }
  return `${names[side]} moved ${from} to ${to} (${how[found]})`
}

/** Two files that met under one name because of renames. */
const collisionKind = (at: MergePath): ConflictKind | undefined => {
  const movers = new Set(at.renames.map(({ side }) => side))
  if (at.base !== null || at.ours === null || at.theirs === null || movers.size === 0) return undefined
  return movers.size === 2 ? "rename/rename(2to1)" : "rename/add"
}

/** Merges three trees. Nothing is stored: what is new is in the result. @internal */
export const mergeTrees = Effect.fn("MergeEngine.trees")(function* <E>(
  input: TreeMergeInput<E>
): Effect.fn.Return<TreeMergeResult, E | StorageError> {
  const { base, content, depth = 0, drivers, names = plainSides, objects, ours, policy, source, theirs } = input
  const options = input.renames ?? noRenames
  const planned = yield* planMerge(source, content, { base, ours, theirs }, options, depth > 0, names)
  // Planned twice: first to learn which texts the policy must compare, then knowing the answer.
  const same = yield* sameTexts(content, objects.identify, pairsOf(planned.plan.paths), policy)
  const { keep, paths } = policy === "none" ? planned.plan : planned.again(same)
  const sha256 = (bytes: Uint8Array) => objects.identify(bytes)

  const ruleOf = compileRules(yield* MergeRules)
  const contents: Array<Content> = []
  const standIns = new Map<ObjectId, Conflict>()
  const results = new Map<MergePath, MergedPath>()
  const settle = (at: MergePath, result: Entry | null, conflict: Conflict | null, reason: string, rule: string) => {
    const { base, ours, path, renames, theirs } = at
    const why =
      renames.length === 0 ? reason : `${renames.map((rename) => describeRename(rename, names)).join(", ")}; ${reason}`
    results.set(at, { path, base, ours, theirs, result, conflict, reason: why, rule, renames })
  }
  const putContent = (bytes: Uint8Array, ...known: ReadonlyArray<Entry | null>): ObjectId => {
    const id = objects.identify(bytes)
    if (!known.some((entry) => entry?.id === id)) contents.push({ id, bytes })
    return id
  }
  const putConflict = (at: MergePath, kind: ConflictKind, reason: string, rule: string, terms = conflictTerms(at)) => {
    // A base that was merged itself, and conflicted there, is what that conflict was made of.
    const inner = at.base === null ? undefined : input.standIns?.get(at.base.id)
    const { bases, sides } =
      inner === undefined
        ? terms
        : { bases: [...inner.sides, ...terms.bases.slice(1)], sides: [...terms.sides, ...inner.bases] }
    const conflict: Conflict = { kind, bases, sides }
    const bytes = encodeConflict(conflict)
    const id = objects.identify(bytes) as ObjectId as ConflictId
    contents.push({ id, bytes })
    settle(at, at.vacated ? null : { kind: "conflict", id, size: 0 }, conflict, reason, rule)
  }
  /** The terms of a path some of whose entries are conflicts already, flattened. */
  const openTerms = Effect.fnUntraced(function* (at: MergePath): Effect.fn.Return<Terms, StorageError> {
    const terms = conflictTerms(at)
    const added: Array<Term | null> = []
    const taken: Array<Term | null> = []
    const put = Effect.fnUntraced(function* (
      from: ReadonlyArray<Term | null>,
      plus: Array<Term | null>,
      minus: Array<Term | null>
    ) {
      for (const term of from) {
        if (term?.kind !== "conflict") plus.push(term)
        else {
          const { bases, sides } = yield* readConflict(objects, term.id)
          plus.push(...sides)
          minus.push(...bases)
        }
      }
    })
    yield* put(terms.sides, added, taken)
    yield* put(terms.bases, taken, added)
    return simplify({ sides: added, bases: taken })
  })

  const planPaths = [...paths, ...paths.flatMap(({ below }) => below)]
  const asks: Array<MergePath> = []
  for (const at of planPaths) {
    const { outcome } = at
    const nested = [at.base, at.ours, at.theirs].some((entry) => entry?.kind === "conflict")
    if (outcome._tag === "Take") settle(at, outcome.entry, null, outcome.reason, "structure")
    else if (nested) {
      const terms = yield* openTerms(at)
      const [only] = terms.sides
      // Where the base alone was in conflict, both sides resolved it: what would be left is neither's answer.
      const cancelled = at.ours?.kind === "conflict" || at.theirs?.kind === "conflict"
      if (terms.bases.length === 0 && only !== undefined && cancelled) {
        settle(at, only, null, "what the conflict disagreed about was cancelled", "conflict")
      } else {
        const open = terms.bases.length === 0 ? conflictTerms(at) : terms
        putConflict(at, "content", "it was in conflict already, and still is", "conflict", open)
      }
    } else if (outcome._tag === "Conflict") {
      const strategy = ruleOf(at.path)?.strategy
      if ((strategy === "ours" || strategy === "theirs" || strategy === "base") && !at.vacated) {
        settle(
          at,
          at[strategy],
          null,
          `a rule says that ${strategy === "base" ? "the base" : names[strategy]} stands here`,
          `strategy ${strategy}`
        )
      } else putConflict(at, outcome.kind, outcome.reason, outcome.kind)
    } else asks.push(at)
  }

  const filesOf = (at: MergePath): ReadonlyArray<Entry> =>
    [
      at.base,
      at.ours,
      at.theirs,
      ...firstsOf(at).flatMap(({ base, ours, theirs }) => [base.entry, ours.entry, theirs.entry])
    ].filter(isFile)
  const sizeOf = (at: MergePath) => filesOf(at).reduce((sum, { size }) => sum + size, 0)
  const mergeBytes = (at: MergePath, read: (entry: Entry | null) => Uint8Array | null, three: Triple<Entry | null>) => {
    const empty = new Uint8Array()
    const texts = { base: read(three.base), ours: read(three.ours) ?? empty, theirs: read(three.theirs) ?? empty }
    return mergeContent(drivers, { path: at.path, ...texts }, policy, ruleOf(at.path), names)
  }
  /** Merges a file that moved with what the other side did to it, before it meets what stands at its new path. */
  const mergeFirst = (
    at: MergePath,
    file: Placed | null,
    read: (entry: Entry | null) => Uint8Array | null,
    fresh: Map<ObjectId, Uint8Array>
  ): Entry | null | undefined => {
    if (file?.first === undefined) return file?.entry ?? null
    const three = { base: file.first.base.entry, ours: file.first.ours.entry, theirs: file.first.theirs.entry }
    const decision = decide(three.base, three.ours, three.theirs, same, names)
    if (decision._tag === "Take") return decision.entry
    if (decision._tag !== "Content" || decision.modeConflict) return undefined
    const outcome = mergeBytes(at, read, three)
    if (outcome._tag === "Conflict") return undefined
    const id = putContent(outcome.bytes, three.ours, three.theirs)
    fresh.set(id, outcome.bytes)
    return { kind: decision.kind, id, size: outcome.bytes.length }
  }
  /** What a path comes to whose contents are known. */
  const combineAt = (
    at: MergePath,
    three: Triple<Entry | null>,
    decision: MergePath["outcome"],
    read: (entry: Entry | null) => Uint8Array | null
  ): void => {
    if (decision._tag === "Take") settle(at, decision.entry, null, decision.reason, "structure")
    if (decision._tag === "Conflict") {
      putConflict(at, collisionKind(at) ?? decision.kind, decision.reason, decision.kind)
    }
    if (decision._tag !== "Content") return
    const outcome = mergeBytes(at, read, three)
    if (outcome._tag === "Conflict") {
      const kind = outcome.kind === "rejected" ? outcome.kind : (collisionKind(at) ?? outcome.kind)
      putConflict(at, kind, outcome.reason, outcome.rule)
    } else if (decision.modeConflict) {
      const reason = "both sides added it, executable on one of them only"
      putConflict(at, collisionKind(at) ?? "mode", reason, "mode")
    } else {
      const id = putContent(outcome.bytes, three.ours, three.theirs)
      settle(at, { kind: decision.kind, id, size: outcome.bytes.length }, null, outcome.reason, outcome.rule)
    }
  }

  /** A file too large to be read is one side's as it is, or in conflict. */
  const leaveLarge = (at: MergePath) => {
    const strategy = ruleOf(at.path)?.strategy
    if ((strategy === "ours" || strategy === "theirs" || strategy === "base") && !at.vacated) {
      return settle(at, at[strategy], null, `a rule says that ${strategy} stands here`, `strategy ${strategy}`)
    }
    const reason = `both sides changed it, and it is larger than what is merged (${mergedLimit / 1024 ** 2} MiB)`
    putConflict(at, collisionKind(at) ?? "binary", reason, "size")
  }

  const [large, small] = partition(asks, (at) => filesOf(at).some(({ size }) => size > mergedLimit))
  for (const at of large) leaveLarge(at)
  let done = large.length
  for (const batch of batchBySize(small, sizeOf)) {
    const bytes = yield* content.get([...new Set(batch.flatMap((at) => filesOf(at).map(({ id }) => id)))])
    const fresh = new Map<ObjectId, Uint8Array>()
    const read = (entry: Entry | null) => (isFile(entry) ? (bytes.get(entry.id) ?? fresh.get(entry.id) ?? null) : null)
    for (const at of batch) {
      if (at.outcome._tag !== "Nested") {
        combineAt(at, at, at.outcome, read)
        continue
      }
      const [left, right] = [mergeFirst(at, at.files.ours, read, fresh), mergeFirst(at, at.files.theirs, read, fresh)]
      if (left === undefined || right === undefined) {
        const kind = collisionKind(at) ?? "content"
        putConflict(at, kind, "it was changed on both sides, and met another file here", kind)
        continue
      }
      // Now that the file which moved here is merged, it stands against the other one like any two files.
      const placed = (entry: Entry | null, file: Placed | null) =>
        entry === null || file === null ? null : { entry, path: file.path }
      const { base: origin, ours: mine, theirs: other } = at.files
      const files = { base: origin, ours: placed(left, mine), theirs: placed(right, other) }
      const now: MergePath = { ...at, ours: left, theirs: right, files }
      const decision = decide(now.base, left, right, same, names)
      if (decision._tag === "Recurse" || decision._tag === "Replace") continue
      combineAt(now, now, decision, read)
      const result = results.get(now)
      results.delete(now)
      if (result !== undefined) results.set(at, { ...result, ours: at.ours, theirs: at.theirs })
    }
    done += batch.length
    input.onProgress?.(done, asks.length)
    yield* Effect.yieldNow
  }

  const built = new Map<TreeId, BuiltTree>()
  // A directory that was merged itself, and still has a file in its way, is a term as it was merged.
  for (const at of paths) {
    const result = results.get(at)
    if (at.below.length === 0 || result?.conflict === null || result === undefined) continue
    // A directory that moves alone have made stands where there is nothing else, or beside both files.
    const standing = [at.ours, at.theirs].findIndex((entry) => entry?.kind === "directory")
    const side = standing >= 0 ? standing : [at.ours, at.theirs].indexOf(null)
    const whole = standing < 0 ? null : standing === 0 ? at.ours : at.theirs
    const edits = at.below.map(
      (inner) => [inner.path.slice(at.path.length + 1) as FilePath, results.get(inner)?.result ?? null] as const
    )
    const kept = new Set(
      [...keep].flatMap((path) => (path.startsWith(`${at.path}/`) ? path.slice(at.path.length + 1) : []))
    )
    const merged = editTree(planned.trees, (whole?.id ?? null) as TreeId | null, edits, kept, sha256)
    for (const [id, tree] of merged.built) built.set(id, tree)
    const directory: Term = { kind: "directory", id: merged.root as ObjectId, size: 0 }
    const { bases } = result.conflict
    const sides = result.conflict.sides.map((term, i) => (i === side ? directory : term))
    const terms = side < 0 ? { bases: [...bases, null], sides: [...sides, directory] } : { bases, sides }
    putConflict(at, result.conflict.kind, result.reason, result.rule, terms)
  }

  if (depth > 0) {
    const merged = [...results].filter(([, { conflict }]) => conflict !== null)
    for (const [at, result] of merged) {
      if (result.conflict === null || at.vacated) continue
      const stand = yield* standIn(content, at, result.conflict, depth)
      if (stand === null) results.set(at, { ...result, result: null })
      else if ("bytes" in stand) {
        const id = putContent(stand.bytes)
        standIns.set(id, result.conflict)
        results.set(at, { ...result, result: { kind: stand.kind, id, size: stand.bytes.length } })
      } else results.set(at, { ...result, result: stand })
    }
  }

  const told = paths.flatMap((at) => results.get(at) ?? [])
  const edits = told.map(({ path, result }) => [path, result] as const)
  const edited = editTree(planned.trees, ours, edits, keep, sha256)
  for (const [id, tree] of edited.built) built.set(id, tree)
  const collisions =
    input.foldsCase === true
      ? caseCollisions(
          (id) => built.get(id)?.entries,
          edited.root,
          (path) => entryAt(planned.trees, ours, path) !== null
        )
      : []
  if (collisions.length === 0) {
    return { tree: edited.root, built, contents, paths: told, standIns, renamesLimited: planned.limited }
  }
  const folded = collisions.flatMap(({ entries }) => {
    const [first] = entries
    if (first === undefined) return []
    const conflict: Conflict = {
      kind: "case-collision",
      bases: entries.slice(1).map(() => null),
      sides: entries.map(({ entry, path }) => ({ ...entry, path }))
    }
    const bytes = encodeConflict(conflict)
    const id = putContent(bytes)
    const reason = `a target that folds case has one name for ${entries.map(({ path }) => path).join(" and ")}`
    return entries.map(({ entry, path }): MergedPath => {
      const stays = path === first.path
      const at = told.find((candidate) => candidate.path === path)
      const sides = { base: at?.base ?? null, ours: at?.ours ?? (stays ? entry : null), theirs: at?.theirs ?? null }
      const result: Entry | null = stays ? { kind: "conflict", id, size: 0 } : null
      const outcome = { result, conflict: stays ? conflict : null, reason, rule: "case-collision" }
      return { path, ...sides, ...outcome, renames: at?.renames ?? [] }
    })
  })
  const replaced = new Set(folded.map(({ path }) => path))
  const all = new Map([...planned.trees, ...[...built].map(([id, { entries }]) => [id, entries] as const)])
  const last = editTree(
    all,
    edited.root,
    folded.map(({ path, result }) => [path, result] as const),
    keep,
    sha256
  )
  for (const [id, tree] of last.built) built.set(id, tree)
  const rest = told.filter(({ path }) => !replaced.has(path))
  return { tree: last.root, built, contents, paths: [...rest, ...folded], standIns, renamesLimited: planned.limited }
})
