/** From what people write to the version they mean. */
import * as Effect from "effect/Effect"
import { parseRevision, type Revision, type RevisionStep } from "../../algo/graph/revision.ts"
import type { ArtifactId, VersionId } from "../../model/Ids.ts"
import {
  AmbiguousName,
  MalformedExpression,
  NameNotFound,
  SearchExhausted,
  VersionNotFound
} from "../../model/Version.ts"
import type { CatalogStorageService, RecordPosition } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { branchRef, joinParts, tagRef } from "../catalog/names.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { versionCodec } from "./versionRecord.ts"

/** What resolving a revision expression may fail with. @public */
export type ResolveError =
  | AmbiguousName
  | MalformedExpression
  | NameNotFound
  | SearchExhausted
  | VersionNotFound
  | StorageError

/** Looking for an id prefix reads at most this many of the artifact's versions, newest first. @internal */
export const prefixBudget = 100_000
const prefixPage = 1000
const shortestPrefix = 4
/** With this many digits (64 bits) the first match is the only one. */
const certainPrefix = 16

/** Resolves revision expressions; one for a service. @internal */
export const makeResolver = (catalog: CatalogStorageService) => {
  const read = Effect.fnUntraced(function* (id: string) {
    const record = (yield* catalog.records("version", [id])).get(id)
    return record === undefined ? undefined : yield* versionCodec.decode(record)
  })

  const byPrefix = Effect.fnUntraced(function* (artifact: ArtifactId, prefix: string) {
    const found: Array<string> = []
    let searched = 0
    for (let after: RecordPosition | undefined; searched < prefixBudget; ) {
      const term = joinParts("artifact", artifact)
      const page = yield* catalog.scan({ kind: "version", term, direction: "backward", after, limit: prefixPage })
      for (const { id } of page) if (id.startsWith(prefix)) found.push(id)
      searched += page.length
      if (found.length > 1) break
      const decided = page.length < prefixPage || (found.length === 1 && prefix.length >= certainPrefix)
      if (decided) return found[0] as VersionId | undefined
      after = page.at(-1)
    }
    if (found.length === 0 || found.length === 1) {
      return yield* Effect.fail(new SearchExhausted({ artifact, name: prefix, searched }))
    }
    return yield* Effect.fail(new AmbiguousName({ artifact, name: prefix, candidates: found.slice(0, 10) }))
  })

  const base = Effect.fnUntraced(function* (artifact: ArtifactId, { kind, name }: Revision["base"]) {
    if (kind === "name" && /^[0-9a-f]{64}$/.test(name)) {
      if ((yield* read(name)) === undefined) return yield* Effect.fail(new VersionNotFound({ id: name }))
      return name as VersionId
    }
    const branch = branchRef(artifact, name)
    const tag = tagRef(artifact, name)
    const refs = yield* catalog.refs([branch, tag])
    const asBranch = kind === "tag" ? undefined : refs.get(branch)
    const asTag = kind === "branch" ? undefined : refs.get(tag)
    if (asBranch !== undefined && asTag !== undefined && asBranch !== asTag) {
      const candidates = [`branch:${name}`, `tag:${name}`]
      return yield* Effect.fail(new AmbiguousName({ artifact, name, candidates }))
    }
    const named = asBranch ?? asTag
    if (named !== undefined) return named as VersionId
    if (kind === "name" && name.length >= shortestPrefix && /^[0-9a-f]+$/.test(name)) {
      const version = yield* byPrefix(artifact, name)
      if (version !== undefined) return version
    }
    return yield* Effect.fail(new NameNotFound({ artifact, name }))
  })

  const step = Effect.fnUntraced(function* (start: VersionId, move: RevisionStep, expression: string) {
    const count = move.kind === "firstParents" ? move.count : move.number === 0 ? 0 : 1
    const which = move.kind === "firstParents" ? 0 : move.number - 1
    let at = start
    for (let k = 0; k < count; k++) {
      const version = yield* read(at)
      if (version === undefined) return yield* Effect.fail(corrupt("read", `version ${at}`, "it is missing"))
      const parent = version.parents[which]
      if (parent === undefined) return yield* Effect.fail(new VersionNotFound({ id: expression }))
      at = parent
    }
    return at
  })

  return Effect.fn("VersionGraph.resolve")(function* (
    artifact: ArtifactId,
    expression: string
  ): Effect.fn.Return<VersionId, ResolveError> {
    const revision = parseRevision(expression)
    if ("reason" in revision) return yield* Effect.fail(new MalformedExpression({ expression, ...revision }))
    let version = yield* base(artifact, revision.base)
    for (const move of revision.steps) version = yield* step(version, move, expression)
    return version
  })
}
