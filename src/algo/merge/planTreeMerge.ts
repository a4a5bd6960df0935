/** The structure of a three-way merge of trees: which paths are settled, which ask their content, which conflict. */
import type { ConflictKind } from "../../model/Conflict.ts"
import type { FilePath, TreeId } from "../../model/Ids.ts"
import type { Entry, TreeEntry } from "../../model/Tree.ts"
import { type Decision, decide, type SameContent } from "./decide.ts"

/** Entries of every tree that the merge looks into. Trees that all sides share need not be there. @public */
export type TreeLookup = ReadonlyMap<TreeId, ReadonlyArray<TreeEntry>>

/** One path of a merge that is not simply what ours already holds. @public */
export interface MergePath {
  readonly path: FilePath
  readonly base: Entry | null
  readonly ours: Entry | null
  readonly theirs: Entry | null
  readonly outcome:
    | {
        readonly _tag: "Take"
        readonly side: "base" | "ours" | "theirs" | "both"
        readonly entry: Entry | null
        readonly reason: string
      }
    | { readonly _tag: "Content"; readonly kind: "file" | "executable"; readonly modeConflict: boolean }
    | { readonly _tag: "Conflict"; readonly kind: ConflictKind; readonly reason: string }
}

/** The paths where two or three of the trees differ, and the directories that must survive though they are empty. @public */
export interface TreeMergePlan {
  readonly paths: ReadonlyArray<MergePath>
  readonly keep: ReadonlySet<string>
}

const plain = (entry: TreeEntry | undefined): Entry | null =>
  entry === undefined ? null : { kind: entry.kind, id: entry.id, size: entry.size }

const treeOf = (entry: Entry | null): TreeId | null => (entry?.kind === "directory" ? (entry.id as TreeId) : null)

const sameEntry = (a: Entry | null, b: Entry | null): boolean =>
  a === b || (a !== null && b !== null && a.kind === b.kind && a.id === b.id)

/**
 * Merges the structure of three trees. Subtrees that need no decision are not looked into: where one side left a
 * directory alone, the other side's is taken whole.
 *
 * @public
 */
export const planTreeMerge = (
  trees: TreeLookup,
  base: TreeId | null,
  ours: TreeId | null,
  theirs: TreeId | null,
  same: SameContent
): TreeMergePlan => {
  const paths: Array<MergePath> = []
  const keep = new Set<string>()
  const entriesOf = (id: TreeId | null) => new Map((id === null ? [] : (trees.get(id) ?? [])).map((e) => [e.name, e]))

  const walk = (directory: string, b: TreeId | null, o: TreeId | null, t: TreeId | null): void => {
    const [left, middle, right] = [entriesOf(o), entriesOf(b), entriesOf(t)]
    for (const name of new Set([...left.keys(), ...middle.keys(), ...right.keys()])) {
      const path = (directory === "" ? name : `${directory}/${name}`) as FilePath
      visit(path, plain(middle.get(name)), plain(left.get(name)), plain(right.get(name)))
    }
  }

  const visit = (path: FilePath, b: Entry | null, o: Entry | null, t: Entry | null): void => {
    if (sameEntry(o, t) && sameEntry(b, o)) return
    const decision: Decision = decide(b, o, t, same)
    switch (decision._tag) {
      case "Recurse": {
        // The directory itself is merged like a name: it stays, even empty, unless a side removed it.
        if (o !== null && t !== null) keep.add(path)
        walk(path, treeOf(b), treeOf(o), treeOf(t))
        return
      }
      case "Replace": {
        // What the other side did to the directory decides: nothing but removals, and the replacement stands.
        const ourDirectory = decision.directory === "ours"
        const from = paths.length
        walk(path, treeOf(b), ourDirectory ? treeOf(o) : null, ourDirectory ? null : treeOf(t))
        const rest = paths.splice(from)
        const gone = rest.every(({ outcome }) => outcome._tag === "Take" && outcome.entry === null)
        const replacement = ourDirectory ? t : o
        paths.push({
          path,
          base: b,
          ours: o,
          theirs: t,
          outcome: gone
            ? {
                _tag: "Take",
                side: ourDirectory ? "theirs" : "ours",
                entry: replacement,
                reason: `${ourDirectory ? "theirs" : "ours"} replaced a directory that the other side had only removed from`
              }
            : {
                _tag: "Conflict",
                kind: "directory/file",
                reason: "one side replaced a directory that the other side changed"
              }
        })
        return
      }
      default:
        paths.push({ path, base: b, ours: o, theirs: t, outcome: decision })
    }
  }

  walk("", base, ours, theirs)
  return { paths, keep }
}
