/** From what people write to the version they mean. */
import * as Effect from "effect/Effect"
import { parseRevision, type Revision, type RevisionStep } from "../../algo/graph/revision.ts"
import type { ArtifactId, ProjectId, VersionId } from "../../model/Ids.ts"
import {
  AmbiguousName,
  MalformedExpression,
  NameNotFound,
  type PositionTooFar,
  SearchExhausted,
  VersionNotFound
} from "../../model/Version.ts"
import type { CatalogStorageService, RecordPosition } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import {
  branchRef,
  deployedInProjectPrefix,
  escapePart,
  tagPrefix,
  tagRef,
  trackedRef,
  unescapePart
} from "../catalog/names.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { listRefs, readDeployments } from "../projects/deploymentRecord.ts"
import { branchAt } from "./positions.ts"
import { highestRelease, rangeProblem } from "./releases.ts"
import { idTerm, versionCodec } from "./versionRecord.ts"

/** What resolving a revision expression may fail with. @public */
export type ResolveError =
  | AmbiguousName
  | MalformedExpression
  | NameNotFound
  | PositionTooFar
  | SearchExhausted
  | VersionNotFound
  | StorageError

/** Looking for an id prefix reads at most this many versions whose ids begin alike, newest first. @internal */
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
      const term = idTerm(artifact, prefix)
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

  const unknown = (artifact: ArtifactId, name: string) => Effect.fail(new NameNotFound({ artifact, name }))

  /** The version of one candidate, or the error that there are none or several. */
  const only = (artifact: ArtifactId, name: string, candidates: ReadonlyMap<string, VersionId>) => {
    const [version, ...others] = new Set(candidates.values())
    if (version === undefined) return unknown(artifact, name)
    if (others.length === 0) return Effect.succeed(version)
    return Effect.fail(new AmbiguousName({ artifact, name, candidates: [...candidates.keys()].slice(0, 10) }))
  }

  const byRelease = Effect.fnUntraced(function* (artifact: ArtifactId, range: string) {
    const prefix = tagPrefix(artifact)
    const tags = new Map<string, VersionId>()
    for (const [name, version] of yield* listRefs(catalog, prefix)) {
      tags.set(unescapePart(name.slice(prefix.length)), version as VersionId)
    }
    const highest = highestRelease([...tags.keys()], range)
    return highest === undefined ? undefined : tags.get(highest)
  })

  const byName = Effect.fnUntraced(function* (artifact: ArtifactId, kind: "name" | "branch" | "tag", name: string) {
    if (kind === "name" && /^[0-9a-f]{64}$/.test(name)) {
      if ((yield* read(name)) === undefined) return yield* Effect.fail(new VersionNotFound({ id: name }))
      return name as VersionId
    }
    const branch = branchRef(artifact, name)
    const tag = tagRef(artifact, name)
    const refs = yield* catalog.refs([branch, tag])
    const candidates = new Map<string, VersionId>()
    if (kind !== "tag" && refs.has(branch)) candidates.set(`branch:${name}`, refs.get(branch) as VersionId)
    if (kind !== "branch" && refs.has(tag)) candidates.set(`tag:${name}`, refs.get(tag) as VersionId)
    const slash = name.indexOf("/")
    if (kind === "name" && slash > 0) {
      const tracked = trackedRef(artifact, name.slice(0, slash), name.slice(slash + 1))
      const version = slash + 1 < name.length ? (yield* catalog.refs([tracked])).get(tracked) : undefined
      if (version !== undefined) candidates.set(`remote ${name}`, version as VersionId)
    }
    if (candidates.size > 0 || kind !== "name") return yield* only(artifact, name, candidates)
    if (name.length >= shortestPrefix && /^[0-9a-f]+$/.test(name)) {
      const version = yield* byPrefix(artifact, name)
      if (version !== undefined) return version
    }
    return (name === "latest" ? yield* byRelease(artifact, name) : undefined) ?? (yield* unknown(artifact, name))
  })

  const byDeployment = Effect.fnUntraced(function* (artifact: ArtifactId, project: ProjectId) {
    const refs = yield* listRefs(catalog, `${deployedInProjectPrefix(project)}${escapePart(artifact)}/`)
    const deployments = yield* readDeployments(
      catalog,
      refs.map(([, id]) => id)
    )
    const candidates = new Map(deployments.map(({ target, version }) => [`${project} at ${target}`, version]))
    return yield* only(artifact, `@{deployed:${project}}`, candidates)
  })

  const base = Effect.fnUntraced(function* (
    artifact: ArtifactId,
    { base: start }: Revision,
    expression: string
  ): Effect.fn.Return<VersionId, ResolveError> {
    switch (start.kind) {
      case "past": {
        const version = yield* branchAt(catalog, artifact, start.name, start.time)
        return version ?? (yield* unknown(artifact, expression))
      }
      case "deployed":
        return yield* byDeployment(artifact, start.project as ProjectId)
      case "release": {
        const reason = rangeProblem(start.range)
        if (reason !== undefined) {
          const position = expression.length - start.range.length
          return yield* Effect.fail(new MalformedExpression({ expression, position, reason }))
        }
        return (yield* byRelease(artifact, start.range)) ?? (yield* unknown(artifact, expression))
      }
      default:
        return yield* byName(artifact, start.kind, start.name)
    }
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
    let version = yield* base(artifact, revision, expression)
    for (const move of revision.steps) version = yield* step(version, move, expression)
    return version
  })
}
