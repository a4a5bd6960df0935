/** Our merge of a history, without a store around it. */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { similarRenames } from "../../../src/algo/merge/renames/RenameOptions.ts"
import { buildTrees, type FlatEntry } from "../../../src/algo/tree/buildTrees.ts"
import { decodeTree } from "../../../src/algo/tree/treeEncoding.ts"
import { type MergedPath, mergeTrees, readConflict } from "../../../src/core/merge/treeMerge.ts"
import { virtualBase } from "../../../src/core/merge/virtualBase.ts"
import type { ObjectsService } from "../../../src/core/objects/Objects.ts"
import { flattenTree } from "../../../src/core/objects/treeWalk.ts"
import type { BlobId, FilePath, ObjectId, TreeId, VersionId } from "../../../src/model/Ids.ts"
import type { TreeEntry } from "../../../src/model/Tree.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import type { File, Files, History } from "./histories.ts"

const kinds = { "100644": "file", "100755": "executable", "120000": "symlink" } as const
const modes = { file: "100644", executable: "100755", symlink: "120000" } as const

const identify = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex") as BlobId

/** Objects in a map, with what is read of them counted. */
export const makeObjects = () => {
  const stored = new Map<ObjectId, Uint8Array>()
  const reads = { blobs: 0, trees: 0 }
  const bytesOf = (id: ObjectId): Uint8Array => {
    const bytes = stored.get(id)
    if (bytes === undefined) throw new Error(`no object ${id}`)
    return bytes
  }
  const objects: ObjectsService = {
    identify,
    put: (contents) => Effect.sync(() => contents.forEach(({ bytes, id }) => void stored.set(id, bytes))),
    claim: () => Effect.succeed([]),
    chunks: () => Effect.succeed(new Map()),
    putStream: () => Effect.die("no merge stores in pieces"),
    stream: () => Stream.die("no merge reads in pieces"),
    get: (ids) =>
      Effect.sync(() => {
        reads.blobs += ids.length
        return new Map(ids.map((id) => [id, bytesOf(id)]))
      }),
    trees: (ids) =>
      Effect.sync(() => {
        reads.trees += ids.length
        return new Map(ids.map((id) => [id, decodeTree(bytesOf(id)) as ReadonlyArray<TreeEntry>]))
      })
  }
  const store = (files: Files): TreeId => {
    const flat = new Map<FilePath, FlatEntry>()
    for (const [path, { bytes, mode }] of files) {
      const id = identify(bytes)
      stored.set(id, bytes)
      const kind = kinds[mode]
      flat.set(path as FilePath, { kind, id, size: kind === "symlink" ? 0 : bytes.length })
    }
    const { root, trees } = buildTrees(flat, identify)
    for (const [id, { bytes }] of trees) stored.set(id, bytes)
    return root
  }
  return { objects, reads, store, bytesOf }
}

/** What we made of a history. Conflict entries are not in `files`. */
export interface OurMerge {
  readonly files: ReadonlyMap<string, File>
  readonly conflicts: ReadonlyArray<MergedPath>
  readonly paths: ReadonlyArray<MergedPath>
  /** The content behind an entry of `paths`. */
  readonly bytesOf: (id: ObjectId) => Uint8Array
  /** The files below a directory that is a term of a conflict, with all that conflicts in it name. */
  readonly inside: (tree: TreeId) => Effect.Effect<ReadonlyArray<File>, StorageError>
}

/** Merges a history, byte for byte. */
export const mergeHistory = Effect.fnUntraced(function* (
  { older, ours, root, theirs }: History,
  directories: "conflict" | "move" | "stay"
) {
  const { bytesOf, objects, store } = makeObjects()
  const trees = new Map<string, TreeId>([
    ["root", store(root)],
    ...older.map((files, i) => [`${i}`, store(files)] as const)
  ])
  const renames = { ...similarRenames, directories }
  const common = { objects, policy: "none" as const, drivers: [], renames }
  // The highest first, as the graph answers; of two sides of a criss-cross, the root is what they have in common.
  const mergeBases = (a: VersionId, b: VersionId) => Effect.succeed([a === b ? a : ("root" as VersionId)])
  const bases = older.length === 1 ? ["root"] : ["1", "0"]
  const treeOf = (id: VersionId) => Effect.succeed(trees.get(id) as TreeId)
  const base = yield* virtualBase({ ...common, mergeBases, treeOf }, bases as Array<VersionId>)
  const merged = yield* mergeTrees({
    ...common,
    source: objects,
    content: objects,
    base: base.tree,
    standIns: base.standIns,
    ours: store(ours),
    theirs: store(theirs)
  })
  yield* objects.put([...merged.contents, ...[...merged.built].map(([id, { bytes }]) => ({ id, bytes }))])
  const filesIn = Effect.fnUntraced(function* (tree: TreeId) {
    const files = new Map<string, File>()
    for (const [path, entry] of yield* flattenTree(objects, tree)) {
      if (!("id" in entry) || entry.kind === "conflict" || entry.kind === "directory") continue
      files.set(path, { mode: modes[entry.kind], bytes: Buffer.from(bytesOf(entry.id)) })
    }
    return files
  })
  const files = yield* filesIn(merged.tree)
  const inside = Effect.fnUntraced(function* (tree: TreeId) {
    const found: Array<File> = [...(yield* filesIn(tree)).values()]
    for (const entry of (yield* flattenTree(objects, tree)).values()) {
      if (entry.kind !== "conflict") continue
      const { bases, sides } = yield* readConflict(objects, entry.id)
      for (const term of [...bases, ...sides]) {
        if (term === null || term.kind === "directory" || term.kind === "conflict") continue
        found.push({ mode: modes[term.kind], bytes: Buffer.from(bytesOf(term.id)) })
      }
    }
    return found
  })
  const conflicts = merged.paths.filter(({ conflict }) => conflict !== null)
  return { files, conflicts, paths: merged.paths, bytesOf, inside }
})
