/** Going back over operations that were collected: what each of them did is gone, so whole versions say what to take back. */
import * as Effect from "effect/Effect"
import { sameStanding } from "../../algo/drift/classify.ts"
import type { FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { Deployment } from "../../model/Deployment.ts"
import type { FilePath, TreeId, VersionId } from "../../model/Ids.ts"
import type { OperationCollected } from "../../model/Operation.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { claimBelow } from "../graph/claimTree.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import { flattenTree, joinPath } from "../objects/treeWalk.ts"
import type { ProjectParts } from "./ProjectState.ts"
import type { DeploymentMove } from "./planReversal.ts"
import type { Done } from "./reverseFiles.ts"
import { asStanding } from "./standings.ts"

/** One step back instead of many. @internal */
export interface WholeVersions {
  readonly done: Done
  /** Deployments whose own tree is gone have that of their version. */
  readonly moves: ReadonlyArray<DeploymentMove>
  readonly notes: ReadonlyArray<string>
}

/**
 * From the versions that stand now to those that stood then: base is what is left, theirs what is gone back to. An edit that says
 * the same as what is taken back cannot be told from it: such paths are noted, where the version that was made of the
 * project before still says so. Fails as before where a version is gone, too.
 *
 * @internal
 */
export const wholeVersions = Effect.fnUntraced(function* (
  { catalog, objects }: ProjectParts,
  moves: ReadonlyArray<DeploymentMove>,
  collected: OperationCollected
): Effect.fn.Return<WholeVersions, OperationCollected | StorageError> {
  /** A version's tree that is there as a whole, and claimed. */
  const wholeTree = Effect.fnUntraced(function* (id: VersionId, known: TreeId | null) {
    const record = (yield* catalog.records(versionCodec.kind, [id])).get(id)
    if (record === undefined) return undefined
    const { tree } = yield* versionCodec.decode(record)
    return (yield* claimBelow(objects, tree, known)) === undefined ? tree : undefined
  })
  const found = new Map<FilePath, FlatEntry>()
  const left = new Map<FilePath, FlatEntry>()
  const converged: Array<string> = []
  const moved: Array<DeploymentMove> = []
  const add = Effect.fnUntraced(function* (to: Map<FilePath, FlatEntry>, { target }: Deployment, tree: TreeId) {
    for (const [path, entry] of yield* flattenTree(objects, tree)) to.set(joinPath(target, path), entry)
  })
  for (const { earlier, now } of moves) {
    if (now !== null && now !== earlier) {
      const tree = yield* wholeTree(now.version, now.tree)
      if (tree === undefined) return yield* Effect.fail(collected)
      yield* add(left, now, tree)
    }
    if (earlier === null || earlier === now) {
      moved.push({ earlier, now })
      continue
    }
    const tree = yield* wholeTree(earlier.version, now?.tree ?? null)
    if (tree === undefined) return yield* Effect.fail(collected)
    yield* add(found, earlier, tree)
    const isGone = (yield* claimBelow(objects, earlier.tree, now?.tree ?? null)) !== undefined
    moved.push({ now, earlier: isGone ? { ...earlier, tree } : earlier })
    const result = earlier.result === earlier.version ? undefined : yield* wholeTree(earlier.result, null)
    if (result === undefined) continue
    for (const [path, entry] of yield* flattenTree(objects, result)) {
      const at = joinPath(earlier.target, path)
      const [edit, change, before] = [entry, left.get(at), found.get(at)].map((one) => asStanding(one ?? null))
      if (sameStanding(edit ?? null, change ?? null) && !sameStanding(change ?? null, before ?? null))
        converged.push(at)
    }
  }
  if (left.size === 0 && found.size === 0) return yield* Effect.fail(collected)
  const notes = [
    `What operation ${collected.operation.slice(0, 8)} found and left was collected: whole versions are merged instead`,
    ...converged.map((path) => `${path} had been edited to what is taken back, and goes back with it`)
  ]
  return { done: { what: "what was collected, by whole versions", found, left }, moves: moved, notes }
})
