/** From a flat list of paths to nested trees, and their ids. */
import type { FilePath, ObjectId, TreeId } from "../../model/Ids.ts"
import type { Entry, TreeEntry } from "../../model/Tree.ts"
import type { Sha256Function } from "../encoding/Sha256Function.ts"
import { encodeTree, sortEntries } from "./treeEncoding.ts"

/** What stands at a path. A `directory` without an id makes sure that the directory exists, even if it is empty. @public */
export type FlatEntry = Entry | { readonly kind: "directory" }

/** A tree that was built: its entries and its canonical bytes. @public */
export interface BuiltTree {
  readonly entries: ReadonlyArray<TreeEntry>
  readonly bytes: Uint8Array
}

/** The nested trees of a flat list; `trees` holds each distinct one once, children before parents. @public */
export interface BuiltTrees {
  readonly root: TreeId
  readonly trees: ReadonlyMap<TreeId, BuiltTree>
  /** Each directory's tree by its path (the root's is empty), and how many paths of the list stand at or below it. */
  readonly directories: ReadonlyMap<string, { readonly tree: TreeId; readonly paths: number }>
}

interface Node {
  /** Made with the first child: most nodes are files, and a hundred thousand empty maps are not nothing. */
  children: Map<string, Node> | undefined
  entry: Entry | undefined
  paths: number
}

const node = (): Node => ({ children: undefined, entry: undefined, paths: 0 })

/**
 * Builds the nested trees that hold exactly `files`. Where a path is both a file and the parent of another, the deeper
 * one wins: a flat list made from real directories has no such pair.
 *
 * @public
 */
export const buildTrees = (files: Iterable<readonly [FilePath, FlatEntry]>, sha256: Sha256Function): BuiltTrees => {
  const root = node()
  for (const [path, entry] of files) {
    let at = root
    root.paths += 1
    for (const name of path.split("/")) {
      at.children ??= new Map()
      let next = at.children.get(name)
      if (next === undefined) {
        next = node()
        at.children.set(name, next)
      }
      next.paths += 1
      at = next
    }
    if ("id" in entry) at.entry = entry
  }
  const trees = new Map<TreeId, BuiltTree>()
  const store = (entries: ReadonlyArray<TreeEntry>): TreeId => {
    const sorted = sortEntries(entries)
    const bytes = encodeTree(sorted)
    const id = sha256(bytes) as TreeId
    if (!trees.has(id)) trees.set(id, { entries: sorted, bytes })
    return id
  }
  // An explicit stack: a tree may be deeper than the call stack allows.
  interface Frame {
    readonly path: string
    readonly node: Node
    readonly names: ReadonlyArray<readonly [string, Node]>
    readonly entries: Array<TreeEntry>
    next: number
  }
  const open = (path: string, at: Node): Frame => ({
    path,
    node: at,
    names: [...(at.children ?? [])],
    entries: [],
    next: 0
  })
  const directories = new Map<string, { readonly tree: TreeId; readonly paths: number }>()
  const stack: Array<Frame> = [open("", root)]
  for (;;) {
    const frame = stack[stack.length - 1] as Frame
    const child = frame.names[frame.next]
    if (child !== undefined) {
      const [name, at] = child
      if (at.children === undefined && at.entry !== undefined) {
        frame.entries.push({ name, kind: at.entry.kind, id: at.entry.id, size: at.entry.size })
        frame.next += 1
      } else stack.push(open(frame.path === "" ? name : `${frame.path}/${name}`, at))
      continue
    }
    const id = store(frame.entries)
    directories.set(frame.path, { tree: id, paths: frame.node.paths })
    stack.pop()
    const parent = stack[stack.length - 1]
    if (parent === undefined) return { root: id, trees, directories }
    const name = parent.names[parent.next]?.[0] ?? ""
    parent.entries.push({ name, kind: "directory", id: id as ObjectId, size: 0 })
    parent.next += 1
  }
}
