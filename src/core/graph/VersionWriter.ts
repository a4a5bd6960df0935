/** Makes versions: checks the parents, finds the touched paths, names the version. Writing it is the operation's business. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Actor, ArtifactId, TreeId, VersionId } from "../../model/Ids.ts"
import { type Version, VersionNotFound, type VersionOrigin } from "../../model/Version.ts"
import { CatalogStorage, type StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecords } from "../catalog/askRecord.ts"
import { Objects } from "../objects/Objects.ts"
import { diffTrees, type TreeSource } from "../objects/treeWalk.ts"
import { CurrentActor } from "../references/CurrentActor.ts"
import { Sha256 } from "../references/Sha256.ts"
import { touchedPathsLimit, versionCodec, versionId, versionRecord } from "./versionRecord.ts"

/** What a caller says about a version that is to be. @public */
export interface VersionDraft {
  readonly artifact: ArtifactId
  readonly parents: ReadonlyArray<VersionId>
  readonly tree: TreeId
  readonly origin: VersionOrigin
  readonly message: string
  readonly metadata?: Version["metadata"] | undefined
}

/** A version and the record that an operation is to store. @internal */
export interface PreparedVersion {
  readonly version: Version
  readonly record: StoredRecord
}

/** Records of versions by id, and where trees are read from. @internal */
export interface KnownContent {
  readonly records: ReadonlyMap<string, StoredRecord>
  readonly trees: TreeSource
}

/** @internal */
export interface VersionWriterService {
  /**
   * Prepares a version. Its trees must be stored already. `pending` are records prepared for the same operation, which
   * may be parents too; `known` is what the caller has read or made already, and need not be read for each version.
   */
  readonly prepare: (
    draft: VersionDraft,
    pending?: ReadonlyArray<PreparedVersion>,
    known?: KnownContent
  ) => Effect.Effect<PreparedVersion, VersionNotFound | StorageError>
}

/** @internal */
export class VersionWriter extends Context.Service<VersionWriter, VersionWriterService>()(
  "tidemark/core/VersionWriter"
) {
  static readonly layer: Layer.Layer<VersionWriter, never, CatalogStorage | Objects> = Layer.effect(
    VersionWriter,
    Effect.gen(function* () {
      const catalog = yield* CatalogStorage
      const objects = yield* Objects
      const sha256 = yield* Sha256

      const prepare = Effect.fnUntraced(function* (
        draft: VersionDraft,
        pending: ReadonlyArray<PreparedVersion> = [],
        given?: KnownContent
      ) {
        const known = new Map<string, StoredRecord>(
          pending.map((prepared) => [prepared.version.id, prepared.record] as const)
        )
        for (const parent of draft.parents) {
          const record = given?.records.get(parent)
          if (record !== undefined) known.set(parent, record)
        }
        const unknown = draft.parents.filter((parent) => !known.has(parent))
        const stored =
          unknown.length === 0 ? new Map<string, StoredRecord>() : yield* askRecords(catalog, "version", unknown)
        const parents: Array<StoredRecord> = []
        for (const parent of draft.parents) {
          const record = known.get(parent) ?? stored.get(parent)
          if (record === undefined) return yield* Effect.fail(new VersionNotFound({ id: parent }))
          parents.push(record)
        }
        const first = parents[0] === undefined ? null : yield* versionCodec.decode(parents[0])
        const changes = yield* diffTrees(given?.trees ?? objects, first === null ? null : first.tree, draft.tree)
        const touched = changes
          .filter(({ after, before }) => before?.kind !== "directory" || after?.kind !== "directory")
          .slice(0, touchedPathsLimit + 1)
          .map(({ path }) => path)
        const body: Omit<Version, "id"> = {
          artifact: draft.artifact,
          parents: draft.parents,
          tree: draft.tree,
          origin: draft.origin,
          author: (yield* CurrentActor) as Actor,
          time: Math.trunc(yield* Clock.currentTimeMillis),
          message: draft.message,
          metadata: draft.metadata ?? {}
        }
        const version: Version = { id: versionId(body, sha256), ...body }
        return { version, record: versionRecord(version, parents, touched) }
      })

      return VersionWriter.of({ prepare })
    })
  )
}
