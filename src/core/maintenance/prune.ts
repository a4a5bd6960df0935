/** Pruning: snapshots that a policy does not keep lose their records. Their content goes when it is collected. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { retain, type TimelineSnapshot } from "../../algo/retention/retain.ts"
import type { CollectionId, OperationId, ProjectId } from "../../model/Ids.ts"
import type { RetentionPolicy } from "../../model/Retention.ts"
import type { Snapshot } from "../../model/Snapshot.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { unescapePart } from "../catalog/names.ts"
import { listRefs } from "../projects/deploymentRecord.ts"
import { readArtifactList, snapshotCodec } from "../snapshots/snapshotRecord.ts"
import type { PrunedSnapshot, PruneReport } from "./CollectReport.ts"
import type { CollectParts } from "./collect.ts"
import { readPast } from "./ledgerPast.ts"

/** What to prune. @public */
export interface PruneOptions {
  /** Only says what would be pruned. */
  readonly dryRun?: boolean | undefined
  /** `collections` (the default): snapshots of collections. `safety`: safety snapshots of projects. */
  readonly of?: "collections" | "safety" | undefined
  /** Only this collection's snapshots. */
  readonly collection?: CollectionId | undefined
  /** Only this project's safety snapshots. */
  readonly project?: ProjectId | undefined
}

const batch = 500

/** Every snapshot that is asked about, newest first, by what it is a snapshot of. */
const readTimelines = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  ids: ReadonlyArray<string>,
  { collection, of = "collections", project }: PruneOptions
) {
  const timelines = new Map<string, Array<Snapshot>>()
  for (let i = 0; i < ids.length; i += batch) {
    const part = ids.slice(i, i + batch)
    const records = yield* catalog.records(snapshotCodec.kind, part)
    for (const id of part) {
      const record = records.get(id)
      if (record === undefined) continue
      const snapshot = yield* snapshotCodec.decode(record)
      if ((of === "safety") !== (snapshot.reason === "safety")) continue
      if (collection !== undefined && snapshot.collection !== collection) continue
      if (project !== undefined && snapshot.project !== project) continue
      // A safety snapshot of a directory that is no project belongs to the timeline of all such.
      const key = of === "safety" ? `project ${snapshot.project ?? ""}` : `collection ${snapshot.collection ?? ""}`
      const timeline = timelines.get(key)
      if (timeline === undefined) timelines.set(key, [snapshot])
      else timeline.push(snapshot)
    }
  }
  return timelines
})

/** The tags of every tagged version. */
const readTags = Effect.fnUntraced(function* (catalog: CatalogStorageService) {
  const tags = new Map<string, Array<string>>()
  for (const [name, version] of yield* listRefs(catalog, "tag/")) {
    tags.set(version, [...(tags.get(version) ?? []), unescapePart(name.split("/")[2] ?? "")])
  }
  return tags
})

/** Prunes. @internal */
export const prune = Effect.fn("Maintenance.prune")(function* (
  { catalog, log, objects, storage }: CollectParts,
  policy: RetentionPolicy,
  options: PruneOptions = {}
): Effect.fn.Return<PruneReport, StorageError> {
  const { dryRun = false } = options
  for (;;) {
    const head: OperationId | null = yield* log.head
    const past = yield* readPast(catalog, objects, head)
    const timelines = yield* readTimelines(catalog, past.snapshots, options)
    const newest = new Set((yield* listRefs(catalog, "collection/")).map(([, id]) => id))
    const tags = policy.tags === undefined ? new Map<string, ReadonlyArray<string>>() : yield* readTags(catalog)
    const now = Math.min(yield* Clock.currentTimeMillis, yield* storage.now)
    const decided: Array<PrunedSnapshot> = []
    for (const timeline of timelines.values()) {
      const asked: Array<TimelineSnapshot> = []
      for (const { artifacts, id, time } of timeline) {
        const held = tags.size === 0 ? [] : yield* readArtifactList(objects, artifacts)
        const own = held.flatMap(({ version }) => tags.get(version) ?? [])
        asked.push({ id, time, tags: own, newest: newest.has(id) })
      }
      for (const [index, { kept }] of retain(policy, asked, now).entries()) {
        const snapshot = timeline[index]
        if (snapshot === undefined) continue
        const { collection, id, project, time } = snapshot
        decided.push({ id, collection, project, time, kept })
      }
    }
    const going = decided.filter(({ kept }) => kept.length === 0)
    const report = { dryRun, snapshots: decided, pruned: going.length }
    if (dryRun || going.length === 0) return { ...report, operation: null }
    const operation = yield* log
      .append({
        kind: "prune",
        reason: "",
        subjects: [...new Set(going.flatMap(({ collection, project }) => collection ?? project ?? []))],
        refs: [],
        records: [],
        removes: going.map(({ id }) => ({ kind: snapshotCodec.kind, id })),
        onlyAt: head,
        details: { policy: { ...policy }, pruned: going.length, of: options.of ?? "collections" }
      })
      // Somebody was faster; they may have captured something: everything is decided anew.
      .pipe(Effect.catchTag("RefConflict", () => Effect.succeed(null)))
    if (operation !== null) return { ...report, operation: operation.id }
  }
})
