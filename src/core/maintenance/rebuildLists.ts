/** Makes lists of snapshots' artifacts anew: from the snapshot's tree, a layout and the versions that are stored. */
import * as Effect from "effect/Effect"
import { defaultLayout, type Layout } from "../../algo/layout/Layout.ts"
import type { ArtifactId, ObjectId, TreeId, VersionId } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import type { Snapshot, SnapshotArtifact } from "../../model/Snapshot.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinParts } from "../catalog/names.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import type { Content } from "../objects/Objects.ts"
import { flattenTree } from "../objects/treeWalk.ts"
import { ArtifactLayout } from "../references/ArtifactLayout.ts"
import { cutTrees } from "../snapshots/captureCollection.ts"
import { artifactList, readArtifactList, snapshotCodec } from "../snapshots/snapshotRecord.ts"
import type { StoreParts } from "./verifyStore.ts"

const page = 500
/** So many lists of one snapshot are tried, and so many bytes of them. */
const triesLimit = 4096
const bytesLimit = 256 * 1024 * 1024

/** What damage, or size, keeps from being told is `undefined`. */
const ifTold = <A>(work: Effect.Effect<A, StorageError>): Effect.Effect<A | undefined, StorageError> =>
  Effect.catch(work, (error) =>
    ["StorageCorrupt", "StorageUnsupported"].includes(error.reason._tag)
      ? Effect.succeed(undefined)
      : Effect.fail(error)
  )

/** The versions of an artifact that have a tree, the likeliest of a snapshot first. */
const versionsWith = Effect.fnUntraced(function* (
  { catalog }: StoreParts,
  { time }: Snapshot,
  artifact: ArtifactId,
  tree: TreeId
) {
  const found: Array<{ readonly id: VersionId; readonly time: number }> = []
  const scan = { kind: versionCodec.kind, term: joinParts("tree", tree), direction: "backward", limit: page } as const
  for (const record of yield* catalog.scan(scan)) {
    const version = yield* versionCodec.decode(record)
    if (version.artifact === artifact) found.push({ id: version.id, time: version.time })
  }
  // One made after the snapshot was can stand in it only where a clock jumped.
  const isLater = (version: { readonly time: number }) => (version.time > time ? 1 : 0)
  return found.sort((a, b) => isLater(a) - isLater(b)).map(({ id }) => id)
})

/** Every way to choose one of each, the first of all of them first. */
function* choices<A>(of: ReadonlyArray<ReadonlyArray<A>>): Generator<ReadonlyArray<A>> {
  const at = of.map(() => 0)
  for (;;) {
    yield of.map((all, i) => all[at[i] ?? 0] as A)
    let place = 0
    for (; place < of.length; place++) {
      at[place] = (at[place] ?? 0) + 1
      if ((at[place] ?? 0) < (of[place]?.length ?? 0)) break
      at[place] = 0
    }
    if (place === of.length) return
  }
}

/** The artifacts of the snapshot before, where its list can be read: what did not change since has the same version. */
const listBefore = Effect.fnUntraced(function* ({ catalog, objects }: StoreParts, { previous }: Snapshot) {
  const record = previous === null ? undefined : (yield* catalog.records(snapshotCodec.kind, [previous])).get(previous)
  if (record === undefined) return []
  return yield* readArtifactList(objects, (yield* snapshotCodec.decode(record)).artifacts)
})

/** The list that has this id, by one layout; `undefined` where it cannot be told. Its hash proves it. */
const rebuildBy = Effect.fnUntraced(function* (
  parts: StoreParts,
  snapshot: Snapshot,
  layout: Layout
): Effect.fn.Return<Content | undefined, StorageError> {
  const cut = cutTrees(yield* flattenTree(parts.objects, snapshot.tree), layout, parts.sha256)
  if ("duplicate" in cut) return undefined
  const before = yield* ifTold(listBefore(parts, snapshot))
  const known = new Map((before ?? []).map((one) => [one.artifact, one]))
  const shares = cut.shares.toSorted((a, b) => compareUtf8(a.artifact, b.artifact))
  const versions: Array<ReadonlyArray<VersionId>> = []
  for (const { artifact, tree } of shares) {
    const same = known.get(artifact)
    const found = same?.tree === tree ? [same.version] : yield* versionsWith(parts, snapshot, artifact, tree)
    if (found.length === 0) return undefined
    versions.push(found)
  }
  let [tries, bytes] = [0, 0]
  for (const chosen of choices(versions)) {
    const artifacts = shares.flatMap(({ artifact, root, shape, tree }, i): ReadonlyArray<SnapshotArtifact> => {
      const version = chosen[i]
      return version === undefined ? [] : [{ artifact, root, shape, tree, version }]
    })
    const list = artifactList(artifacts, parts.objects.identify)
    if (list.id === snapshot.artifacts) return list
    tries += 1
    bytes += list.bytes.length
    if (tries === triesLimit || bytes > bytesLimit) return undefined
    if (tries % 64 === 0) yield* Effect.yieldNow
  }
  return undefined
})

/**
 * Makes those lists of snapshots anew that are missing and can be told: by the layout that captures have now, or the usual one.
 * The others stay lost.
 *
 * @internal
 */
export const rebuildLists = Effect.fnUntraced(function* (
  parts: StoreParts,
  snapshots: ReadonlyArray<string>,
  bad: ReadonlySet<ObjectId>
): Effect.fn.Return<void, StorageError> {
  const layouts = new Set([yield* ArtifactLayout, defaultLayout])
  const found: Array<Snapshot> = []
  for (let i = 0; i < snapshots.length; i += page) {
    for (const record of (yield* parts.catalog.records(snapshotCodec.kind, snapshots.slice(i, i + page))).values()) {
      const snapshot = yield* ifTold(snapshotCodec.decode(record))
      if (snapshot !== undefined && snapshot.artifacts !== null && bad.has(snapshot.artifacts)) found.push(snapshot)
    }
  }
  // The oldest first: a list that is there again helps with the next one's.
  for (const snapshot of found.sort((a, b) => a.time - b.time)) {
    for (const layout of layouts) {
      const list = yield* ifTold(rebuildBy(parts, snapshot, layout))
      if (list === undefined) continue
      yield* parts.objects.put([list])
      break
    }
  }
})
