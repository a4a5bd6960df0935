/** Reading stored trees: whole ones as flat lists, and two of them for what differs. Level by level, in batches. */
import * as Effect from "effect/Effect"
import type { FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { FilePath, TreeId } from "../../model/Ids.ts"
import type { Entry, TreeEntry } from "../../model/Tree.ts"
import { StorageError, StorageUnsupported } from "../../storage/StorageError.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { depthLimit } from "../WorkingTree.ts"

/** Where trees are read from: the store, or trees that were just built and are in memory. @internal */
export interface TreeSource {
  readonly trees: (
    ids: ReadonlyArray<TreeId>
  ) => Effect.Effect<ReadonlyMap<TreeId, ReadonlyArray<TreeEntry>>, StorageError>
}

/**
 * How deep trees are read, and how many paths one may name that is listed or merged. Ten directories of ten that are one and the same are stored in no
 * more space than one of them: whoever made such a tree, ten times over, would have us list ten thousand million paths.
 *
 * @internal
 */
export const treeLimits = { depth: depthLimit, paths: 2_000_000 } as const

/** Says that a walk went too far, if it did. @internal */
export const tooFar = (at: TreeId, depth: number, paths: number): StorageError | undefined => {
  if (depth > treeLimits.depth) return corrupt("read", at, `it stands deeper than ${treeLimits.depth} directories`)
  if (paths <= treeLimits.paths) return undefined
  const detail = `there are more than ${treeLimits.paths} paths, counted as far as tree ${at}`
  return new StorageError({ reason: new StorageUnsupported({ operation: "reading trees so large", detail }) })
}

/** Joins a directory's path and a name. @internal */
export const joinPath = (directory: string, name: string): FilePath =>
  (directory === "" ? name : `${directory}/${name}`) as FilePath

/** How many trees of a level are read at once. */
const readAtOnce = 2_000

/** Everything below a tree, by path. @internal */
export type FlatTree = ReadonlyMap<FilePath, FlatEntry>

/**
 * Shows everything below each of some trees: files, executables, symlinks and conflicts, and those directories that are
 * empty; each with its tree's place in `roots` and a path that begins with that one's prefix. Each level of all of them is
 * one batch of reads for every two thousand directories. Fails with `StorageUnsupported` where one of them is too large, and
 * `StorageCorrupt` where it is too deep, so that it ends within bounds whatever was stored.
 *
 * @internal
 */
export const walkTrees = Effect.fnUntraced(function* (
  source: TreeSource,
  roots: ReadonlyArray<readonly [prefix: string, tree: TreeId]>,
  visit: (root: number, path: FilePath, entry: FlatEntry) => void
): Effect.fn.Return<void, StorageError> {
  let level = roots.map(([prefix, tree], root): readonly [number, string, TreeId] => [root, prefix, tree])
  const seen = roots.map(() => 0)
  for (let depth = 0; level.length > 0; depth++) {
    let trees: ReadonlyMap<TreeId, ReadonlyArray<TreeEntry>> = new Map()
    const next: typeof level = []
    // The directories of one tree follow each other.
    let begun = 0
    for (const [i, [root, directory, id]] of level.entries()) {
      if (level[i - 1]?.[0] !== root) begun = next.length
      // Some at a time: all of a level at once would be held as bytes and as entries besides what is made of them.
      if (i % readAtOnce === 0)
        trees = yield* source.trees([...new Set(level.slice(i, i + readAtOnce).map(([, , of]) => of))])
      const entries = trees.get(id) ?? []
      const shown = seen[root] ?? 0
      const refused = tooFar(id, depth, shown + next.length - begun + entries.length)
      if (refused !== undefined) return yield* Effect.fail(refused)
      const before = next.length
      for (const entry of entries) {
        const path = joinPath(directory, entry.name)
        if (entry.kind === "directory") next.push([root, path, entry.id as TreeId])
        else visit(root, path, { kind: entry.kind, id: entry.id, size: entry.size })
      }
      seen[root] = shown + entries.length - (next.length - before)
      if (entries.length > 0 || depth === 0) continue
      visit(root, directory as FilePath, { kind: "directory" })
      seen[root] = shown + 1
    }
    level = next
  }
})

/** Lists everything below each of some trees: what {@link walkTrees} shows. @internal */
export const flattenTrees = Effect.fnUntraced(function* (
  source: TreeSource,
  roots: Iterable<TreeId>
): Effect.fn.Return<ReadonlyMap<TreeId, FlatTree>, StorageError> {
  const ids = [...new Set(roots)]
  const flats = ids.map(() => new Map<FilePath, FlatEntry>())
  yield* walkTrees(
    source,
    ids.map((id) => ["", id] as const),
    (root, path, entry) => flats[root]?.set(path, entry)
  )
  return new Map(ids.map((id, i) => [id, flats[i] ?? new Map()]))
})

/** The same for one tree. @internal */
export const flattenTree = (source: TreeSource, root: TreeId): Effect.Effect<FlatTree, StorageError> =>
  Effect.map(flattenTrees(source, [root]), (flats) => flats.get(root) ?? new Map())

/** One path in which two trees differ. Directories are named only where one side has none of that name. @public */
export interface TreeChange {
  readonly path: FilePath
  readonly before: Entry | null
  readonly after: Entry | null
}

const plain = (entry: TreeEntry): Entry => ({ kind: entry.kind, id: entry.id, size: entry.size })

/**
 * Lists the paths in which two trees differ, reading only directories that differ. A directory that exists on one side
 * alone is listed itself, followed by what is below it.
 *
 * @internal
 */
export const diffTrees = Effect.fnUntraced(function* (
  source: TreeSource,
  before: TreeId | null,
  after: TreeId | null
): Effect.fn.Return<ReadonlyArray<TreeChange>, StorageError> {
  const changes: Array<TreeChange> = []
  let level: ReadonlyArray<readonly [string, TreeId | null, TreeId | null]> = [["", before, after]]
  const root = after ?? before
  for (let depth = 0; level.length > 0; depth++) {
    const wanted = new Set<TreeId>()
    for (const [, a, b] of level) {
      if (a === b) continue
      if (a !== null) wanted.add(a)
      if (b !== null) wanted.add(b)
    }
    const trees = yield* source.trees([...wanted])
    const next: Array<readonly [string, TreeId | null, TreeId | null]> = []
    for (const [directory, a, b] of level) {
      if (a === b) continue
      const refused = root === null ? undefined : tooFar(root, depth, changes.length + next.length)
      if (refused !== undefined) return yield* Effect.fail(refused)
      const left = new Map((a === null ? [] : (trees.get(a) ?? [])).map((entry) => [entry.name, entry]))
      const right = new Map((b === null ? [] : (trees.get(b) ?? [])).map((entry) => [entry.name, entry]))
      for (const name of new Set([...left.keys(), ...right.keys()])) {
        const x = left.get(name)
        const y = right.get(name)
        if (x !== undefined && y !== undefined && x.kind === y.kind && x.id === y.id) continue
        const path = joinPath(directory, name)
        const deeperLeft = x?.kind === "directory" ? (x.id as TreeId) : null
        const deeperRight = y?.kind === "directory" ? (y.id as TreeId) : null
        if (deeperLeft === null || deeperRight === null) {
          changes.push({ path, before: x === undefined ? null : plain(x), after: y === undefined ? null : plain(y) })
        }
        if (deeperLeft !== null || deeperRight !== null) next.push([path, deeperLeft, deeperRight])
      }
    }
    level = next
  }
  return changes
})

/** What stands at a path of a tree; `null` where nothing does. @internal */
export const entryAt = Effect.fnUntraced(function* (
  source: TreeSource,
  root: TreeId,
  path: FilePath
): Effect.fn.Return<Entry | null, StorageError> {
  const names = path.split("/")
  let at = root
  for (const [depth, name] of names.entries()) {
    const entry = (yield* source.trees([at])).get(at)?.find((candidate) => candidate.name === name)
    if (entry === undefined) return null
    if (depth === names.length - 1) return plain(entry)
    if (entry.kind !== "directory") return null
    at = entry.id as TreeId
  }
  return null
})
