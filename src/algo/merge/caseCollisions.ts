/** Names that a target which folds case cannot tell apart. */
import type { FilePath, TreeId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Entry, TreeEntry } from "../../model/Tree.ts"

/** Entries of one directory that would be one on such a target; the first keeps its name. @public */
export interface CaseCollision {
  readonly entries: ReadonlyArray<{ readonly path: FilePath; readonly entry: Entry }>
}

const folded = (name: string): string => name.normalize("NFC").toLowerCase()

/**
 * Finds the collisions that a merge made: in trees that are new, names that differ in case or in the composition of their
 * characters alone, and that do not stand side by side in ours already. What stands in ours comes first.
 *
 * @public
 */
export const caseCollisions = (
  entriesOf: (id: TreeId) => ReadonlyArray<TreeEntry> | undefined,
  root: TreeId,
  oursAt: (path: FilePath) => boolean
): ReadonlyArray<CaseCollision> => {
  const collisions: Array<CaseCollision> = []
  const visit = (directory: string, id: TreeId): void => {
    const groups = new Map<string, Array<{ readonly path: FilePath; readonly entry: Entry }>>()
    for (const { id: child, kind, name, size } of entriesOf(id) ?? []) {
      const path = (directory === "" ? name : `${directory}/${name}`) as FilePath
      const entry = { path, entry: { kind, id: child, size } }
      const group = groups.get(folded(name))
      if (group === undefined) groups.set(folded(name), [entry])
      else group.push(entry)
    }
    for (const group of groups.values()) {
      const [only] = group
      if (group.length === 1 && only?.entry.kind === "directory") visit(only.path, only.entry.id as TreeId)
      if (group.length === 1 || group.every(({ path }) => oursAt(path))) continue
      const entries = group.sort(
        (a, b) => Number(oursAt(b.path)) - Number(oursAt(a.path)) || compareUtf8(a.path, b.path)
      )
      collisions.push({ entries })
    }
  }
  visit("", root)
  return collisions
}
