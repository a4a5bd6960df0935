/**
 * The three-way merge of trees. Trees that need looking into are read first, level by level; the structure is decided by
 * a pure function; then contents are combined in bounded batches, and the result is an edit of ours.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { decodeConflict, encodeConflict } from "../../algo/conflict/conflictEncoding.ts"
import { combine, type Terms } from "../../algo/conflict/simplify.ts"
import { type MergePath, planTreeMerge } from "../../algo/merge/planTreeMerge.ts"
import type { TextPolicy } from "../../algo/text/textPolicy.ts"
import type { BuiltTree } from "../../algo/tree/buildTrees.ts"
import { editTree } from "../../algo/tree/editTree.ts"
import { Conflict, type ConflictKind, type Term } from "../../model/Conflict.ts"
import type { ConflictId, FilePath, ObjectId, TreeId } from "../../model/Ids.ts"
import type { Entry, TreeEntry } from "../../model/Tree.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import type { Content, ObjectsService } from "../objects/Objects.ts"
import type { TreeSource } from "../objects/treeWalk.ts"
import { batchBySize, type ContentSource, type EntryPair, sameTexts } from "./ContentSource.ts"
import type { MergeDriver } from "./MergeDriver.ts"
import { compileRules, MergeRules } from "./MergeRules.ts"
import { mergeContent } from "./mergeContent.ts"

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
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** What became of one path that is not simply what ours held. @public */
export interface MergedPath {
  readonly path: FilePath
  readonly base: Entry | null
  readonly ours: Entry | null
  readonly theirs: Entry | null
  readonly result: Entry | null
  readonly conflict: Conflict | null
  readonly reason: string
}

/** The merged tree, with everything that is new in it and not stored yet. @internal */
export interface TreeMergeResult {
  readonly tree: TreeId
  readonly built: ReadonlyMap<TreeId, BuiltTree>
  readonly contents: ReadonlyArray<Content>
  readonly paths: ReadonlyArray<MergedPath>
}

const treeOf = (entry: TreeEntry | undefined): TreeId | null =>
  entry?.kind === "directory" ? (entry.id as TreeId) : null

const isFile = (entry: Entry | null): entry is Entry =>
  entry !== null && (entry.kind === "file" || entry.kind === "executable")

/** Reads every tree that the merge can look into: those below a name where at least two of the three differ. */
const readTrees = Effect.fnUntraced(function* (
  source: TreeSource,
  roots: readonly [TreeId | null, TreeId | null, TreeId | null]
): Effect.fn.Return<ReadonlyMap<TreeId, ReadonlyArray<TreeEntry>>, StorageError> {
  const read = new Map<TreeId, ReadonlyArray<TreeEntry>>()
  let level: ReadonlyArray<readonly [TreeId | null, TreeId | null, TreeId | null]> = [roots]
  while (level.length > 0) {
    const wanted = new Set<TreeId>()
    for (const triple of level) for (const id of triple) if (id !== null && !read.has(id)) wanted.add(id)
    for (const [id, entries] of yield* source.trees([...wanted])) read.set(id, entries)
    const next: Array<readonly [TreeId | null, TreeId | null, TreeId | null]> = []
    for (const triple of level) {
      const [b, o, t] = triple.map((id) => new Map((id === null ? [] : (read.get(id) ?? [])).map((e) => [e.name, e])))
      for (const name of new Set([...(b?.keys() ?? []), ...(o?.keys() ?? []), ...(t?.keys() ?? [])])) {
        const [x, y, z] = [b?.get(name), o?.get(name), t?.get(name)]
        // One side left it alone (or both agree): it is taken whole, unread.
        if (y?.id === z?.id && y?.kind === z?.kind) continue
        if ((x?.id === y?.id && x?.kind === y?.kind) || (x?.id === z?.id && x?.kind === z?.kind)) continue
        const deeper = [treeOf(x), treeOf(y), treeOf(z)] as const
        if (deeper[1] !== null || deeper[2] !== null) next.push(deeper)
      }
    }
    level = next
  }
  return read
})

/** Pairs of files that a text policy might call the same. */
const pairsOf = (paths: ReadonlyArray<MergePath>): ReadonlyArray<EntryPair> => {
  const pairs: Array<EntryPair> = []
  for (const { base, ours, theirs } of paths) {
    for (const [a, b] of [
      [base, ours],
      [base, theirs],
      [ours, theirs]
    ] as const) {
      if (isFile(a) && isFile(b) && a.kind === b.kind && a.id !== b.id) pairs.push([a, b])
    }
  }
  return pairs
}

const term = (entry: Entry | null): Term | null =>
  entry === null ? null : { kind: entry.kind, id: entry.id, size: entry.size }

const decodeConflictSchema = Schema.decodeUnknownExit(Conflict)

/** Reads a conflict by its id. @internal */
export const readConflict = Effect.fnUntraced(function* (
  objects: ObjectsService,
  id: ObjectId
): Effect.fn.Return<Conflict, StorageError> {
  const bytes = (yield* objects.get([id])).get(id) ?? new Uint8Array()
  const decoded = decodeConflictSchema(decodeConflict(bytes))
  if (decoded._tag === "Failure") return yield* Effect.fail(corrupt("read", `object ${id}`, "it is not a conflict"))
  return decoded.value
})

/** Merges three trees. Nothing is stored: what is new is in the result. @internal */
export const mergeTrees = Effect.fn("MergeEngine.trees")(function* <E>(
  input: TreeMergeInput<E>
): Effect.fn.Return<TreeMergeResult, E | StorageError> {
  const { base, content, drivers, objects, ours, policy, source, theirs } = input
  const trees = yield* readTrees(source, [base, ours, theirs])
  // Decided twice: first to learn which texts the policy must compare, then knowing the answer.
  const first = planTreeMerge(trees, base, ours, theirs, () => false)
  const pairs = pairsOf(first.paths)
  const same = yield* sameTexts(content, objects.identify, pairs, policy)
  const plan = policy === "none" ? first : planTreeMerge(trees, base, ours, theirs, same)

  const ruleOf = compileRules(yield* MergeRules)
  const contents: Array<Content> = []
  const results: Array<MergedPath> = []
  const settle = (at: MergePath, result: Entry | null, conflict: Conflict | null, reason: string) => {
    const { base, ours, path, theirs } = at
    results.push({ path, base, ours, theirs, result, conflict, reason })
  }
  const putConflict = (at: MergePath, kind: ConflictKind, reason: string, terms?: Terms) => {
    const conflict: Conflict = {
      kind,
      bases: terms?.bases ?? [term(at.base)],
      sides: terms?.sides ?? [term(at.ours), term(at.theirs)]
    }
    const bytes = encodeConflict(conflict)
    const id = objects.identify(bytes) as ObjectId as ConflictId
    contents.push({ id, bytes })
    settle(at, { kind: "conflict", id, size: 0 }, conflict, reason)
  }

  const asks: Array<MergePath> = []
  for (const at of plan.paths) {
    const nested = [at.base, at.ours, at.theirs].some((entry) => entry?.kind === "conflict")
    if (at.outcome._tag === "Take") settle(at, at.outcome.entry, null, at.outcome.reason)
    else if (nested) {
      const open = (entry: Entry | null) =>
        entry?.kind === "conflict" ? readConflict(objects, entry.id) : Effect.succeed(term(entry))
      const terms = combine(yield* open(at.base), yield* open(at.ours), yield* open(at.theirs))
      const [only] = terms.sides
      if (terms.bases.length === 0 && only !== undefined) {
        settle(at, only, null, "what the conflict disagreed about was cancelled")
      } else putConflict(at, "content", "it was in conflict already, and still is", terms)
    } else if (at.outcome._tag === "Conflict") {
      const strategy = ruleOf(at.path)?.strategy
      if (strategy === "ours" || strategy === "theirs" || strategy === "base") {
        settle(at, at[strategy], null, `a rule says that ${strategy} stands here`)
      } else putConflict(at, at.outcome.kind, at.outcome.reason)
    } else asks.push(at)
  }

  const sizeOf = ({ base, ours, theirs }: MergePath) => (base?.size ?? 0) + (ours?.size ?? 0) + (theirs?.size ?? 0)
  let done = 0
  for (const batch of batchBySize(asks, sizeOf)) {
    const ids = batch.flatMap((at) => [at.base, at.ours, at.theirs].filter(isFile).map((entry) => entry.id))
    const bytes = yield* content.get([...new Set(ids)])
    const read = (entry: Entry | null) => (isFile(entry) ? (bytes.get(entry.id) ?? null) : null)
    for (const at of batch) {
      if (at.outcome._tag !== "Content") continue
      const outcome = mergeContent(
        drivers,
        {
          path: at.path,
          base: read(at.base),
          ours: read(at.ours) ?? new Uint8Array(),
          theirs: read(at.theirs) ?? new Uint8Array()
        },
        policy,
        ruleOf(at.path)
      )
      if (outcome._tag === "Conflict") putConflict(at, outcome.kind, outcome.reason)
      else if (at.outcome.modeConflict) putConflict(at, "mode", "both sides added it, executable on one of them only")
      else {
        const id = objects.identify(outcome.bytes)
        if (id !== at.ours?.id && id !== at.theirs?.id) contents.push({ id, bytes: outcome.bytes })
        settle(at, { kind: at.outcome.kind, id, size: outcome.bytes.length }, null, outcome.reason)
      }
    }
    done += batch.length
    input.onProgress?.(done, asks.length)
    yield* Effect.yieldNow
  }

  const edits = results.map(({ path, result }) => [path, result] as const)
  const { built, root } = editTree(trees, ours, edits, plan.keep, (bytes) => objects.identify(bytes))
  return { tree: root, built, contents, paths: results }
})
