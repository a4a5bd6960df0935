/** A tree with some of its paths changed. */
import type { FilePath, ObjectId, TreeId } from "../../model/Ids.ts"
import type { Entry, TreeEntry } from "../../model/Tree.ts"
import type { Sha256Function } from "../encoding/Sha256Function.ts"
import type { BuiltTree } from "./buildTrees.ts"
import { encodeTree, sortEntries } from "./treeEncoding.ts"

interface Edit {
  /** Undefined: nothing is said of this very name, only of what is below. */
  entry: Entry | null | undefined
  readonly below: Map<string, Edit>
}

const edit = (): Edit => ({ entry: undefined, below: new Map() })

/**
 * Changes paths of a tree: an entry puts it there, `null` takes it away. A directory that loses its last entry goes too,
 * unless `keep` names it. Returns the new root and the trees that are new.
 *
 * @remarks
 * Reads, in `trees`, the directories on the way to the edited paths and no others. Where an edit puts a directory (with
 * its tree) and others change paths below it, the latter apply to the former.
 *
 * @public
 */
export const editTree = (
  trees: ReadonlyMap<TreeId, ReadonlyArray<TreeEntry>>,
  root: TreeId | null,
  edits: Iterable<readonly [FilePath, Entry | null]>,
  keep: ReadonlySet<string>,
  sha256: Sha256Function
): { readonly root: TreeId; readonly built: ReadonlyMap<TreeId, BuiltTree> } => {
  const top = edit()
  for (const [path, entry] of edits) {
    let at = top
    for (const name of path.split("/")) {
      let next = at.below.get(name)
      if (next === undefined) {
        next = edit()
        at.below.set(name, next)
      }
      at = next
    }
    at.entry = entry
  }
  const built = new Map<TreeId, BuiltTree>()
  const read = (id: TreeId | null) => (id === null ? [] : (built.get(id)?.entries ?? trees.get(id) ?? []))

  const apply = (path: string, id: TreeId | null, change: Edit): TreeId | null => {
    const entries = new Map<string, TreeEntry>(read(id).map((entry) => [entry.name, entry]))
    for (const [name, next] of change.below) {
      const child = path === "" ? name : `${path}/${name}`
      const standing = next.entry === undefined ? (entries.get(name) ?? null) : next.entry
      if (next.below.size === 0) {
        if (standing === null) entries.delete(name)
        else entries.set(name, { name, kind: standing.kind, id: standing.id, size: standing.size })
        continue
      }
      const tree = apply(child, standing?.kind === "directory" ? (standing.id as TreeId) : null, next)
      if (tree !== null) entries.set(name, { name, kind: "directory", id: tree as ObjectId, size: 0 })
      else if (standing !== null && standing.kind !== "directory") {
        entries.set(name, { name, kind: standing.kind, id: standing.id, size: standing.size })
      } else entries.delete(name)
    }
    if (entries.size === 0 && path !== "" && !keep.has(path)) return null
    const sorted = sortEntries(entries.values())
    const bytes = encodeTree(sorted)
    const result = sha256(bytes) as TreeId
    built.set(result, { entries: sorted, bytes, size: bytes.length })
    return result
  }

  return { root: apply("", root, top) as TreeId, built }
}
