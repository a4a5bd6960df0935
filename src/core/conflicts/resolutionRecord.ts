/** Decisions as the catalog keeps them: records, and for each thing decided a ref to the newest. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { canonicalJson } from "../../algo/encoding/canonicalJson.ts"
import {
  Actor,
  type ArtifactId,
  ArtifactId as ArtifactIdSchema,
  FilePath,
  type OperationId,
  ProjectId,
  type RefName
} from "../../model/Ids.ts"
import type { Plan } from "../../model/Plan.ts"
import { StandingFile } from "../../model/Standing.ts"
import type { CatalogStorageService, RefUpdate, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinParts } from "../catalog/names.ts"
import { recordCodec } from "../catalog/recordCodec.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { CurrentActor } from "../references/CurrentActor.ts"

/**
 * A decision that was made: what is known by `key` (a hunk's contents, or a whole conflict's terms) was resolved to
 * `outcome`, by choosing `use`, at `path` of `project`, with plan `plan`. `outcome: null` says that nothing is to stand there.
 *
 * @public
 */
export const RecordedResolution = Schema.Struct({
  id: Schema.String,
  artifact: ArtifactIdSchema,
  key: Schema.String,
  of: Schema.Literals(["hunk", "file"]),
  use: Schema.String,
  outcome: Schema.NullOr(StandingFile),
  project: ProjectId,
  path: FilePath,
  plan: Schema.String,
  author: Actor,
  time: Schema.Int
})
/** @public */
export interface RecordedResolution extends Schema.Schema.Type<typeof RecordedResolution> {}

/** The records of decisions. @internal */
export const resolutionCodec = recordCodec("resolution", RecordedResolution)

/** The newest decision about something of an artifact. @internal */
export const resolutionRef = (artifact: ArtifactId, key: string): RefName =>
  joinParts("resolution", artifact, key) as RefName

/** All decisions of an artifact start with this. @internal */
export const resolutionPrefix = (artifact: ArtifactId): string => `${joinParts("resolution", artifact)}/`

/** What the operation of a plan that made decisions is found by. @internal */
export const resolutionSubject = (plan: string): string => `resolution:${plan}`

/** Looks decisions up, all of them in two reads. @internal */
export const readResolutions = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  names: ReadonlyArray<RefName>
): Effect.fn.Return<ReadonlyMap<RefName, RecordedResolution>, StorageError> {
  const found = new Map<RefName, RecordedResolution>()
  if (names.length === 0) return found
  const refs = yield* catalog.refs([...new Set(names)])
  if (refs.size === 0) return found
  const records = yield* catalog.records(resolutionCodec.kind, [...new Set(refs.values())])
  for (const [name, id] of refs) {
    const record = records.get(id)
    if (record !== undefined) found.set(name, yield* resolutionCodec.decode(record))
  }
  return found
})

/** Finds the operations that decisions were made by. A plan that was never applied has none. @internal */
export const operationsOf = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  plans: Iterable<string>
): Effect.fn.Return<ReadonlyMap<string, OperationId>, StorageError> {
  const operations = new Map<string, OperationId>()
  for (const plan of new Set(plans)) {
    const term = joinParts("subject", resolutionSubject(plan))
    const [record] = yield* catalog.scan({ kind: "operation", term, direction: "backward", limit: 1 })
    if (record !== undefined) operations.set(plan, record.id as OperationId)
  }
  return operations
})

const sameOutcome = (a: RecordedResolution["outcome"], b: RecordedResolution["outcome"]): boolean =>
  a === null || b === null ? a === b : a.kind === b.kind && a.id === b.id

/** The records and names by which applying a plan remembers the decisions in it. What is known already is left alone. @internal */
export const rememberResolutions = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  plan: Plan
): Effect.fn.Return<
  { readonly records: ReadonlyArray<StoredRecord>; readonly refs: ReadonlyArray<RefUpdate> },
  StorageError
> {
  const { project } = plan
  const made = plan.paths.flatMap(({ artifact, path, remembers = [] }) =>
    artifact === null ? [] : remembers.map((memory) => ({ artifact, path, memory }))
  )
  if (project === null || made.length === 0) return { records: [], refs: [] }
  const names = made.map(({ artifact, memory }) => resolutionRef(artifact, memory.key))
  const known = yield* readResolutions(catalog, names)
  const author = (yield* CurrentActor) as Actor
  const time = Math.trunc(yield* Clock.currentTimeMillis)
  const records = new Map<RefName, StoredRecord>()
  const decided = new Map<RefName, RecordedResolution["outcome"]>()
  const ambiguous = new Set<RefName>()
  for (const { artifact, memory } of made) {
    const name = resolutionRef(artifact, memory.key)
    if (decided.has(name) && !sameOutcome(decided.get(name) ?? null, memory.outcome)) ambiguous.add(name)
    decided.set(name, memory.outcome)
  }
  for (const { artifact, memory, path } of made) {
    const name = resolutionRef(artifact, memory.key)
    // Two equal hunks that were decided differently teach nothing.
    if (ambiguous.has(name)) continue
    const before = known.get(name)
    if (before !== undefined && sameOutcome(before.outcome, memory.outcome)) continue
    const body = { artifact, ...memory, project, path, plan: plan.id, author, time }
    const id = objects.identify(new TextEncoder().encode(`tidemark resolution 1\n${canonicalJson(body)}`))
    const terms = [joinParts("artifact", artifact)]
    records.set(name, {
      kind: resolutionCodec.kind,
      id,
      at: time,
      terms,
      body: resolutionCodec.encode({ id, ...body })
    })
  }
  const refs = [...records].map(([name, { id }]) => ({ name, expected: known.get(name)?.id ?? null, next: id }))
  return { records: [...records.values()], refs }
})
