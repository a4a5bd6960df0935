/** From a flat list of paths to nested trees, and their ids. */
import type { FilePath, ObjectId, TreeId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Entry, TreeEntry } from "../../model/Tree.ts"
import type { Sha256Function } from "../encoding/Sha256Function.ts"
import { encodeTree, sortEntries } from "./treeEncoding.ts"

/** What stands at a path. A `directory` without an id makes sure that the directory exists, even if it is empty. @public */
export type FlatEntry = Entry | { readonly kind: "directory" }

/** A tree that was built: its entries, its canonical bytes, and how many those are. @public */
export interface BuiltTree {
  readonly entries: ReadonlyArray<TreeEntry>
  readonly bytes: Uint8Array
  readonly size: number
}

/** The nested trees of a flat list; `trees` holds each distinct one once, children before parents. @public */
export interface BuiltTrees {
  readonly root: TreeId
  readonly trees: ReadonlyMap<TreeId, BuiltTree>
  /** Each directory's tree by its path (the root's is empty), and how many paths of the list stand at or below it. */
  readonly directories: ReadonlyMap<string, { readonly tree: TreeId; readonly paths: number }>
}

/** A directory whose entries come one after the other. */
interface Frame {
  readonly path: string
  readonly entries: Array<TreeEntry>
  paths: number
}

const frame = (path: string): Frame => ({ path, entries: [], paths: 0 })

/** A tree whose bytes are made when they are asked for: most are stored already, and never are. */
class Built implements BuiltTree {
  readonly entries: ReadonlyArray<TreeEntry>
  readonly size: number

  constructor(entries: ReadonlyArray<TreeEntry>, size: number) {
    this.entries = entries
    this.size = size
  }

  get bytes(): Uint8Array {
    return encodeTree(this.entries)
  }
}

const folder = (name: string, tree: TreeId): TreeEntry => ({
  name,
  kind: "directory",
  id: tree as ObjectId,
  size: 0
})

const isInside = (directory: string, path: string): boolean =>
  directory === "" ||
  (path.startsWith(directory) && (path.length === directory.length || path[directory.length] === "/"))

/** Builds from paths of which those of a directory follow each other; `undefined` where one comes again. */
const buildGrouped = (
  files: Iterable<readonly [FilePath, FlatEntry]>,
  sha256: Sha256Function
): BuiltTrees | undefined => {
  const trees = new Map<TreeId, BuiltTree>()
  const directories = new Map<string, { readonly tree: TreeId; readonly paths: number }>()
  const root = frame("")
  // The directories above the path at hand: a tree may be deeper than the call stack allows.
  const stack = [root]
  let at = root
  /** Of entries of one name the last one, but before all others a directory that was built. */
  const settle = ({ entries, path }: Frame): ReadonlyArray<TreeEntry> => {
    const sorted = sortEntries(entries)
    const isTwice = (entry: TreeEntry, i: number) => entry.name === sorted[i + 1]?.name
    if (!sorted.some(isTwice)) return sorted
    const byName = new Map<string, TreeEntry>()
    for (const entry of sorted) {
      const built = directories.get(path === "" ? entry.name : `${path}/${entry.name}`)
      byName.set(entry.name, built === undefined ? entry : folder(entry.name, built.tree))
    }
    return [...byName.values()]
  }
  const store = (done: Frame): TreeId => {
    const entries = settle(done)
    const bytes = encodeTree(entries)
    const id = sha256(bytes) as TreeId
    if (!trees.has(id)) trees.set(id, new Built(entries, bytes.length))
    directories.set(done.path, { tree: id, paths: done.paths })
    return id
  }
  const leave = () => {
    const done = at
    const id = store(done)
    stack.pop()
    at = stack.at(-1) ?? root
    const name = at.path === "" ? done.path : done.path.slice(at.path.length + 1)
    at.entries.push(folder(name, id))
    at.paths += done.paths
  }
  /** Goes to a directory, by way of its parents; `false` where it was left before. */
  const goTo = (directory: string): boolean => {
    while (!isInside(at.path, directory)) leave()
    while (at.path.length < directory.length) {
      const next = directory.indexOf("/", at.path === "" ? 0 : at.path.length + 1)
      const path = next < 0 ? directory : directory.slice(0, next)
      if (directories.has(path)) return false
      at = frame(path)
      stack.push(at)
    }
    return true
  }
  for (const [path, entry] of files) {
    const slash = path.lastIndexOf("/")
    const isFile = "id" in entry
    const directory = isFile ? (slash < 0 ? "" : path.slice(0, slash)) : path
    if (directory !== at.path && !goTo(directory)) return undefined
    at.paths += 1
    if (isFile) at.entries.push({ name: path.slice(slash + 1), kind: entry.kind, id: entry.id, size: entry.size })
  }
  while (stack.length > 1) leave()
  return { root: store(root), trees, directories }
}

/**
 * Builds the nested trees that hold exactly `files`. Where a path is both a file and the parent of another, the deeper
 * one wins: a flat list made from real directories has no such pair.
 *
 * @remarks
 * Fastest where the paths of a directory follow each other, as they do in every sorted list.
 *
 * @public
 */
export const buildTrees = (files: Iterable<readonly [FilePath, FlatEntry]>, sha256: Sha256Function): BuiltTrees => {
  // Only what can be gone through twice is tried as it is.
  const given = files instanceof Map || Array.isArray(files) ? files : [...files]
  const built = buildGrouped(given, sha256)
  if (built !== undefined) return built
  // A directory itself stands where what is in it does.
  const key = ([path, entry]: readonly [FilePath, FlatEntry]) => ("id" in entry ? path : `${path}/`)
  const sorted = buildGrouped(
    [...given].sort((a, b) => compareUtf8(key(a), key(b))),
    sha256
  )
  if (sorted === undefined) throw new Error("Sorted paths are grouped by directory.")
  return sorted
}
