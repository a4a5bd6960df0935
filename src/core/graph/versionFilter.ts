/** What keeps a version in a page of history. */
import * as Effect from "effect/Effect"
import type { ArtifactId, FilePath } from "../../model/Ids.ts"
import type { VersionOrigin } from "../../model/Version.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinParts } from "../catalog/names.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { entryAt } from "../objects/treeWalk.ts"
import { versionCodec } from "./versionRecord.ts"

/** What keeps a version in a page of history. Everything that is given must hold. @public */
export interface VersionFilter {
  /** Made at this time or later, by the raw clock; milliseconds since 1970. */
  readonly since?: number | undefined
  /** Made at this time or earlier, by the raw clock. */
  readonly until?: number | undefined
  readonly origin?: VersionOrigin | undefined
  readonly author?: string | undefined
  /** A path in which the version differs from its first parent. */
  readonly path?: FilePath | undefined
  /** The message contains this, whatever the case of its letters. */
  readonly text?: string | undefined
}

/** What can be told of a version before its record is checked as a whole. @internal */
export interface Glance {
  readonly author?: unknown
  readonly message?: unknown
  readonly origin?: unknown
  readonly parents?: unknown
  readonly time?: unknown
}

/** Looks at a record without checking it: it may turn out not to be wanted. @internal */
export const glance = (record: StoredRecord): Glance => {
  try {
    return JSON.parse(record.body) as Glance
  } catch {
    return {}
  }
}

/** Makes the filter of a question: given a batch of records, it returns those to keep, in their order. @internal */
export const makeVersionFilter = (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  artifact: ArtifactId | undefined,
  { author, origin, path, since, text, until }: VersionFilter
) => {
  const searched = text?.toLowerCase()
  const plain = (record: StoredRecord): boolean => {
    const seen = glance(record)
    return (
      (since === undefined || (typeof seen.time === "number" && seen.time >= since)) &&
      (until === undefined || (typeof seen.time === "number" && seen.time <= until)) &&
      (origin === undefined || seen.origin === origin) &&
      (author === undefined || seen.author === author) &&
      (searched === undefined || (typeof seen.message === "string" && seen.message.toLowerCase().includes(searched)))
    )
  }

  /** A change of very many paths is not found by each of them, so such a version's trees are asked. */
  const touches = Effect.fnUntraced(function* (record: StoredRecord, within: ArtifactId, wanted: FilePath) {
    if (record.terms.includes(joinParts("artifact+path", within, wanted))) return true
    if (!record.terms.includes(joinParts("artifact+paths", within))) return false
    const version = yield* versionCodec.decode(record)
    const after = yield* entryAt(objects, version.tree, wanted)
    const [parent] = version.parents
    if (parent === undefined) return after !== null
    const stored = (yield* catalog.records("version", [parent])).get(parent)
    if (stored === undefined) return yield* Effect.fail(corrupt("read", `version ${parent}`, "it is missing"))
    const before = yield* entryAt(objects, (yield* versionCodec.decode(stored)).tree, wanted)
    return before?.id !== after?.id || before?.kind !== after?.kind
  })

  return Effect.fnUntraced(function* (
    batch: ReadonlyArray<StoredRecord>
  ): Effect.fn.Return<ReadonlyArray<StoredRecord>, StorageError> {
    const kept = batch.filter(plain)
    if (path === undefined || artifact === undefined) return kept
    return yield* Effect.filter(kept, (record) => touches(record, artifact, path))
  })
}
