/** Claims what names will hold that are moved back to something: nothing else may lead to it any more. */
import * as Effect from "effect/Effect"
import type { ObjectId, RefName, TreeId } from "../../model/Ids.ts"
import type { RecordName } from "../../model/Operation.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { namesVersion } from "../catalog/names.ts"
import { resolutionCodec } from "../conflicts/resolutionRecord.ts"
import { claimBelow } from "../graph/claimTree.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import type { ObjectsService, SizedObject } from "../objects/Objects.ts"
import { snapshotCodec } from "../snapshots/snapshotRecord.ts"
import { deploymentCodec } from "./deploymentRecord.ts"

/** What was claimed. @internal */
export interface HeldNames {
  /** Records that must still be there when the names are moved: they keep everything else alive. */
  readonly relies: ReadonlyArray<RecordName>
  /** Something that is gone, in words, and the name that was to hold it. */
  readonly missing: { readonly name: RefName; readonly what: string } | null
}

const recordBatch = 500

/**
 * Claims what each name would hold. Versions and snapshots keep their content alive as long as their records are there,
 * so those are only relied on; deployments and decisions of the past are claimed with everything below them.
 *
 * @internal
 */
export const holdNamed = Effect.fnUntraced(function* (
  { catalog, objects }: { readonly catalog: CatalogStorageService; readonly objects: ObjectsService },
  names: ReadonlyArray<readonly [RefName, string | null]>
): Effect.fn.Return<HeldNames, StorageError> {
  const relies: Array<RecordName> = []
  const trees = new Map<TreeId, RefName>()
  const outcomes = new Map<ObjectId, { readonly name: RefName; readonly claim: SizedObject }>()
  const byKind = Map.groupBy(
    names.flatMap(([name, id]) => (id === null ? [] : [{ name, id }])),
    ({ name }) => name.split("/")[0] ?? ""
  )
  for (const [kind, group] of byKind) {
    for (const { id, name } of group) {
      if (namesVersion(name)) relies.push({ kind: versionCodec.kind, id })
      if (kind === "collection") relies.push({ kind: snapshotCodec.kind, id })
    }
    const codecKind = kind === "deployed" ? deploymentCodec.kind : kind === "resolution" ? resolutionCodec.kind : null
    if (codecKind === null) continue
    for (let i = 0; i < group.length; i += recordBatch) {
      const part = group.slice(i, i + recordBatch)
      const records = yield* catalog.records(codecKind, [...new Set(part.map(({ id }) => id))])
      for (const { id, name } of part) {
        const record = records.get(id)
        if (record === undefined) return { relies, missing: { name, what: `${codecKind} ${id}` } }
        if (codecKind === deploymentCodec.kind) {
          const { result, tree, version } = yield* deploymentCodec.decode(record)
          trees.set(tree, name)
          relies.push({ kind: versionCodec.kind, id: version }, { kind: versionCodec.kind, id: result })
        } else {
          const { outcome } = yield* resolutionCodec.decode(record)
          if (outcome !== null) outcomes.set(outcome.id, { name, claim: outcome })
        }
      }
    }
  }
  for (const [tree, name] of trees) {
    const missing = yield* claimBelow(objects, tree, null)
    if (missing !== undefined) return { relies, missing: { name, what: `object ${missing}` } }
  }
  const [lost] = yield* objects.claim([...outcomes.values()].map(({ claim }) => claim))
  const name = lost === undefined ? undefined : outcomes.get(lost)?.name
  return { relies, missing: lost === undefined || name === undefined ? null : { name, what: `object ${lost}` } }
})
