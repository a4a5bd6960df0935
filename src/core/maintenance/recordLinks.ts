/** What records and refs lead to: objects, and other records. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { ObjectId, RefName } from "../../model/Ids.ts"
import type { Operation } from "../../model/Operation.ts"
import type { StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { resolutionCodec } from "../conflicts/resolutionRecord.ts"
import { tagCodec } from "../graph/tagRecord.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import { operationCodec } from "../ledger/OperationLog.ts"
import { deploymentCodec } from "../projects/deploymentRecord.ts"
import { snapshotCodec } from "../snapshots/snapshotRecord.ts"
import type { Root } from "./walkTrees.ts"

/** A record by its name. @internal */
export interface RecordKey {
  readonly kind: string
  readonly id: string
}

/** The same as one text. @internal */
export const keyOf = ({ id, kind }: RecordKey): string => `${kind}\0${id}`

/** What a record leads to. @internal */
export interface Links {
  readonly subject: string | null
  readonly roots: ReadonlyArray<Root>
  readonly records: ReadonlyArray<RecordKey>
  /** The object that lists a snapshot's artifacts. */
  readonly list?: ObjectId | undefined
  readonly operation?: Operation | undefined
}

const version = (id: string): RecordKey => ({ kind: versionCodec.kind, id })
const directory = (id: ObjectId): Root => ({ kind: "directory", id })

const linkers: ReadonlyMap<string, (record: StoredRecord) => Effect.Effect<Links, StorageError>> = new Map([
  [
    versionCodec.kind,
    (record) =>
      Effect.map(
        versionCodec.decode(record),
        ({ artifact, parents, tree }): Links => ({
          subject: artifact,
          roots: [directory(tree)],
          records: parents.map(version)
        })
      )
  ],
  [
    snapshotCodec.kind,
    (record) =>
      Effect.map(
        snapshotCodec.decode(record),
        ({ artifacts, collection, project, tree }): Links => ({
          subject: collection ?? project,
          roots: [directory(tree)],
          records: [],
          list: artifacts ?? undefined
        })
      )
  ],
  [
    deploymentCodec.kind,
    (record) =>
      Effect.map(
        deploymentCodec.decode(record),
        (deployment): Links => ({
          subject: deployment.project,
          roots: [directory(deployment.tree)],
          records: [version(deployment.version), version(deployment.result)]
        })
      )
  ],
  [
    resolutionCodec.kind,
    (record) =>
      Effect.map(
        resolutionCodec.decode(record),
        ({ artifact, outcome }): Links => ({
          subject: artifact,
          roots: outcome === null ? [] : [{ kind: outcome.kind, id: outcome.id }],
          records: []
        })
      )
  ],
  [
    tagCodec.kind,
    (record) => Effect.map(tagCodec.decode(record), (tag): Links => ({ subject: tag.artifact, roots: [], records: [] }))
  ],
  [
    operationCodec.kind,
    (record) =>
      Effect.map(operationCodec.decode(record), (operation): Links => {
        const { effect, subjects } = operation
        return {
          subject: subjects[0] ?? null,
          roots: [
            ...(operation.pages ?? []).map((id): Root => ({ kind: "file", id })),
            ...(effect === null ? [] : [directory(effect.found), directory(effect.left)])
          ],
          records: [],
          operation
        }
      })
  ]
])

/** What a record leads to; `undefined` where it cannot be read. @internal */
export const linksOf = (record: StoredRecord): Effect.Effect<Links | undefined> =>
  Effect.map(Effect.exit(linkers.get(record.kind)?.(record) ?? Effect.succeed(undefined)), (exit) =>
    Exit.isSuccess(exit) ? exit.value : undefined
  )

const kindsOfRefs: ReadonlyArray<readonly [prefix: string, kind: string]> = [
  ["branch/", versionCodec.kind],
  ["remote/", versionCodec.kind],
  ["remote-tag/", versionCodec.kind],
  ["tag/", versionCodec.kind],
  ["collection/", snapshotCodec.kind],
  ["deployed/", deploymentCodec.kind],
  ["resolution/", resolutionCodec.kind],
  ["head/ledger", operationCodec.kind]
]

/** The record that a ref leads to, where refs of its kind lead to any. @internal */
export const linkOfRef = (name: RefName, value: string): RecordKey | undefined => {
  const kind = kindsOfRefs.find(([prefix]) => name.startsWith(prefix))?.[1]
  return kind === undefined ? undefined : { kind, id: value }
}
