/** Where a file stood in the version before, when it came under another name. */
import * as Effect from "effect/Effect"
import { detectRenames } from "../../algo/merge/renames/detectRenames.ts"
import { similarRenames } from "../../algo/merge/renames/RenameOptions.ts"
import type { Fingerprint } from "../../algo/merge/renames/similarity.ts"
import type { RenameCandidate } from "../../algo/merge/surveyTrees.ts"
import type { FilePath, ObjectId, TreeId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Entry } from "../../model/Tree.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { searchRenames } from "../merge/findRenames.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { diffTrees } from "../objects/treeWalk.ts"

/**
 * Finds the file of an earlier tree that a new one of the later tree was: of those that are gone, the one with the same
 * content, or of the same name, or the most alike. As git does for blame: only this one file is sought, so what else is
 * new does not compete for the same source.
 *
 * @internal
 */
export const renamedFrom = Effect.fnUntraced(function* (
  objects: ObjectsService,
  before: TreeId,
  after: TreeId,
  path: FilePath,
  entry: Entry
): Effect.fn.Return<RenameCandidate | undefined, StorageError> {
  const gone: Array<RenameCandidate> = []
  for (const change of yield* diffTrees(objects, before, after)) {
    const { after: now, before: then } = change
    if (then === null || then.kind === "directory" || then.kind === "conflict") continue
    if (now === null || now.kind === "directory") gone.push({ path: change.path, entry: then })
  }
  if (gone.length === 0) return undefined
  gone.sort((a, b) => compareUtf8(a.path, b.path))
  const fingerprints = new Map<ObjectId, Fingerprint>()
  const survey = {
    gone,
    fresh: [{ path, entry }],
    sources: new Map(gone.map((candidate) => [candidate.path as string, "content" as const])),
    removed: new Map()
  }
  const { renames } = yield* searchRenames(
    objects,
    detectRenames(survey, similarRenames, [], fingerprints),
    fingerprints
  )
  const [found] = renames
  return gone.find((candidate) => candidate.path === found?.from)
})
