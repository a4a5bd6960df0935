/** Marking: everything that can be reached from what is named, in bounded memory and batched reads. */
import * as Effect from "effect/Effect"
import { settledObjects } from "../../algo/conflict/conflictEncoding.ts"
import { IdSet } from "../../algo/retention/IdSet.ts"
import { decodeTree } from "../../algo/tree/treeEncoding.ts"
import type { ObjectId, TreeId } from "../../model/Ids.ts"
import type { Entry } from "../../model/Tree.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { ObjectStorageService } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { resolutionCodec } from "../conflicts/resolutionRecord.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import { readConflict } from "../merge/readConflict.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { formOf, wholeLimit } from "../objects/storedForm.ts"
import { deploymentCodec } from "../projects/deploymentRecord.ts"
import { readArtifactList, snapshotCodec } from "../snapshots/snapshotRecord.ts"
import { objectOpener } from "./openObject.ts"

const treeBatch = 200
const recordBatch = 500

/** Why an object stays. The first that leads to it counts. @internal */
export const liveReasons = ["names", "snapshots", "safety", "operations"] as const
/** @internal */
export type LiveReason = (typeof liveReasons)[number]

/** What marking reads. @internal */
export interface MarkerParts {
  readonly catalog: CatalogStorageService
  readonly storage: ObjectStorageService
  readonly objects: ObjectsService
}

/** What is to be marked: things by their kind. @internal */
export interface Marks {
  readonly versions?: Iterable<string> | undefined
  readonly snapshots?: Iterable<string> | undefined
  readonly deployments?: Iterable<string> | undefined
  readonly resolutions?: Iterable<string> | undefined
  readonly trees?: Iterable<TreeId> | undefined
  /** Objects that lead nowhere else. */
  readonly objects?: Iterable<ObjectId> | undefined
}

/**
 * Marks what can be reached. `strict` roots must be whole: what is missing below them is damage, and nothing may be
 * collected then. Others, operations of the past, may have lost something to an earlier collecting.
 *
 * @internal
 */
export const makeMarker = ({ catalog, objects, storage }: MarkerParts) => {
  const live = new Map<LiveReason, IdSet>(liveReasons.map((reason) => [reason, new IdSet()]))
  const versions = new IdSet()
  const trees = new IdSet()
  /** Things that are few, by kind and id. An object may be met as a file first and as a tree later: each counts. */
  const others = new Set<string>()
  const reasonOf = (id: string): LiveReason | undefined => liveReasons.find((reason) => live.get(reason)?.has(id))

  let reason: LiveReason = "names"
  let strict = true
  const versionStack: Array<string> = []
  const treeStack: Array<TreeId> = []
  const conflictStack: Array<ObjectId> = []
  const largeStack: Array<ObjectId> = []

  const first = (kind: string, id: string): boolean => {
    const key = `${kind} ${id}`
    if (others.has(key)) return false
    others.add(key)
    return true
  }
  /** `size: null`: nobody knows whether it was cut into chunks, so it is looked at. */
  const keep = (id: ObjectId, size: number | null) => {
    if (reasonOf(id) === undefined) live.get(reason)?.add(id)
    if ((size === null || size > wholeLimit) && first("large", id)) largeStack.push(id)
  }
  const keepVersion = (id: string) => {
    if (versions.add(id)) versionStack.push(id)
  }
  const keepTree = (id: TreeId) => {
    if (trees.add(id)) treeStack.push(id)
  }
  const keepEntry = ({ id, kind, size }: Entry) => {
    if (kind === "directory") return keepTree(id as TreeId)
    if (kind === "conflict" && first(kind, id)) conflictStack.push(id)
    // The size of a symlink's target is not told, but no system has one that large.
    keep(id, size)
  }

  const gone = (what: string) => corrupt("collect", what, "it is named, but it is missing")

  /** Reads records; where an operation of the past names them, some may be gone. */
  const readAll = Effect.fnUntraced(function* (kind: string, ids: ReadonlyArray<string>) {
    const records: Array<StoredRecord> = []
    for (let i = 0; i < ids.length; i += recordBatch) {
      const batch = ids.slice(i, i + recordBatch)
      const found = yield* catalog.records(kind, batch)
      for (const id of batch) {
        const record = found.get(id)
        if (record !== undefined) records.push(record)
        else if (strict) return yield* Effect.fail(gone(`${kind} ${id}`))
      }
    }
    return records
  })

  /** Those that are stored: all of them below strict roots. */
  const present = Effect.fnUntraced(function* <Id extends ObjectId>(ids: ReadonlyArray<Id>) {
    if (strict) return ids
    const found = yield* storage.get(ids)
    return ids.filter((id) => found.has(id))
  })

  const drainVersions = Effect.fnUntraced(function* () {
    while (versionStack.length > 0) {
      const batch = versionStack.splice(-recordBatch)
      for (const record of yield* readAll(versionCodec.kind, batch)) {
        const { parents, tree } = yield* versionCodec.decode(record)
        keepTree(tree)
        for (const parent of parents) keepVersion(parent)
      }
    }
  })

  const drainTrees = Effect.fnUntraced(function* () {
    while (treeStack.length > 0) {
      const batch = yield* present(treeStack.splice(-treeBatch))
      const contents = yield* objects.get(batch)
      for (const id of batch) {
        const bytes = contents.get(id) ?? new Uint8Array()
        keep(id, bytes.length)
        const entries = decodeTree(bytes)
        if ("invalid" in entries) return yield* Effect.fail(corrupt("collect", `object ${id}`, entries.invalid))
        for (const entry of entries) keepEntry(entry)
      }
    }
  })

  const drainConflicts = Effect.fnUntraced(function* () {
    while (conflictStack.length > 0) {
      for (const id of yield* present(conflictStack.splice(-treeBatch))) {
        keep(id, null)
        const conflict = yield* readConflict(objects, id)
        for (const text of settledObjects(conflict)) keep(text, null)
        for (const term of [...conflict.bases, ...conflict.sides]) if (term !== null) keepEntry(term)
      }
    }
  })

  /** Content that may have been cut: its chunks are objects too. One at a time, because it may turn out to be whole. */
  const drainLarge = Effect.fnUntraced(function* () {
    const openObject = yield* objectOpener
    while (largeStack.length > 0) {
      const id = largeStack.pop()
      if (id === undefined) return
      const bytes = (yield* storage.get([id])).get(id)
      if (bytes === undefined) {
        if (strict) return yield* Effect.fail(gone(`object ${id}`))
        continue
      }
      if (formOf(bytes) === "whole") continue
      const stored = openObject(bytes)
      if (stored._tag === "Unknown") return yield* Effect.fail(corrupt("collect", `object ${id}`, stored.detail))
      if (stored._tag === "Chunks") for (const chunk of stored.chunks) keep(chunk.id, 0)
    }
  })

  const drain = Effect.fnUntraced(function* () {
    do {
      yield* drainVersions()
      yield* drainTrees()
      yield* drainConflicts()
      yield* drainLarge()
    } while (versionStack.length + treeStack.length + conflictStack.length > 0)
  })

  const fresh = (kind: string, ids: Iterable<string> = []) => [...ids].filter((id) => first(kind, id))

  /** Marks everything that can be reached from these. */
  const mark = Effect.fnUntraced(function* (
    marks: Marks,
    as: { readonly reason: LiveReason; readonly strict: boolean }
  ): Effect.fn.Return<void, StorageError> {
    reason = as.reason
    strict = as.strict
    for (const id of marks.versions ?? []) keepVersion(id)
    for (const id of marks.trees ?? []) keepTree(id)
    for (const id of marks.objects ?? []) keep(id, null)
    for (const record of yield* readAll(deploymentCodec.kind, fresh(deploymentCodec.kind, marks.deployments))) {
      const { result, tree, version } = yield* deploymentCodec.decode(record)
      keepTree(tree)
      keepVersion(version)
      keepVersion(result)
    }
    for (const record of yield* readAll(resolutionCodec.kind, fresh(resolutionCodec.kind, marks.resolutions))) {
      const { outcome } = yield* resolutionCodec.decode(record)
      if (outcome !== null) keep(outcome.id, outcome.size)
    }
    for (const record of yield* readAll(snapshotCodec.kind, fresh(snapshotCodec.kind, marks.snapshots))) {
      const { artifacts, tree } = yield* snapshotCodec.decode(record)
      keepTree(tree)
      if (artifacts === null || (yield* present([artifacts])).length === 0) continue
      keep(artifacts, null)
      for (const artifact of yield* readArtifactList(objects, artifacts)) {
        keepTree(artifact.tree)
        keepVersion(artifact.version)
      }
    }
    yield* drain()
  })

  return {
    mark,
    reasonOf,
    hasVersion: (id: string) => versions.has(id),
    /** How many versions and trees were met. */
    counts: () => ({ versions: versions.size, trees: trees.size })
  }
}

/** @internal */
export type Marker = ReturnType<typeof makeMarker>
