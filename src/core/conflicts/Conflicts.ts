/** Conflicts that updates and rollbacks left open: list, show, resolve. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { isBinary } from "../../algo/text/isBinary.ts"
import { type MergeTextOptions, mergeText } from "../../algo/text/mergeText.ts"
import type { Conflict, Term } from "../../model/Conflict.ts"
import type { ArtifactId, ConflictId, DirectoryPath, FilePath, ProjectId } from "../../model/Ids.ts"
import { ConflictNotFound, type Plan } from "../../model/Plan.ts"
import type { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { projectFoundation } from "../foundation.ts"
import { readConflict } from "../merge/treeMerge.ts"
import { flattenTree, joinPath } from "../objects/treeWalk.ts"
import type { ApplyError, PlanApplied } from "../projects/applyPlan.ts"
import { currentDeployments } from "../projects/deploymentRecord.ts"
import { type ProjectError, Projects } from "../projects/Projects.ts"
import { planResolve, type Resolution } from "../projects/planResolve.ts"
import type { WorkingTree } from "../WorkingTree.ts"

/** An unresolved conflict, and where it is. @public */
export interface ListedConflict {
  readonly project: ProjectId
  readonly artifact: ArtifactId
  readonly target: DirectoryPath
  readonly path: FilePath
  readonly id: ConflictId
  readonly conflict: Conflict
}

/** A conflict with its contents. A side is `null` where there is nothing, or a directory. `markers` is for texts. @public */
export interface ShownConflict extends ListedConflict {
  readonly base: Uint8Array | null
  readonly ours: Uint8Array | null
  readonly theirs: Uint8Array | null
  readonly markers: Uint8Array | null
}

/** Lists, shows and resolves what updates and rollbacks could not decide. @public */
export interface ConflictsService {
  /** Lists the open conflicts of a project, sorted by artifact and path. */
  readonly list: (query: {
    readonly project: ProjectId
    readonly artifact?: ArtifactId | undefined
  }) => Effect.Effect<ReadonlyArray<ListedConflict>, StorageError>
  /** Returns a conflict with the contents of its sides, and the usual view with markers. */
  readonly show: (query: {
    readonly project: ProjectId
    readonly path: FilePath
    readonly options?: MergeTextOptions | undefined
  }) => Effect.Effect<ShownConflict, ConflictNotFound | StorageError>
  /** Plans resolutions: what is chosen will be written to the project, and upstream becomes the paths' baseline. */
  readonly plan: (options: {
    readonly project: ProjectId
    readonly root: string
    readonly resolutions: ReadonlyArray<Resolution>
    readonly reason?: string | undefined
  }) => Effect.Effect<Plan, ConflictNotFound | ProjectError>
  /** Carries a plan out, or refuses with `PlanStale`. */
  readonly apply: (plan: Plan, options: { readonly root: string }) => Effect.Effect<PlanApplied, ApplyError>
}

/** Open conflicts: see {@link ConflictsService}. @public */
export class Conflicts extends Context.Service<Conflicts, ConflictsService>()("tidemark/core/Conflicts") {
  static readonly layer: Layer.Layer<Conflicts, never, CatalogStorage | ObjectStorage | WorkingTree> = Layer.effect(
    Conflicts,
    Effect.gen(function* () {
      const projects = yield* Projects
      const { catalog, objects } = projects.parts

      const list = Effect.fn("Conflicts.list")(function* (query: {
        readonly project: ProjectId
        readonly artifact?: ArtifactId | undefined
      }) {
        const open: Array<ListedConflict> = []
        for (const { artifact, target, tree } of yield* currentDeployments(catalog, query.project)) {
          if (query.artifact !== undefined && query.artifact !== artifact) continue
          for (const [relative, entry] of yield* flattenTree(objects, tree)) {
            if (entry.kind !== "conflict") continue
            const conflict = yield* readConflict(objects, entry.id)
            const path = joinPath(target, relative)
            open.push({ project: query.project, artifact, target, path, id: entry.id as ConflictId, conflict })
          }
        }
        return open
      })

      const bytesOf = Effect.fnUntraced(function* (term: Term | null) {
        if (term === null || term.kind === "directory" || term.kind === "conflict") return null
        return (yield* objects.get([term.id])).get(term.id) ?? null
      })

      const show = Effect.fn("Conflicts.show")(function* (query: {
        readonly project: ProjectId
        readonly path: FilePath
        readonly options?: MergeTextOptions | undefined
      }) {
        const { options, path, project } = query
        const listed = (yield* list({ project })).find((open) => open.path === path)
        if (listed === undefined) return yield* Effect.fail(new ConflictNotFound({ project, path }))
        const { bases, sides } = listed.conflict
        const base = yield* bytesOf(bases[0] ?? null)
        const ours = yield* bytesOf(sides[0] ?? null)
        const theirs = yield* bytesOf(sides[1] ?? null)
        const text =
          ours !== null && theirs !== null && ![base, ours, theirs].some((bytes) => bytes !== null && isBinary(bytes))
        const labels = { ours: "local", base: "baseline", theirs: "upstream" }
        const markers = text ? mergeText(base ?? new Uint8Array(), ours, theirs, { labels, ...options }).bytes : null
        return { ...listed, base, ours, theirs, markers }
      })

      const plan = Effect.fn("Conflicts.plan")(function* (options: {
        readonly project: ProjectId
        readonly root: string
        readonly resolutions: ReadonlyArray<Resolution>
        readonly reason?: string | undefined
      }) {
        const { project, reason = "", resolutions, root } = options
        const { comparison, state } = yield* projects.read({ project, root })
        return yield* planResolve(projects.parts, state, comparison, { project, resolutions, reason })
      })
      return Conflicts.of({ list, show, plan, apply: (made, { root }) => projects.apply(made, root) })
    })
  ).pipe(Layer.provide(projectFoundation))
}
