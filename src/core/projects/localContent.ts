/** The bytes behind a project's standings: local files from the working tree, everything else from the store. */
import * as Effect from "effect/Effect"
import type { SameText } from "../../algo/drift/classify.ts"
import type { TextPolicy } from "../../algo/text/textPolicy.ts"
import type { FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { BlobId, FilePath, ObjectId } from "../../model/Ids.ts"
import type { Standing } from "../../model/Standing.ts"
import type { Entry } from "../../model/Tree.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { type ContentSource, type EntryPair, sameTexts } from "../merge/ContentSource.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { WorkingTreeError, type WorkingTreeService } from "../WorkingTree.ts"
import { isStandingFile } from "./standings.ts"

/** Blobs that only the project has, with a path to read each from. @internal */
export type LocalBlobs = ReadonlyMap<ObjectId, FilePath>

/** Finds the blobs of local standings that no stored side names. @internal */
export const localBlobs = (
  local: Iterable<readonly [FilePath, Standing]>,
  stored: ReadonlySet<ObjectId>
): LocalBlobs => {
  const blobs = new Map<ObjectId, FilePath>()
  for (const [path, standing] of local) {
    if (isStandingFile(standing) && !stored.has(standing.id)) blobs.set(standing.id, path)
  }
  return blobs
}

/** Content of which some is in the project alone. @internal */
export interface LocalContent extends ContentSource<StorageError | WorkingTreeError> {
  /** Stores a blob of the project's in pieces, without holding the whole. */
  readonly store: (id: ObjectId) => Effect.Effect<void, StorageError | WorkingTreeError>
}

const movedAway = (root: string, path: FilePath) => {
  const detail = "it changed while it was being compared; try again"
  return new WorkingTreeError({ root, path, operation: "read", failure: "io", detail })
}

/** Reads blobs from the project where only it has them, and verifies them: a file that changed since the scan is an error. @internal */
export const localContent = (
  objects: ObjectsService,
  workingTree: WorkingTreeService,
  root: string,
  blobs: LocalBlobs
): LocalContent => ({
  store: Effect.fnUntraced(function* (id: ObjectId) {
    const path = blobs.get(id)
    if (path === undefined) return
    const stored = yield* objects.putStream(workingTree.stream(root, path))
    if ((stored.id as ObjectId) !== id) return yield* Effect.fail(movedAway(root, path))
  }),
  get: Effect.fnUntraced(function* (ids: ReadonlyArray<ObjectId>) {
    const found = new Map<ObjectId, Uint8Array>()
    const stored = ids.filter((id) => !blobs.has(id))
    if (stored.length > 0) for (const [id, bytes] of yield* objects.get(stored)) found.set(id, bytes)
    const wanted = ids.flatMap((id) => {
      const path = blobs.get(id)
      return path === undefined ? [] : [[id, path] as const]
    })
    if (wanted.length > 0) {
      const read = yield* workingTree.read(
        root,
        wanted.map(([, path]) => path)
      )
      for (const [id, path] of wanted) {
        const bytes = read.get(path)
        if (bytes === undefined || objects.identify(bytes) !== id) {
          return yield* Effect.fail(movedAway(root, path))
        }
        found.set(id, bytes)
      }
    }
    return found
  })
})

/** A file's entry, for comparing texts. @internal */
export const comparable = (standing: Standing | null): Entry | null => {
  if (!isStandingFile(standing) || standing.kind === "symlink") return null
  return { kind: standing.kind, id: standing.id, size: standing.size }
}

/** Nothing to compare: all that stands is one and the same content. */
const isOneContent = (triple: readonly [Standing | null, Standing | null, Standing | null]): boolean => {
  let id: ObjectId | undefined
  for (const standing of triple) {
    if (!isStandingFile(standing)) continue
    if (id !== undefined && id !== standing.id) return false
    id = standing.id
  }
  return true
}

/** Compares standings under a policy, having read once whatever must be read. @internal */
export const compareStandings = Effect.fnUntraced(function* <E>(
  content: ContentSource<E>,
  identify: (bytes: Uint8Array) => BlobId,
  triples: Iterable<readonly [Standing | null, Standing | null, Standing | null]>,
  policy: TextPolicy
): Effect.fn.Return<SameText, E> {
  const pairs: Array<EntryPair> = []
  if (policy !== "none") {
    for (const triple of triples) {
      if (isOneContent(triple)) continue
      const entries = triple.map(comparable)
      for (const [i, a] of entries.entries()) {
        for (const b of entries.slice(i + 1)) {
          if (a !== null && b !== null && a.kind === b.kind && a.id !== b.id) pairs.push([a, b])
        }
      }
    }
  }
  const same = yield* sameTexts(content, identify, pairs, policy)
  return (a, b) => {
    const [x, y] = [comparable(a), comparable(b)]
    return x !== null && y !== null && x.kind === y.kind && same(x, y)
  }
})

/** What a flat entry names in the store, if it names something. @internal */
export const blobOf = (entry: FlatEntry): ReadonlyArray<ObjectId> => ("id" in entry ? [entry.id] : [])
