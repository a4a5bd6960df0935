/** Conflicts that updates and rollbacks left open: list, show, resolve, and remember how. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { renderMarkers } from "../../algo/conflict/markers.ts"
import type { ConflictStyle } from "../../algo/text/mergeRegions.ts"
import type { MergeTextOptions } from "../../algo/text/mergeText.ts"
import { type ConflictKind, ResolutionRefused } from "../../model/Conflict.ts"
import type { ArtifactId, ConflictId, DirectoryPath, FilePath, OperationId, ProjectId } from "../../model/Ids.ts"
import { ConflictNotFound, type Plan } from "../../model/Plan.ts"
import type { RefConflict } from "../../model/Version.ts"
import type { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { rereading } from "../catalog/rereading.ts"
import { projectFoundation } from "../foundation.ts"
import { readConflict } from "../merge/treeMerge.ts"
import { flattenTree, joinPath } from "../objects/treeWalk.ts"
import type { ApplyError, PlanApplied } from "../projects/applyPlan.ts"
import { currentDeployments, listRefs } from "../projects/deploymentRecord.ts"
import { isBelow } from "../projects/ProjectState.ts"
import { type ProjectError, Projects } from "../projects/Projects.ts"
import { planResolve, type Resolution } from "../projects/planResolve.ts"
import { TextPolicy } from "../references/TextPolicy.ts"
import type { WorkingTree } from "../WorkingTree.ts"
import { conflictLabels, readCut } from "./readCut.ts"
import {
  operationsOf,
  type RecordedResolution,
  readResolutions,
  resolutionPrefix,
  resolutionRef
} from "./resolutionRecord.ts"
import { type ListedConflict, type ShownConflict, showConflict } from "./showConflict.ts"

/** Which open conflicts of a project. @public */
export interface ConflictQuery {
  readonly project: ProjectId
  readonly artifact?: ArtifactId | undefined
  /** Only at or below this path of the project. */
  readonly under?: DirectoryPath | undefined
  readonly kind?: ConflictKind | undefined
}

/** A decision that is remembered, and the operation it was made by. @public */
export interface RememberedResolution extends RecordedResolution {
  readonly operation: OperationId | null
}

/** Lists, shows and resolves what updates and rollbacks could not decide. @public */
export interface ConflictsService {
  /** Lists the open conflicts of a project, sorted by artifact and path. */
  readonly list: (query: ConflictQuery) => Effect.Effect<ReadonlyArray<ListedConflict>, StorageError>
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
  }) => Effect.Effect<Plan, ConflictNotFound | ProjectError | ResolutionRefused>
  /** Carries a plan out, or refuses with `PlanStale`. */
  readonly apply: (plan: Plan, options: { readonly root: string }) => Effect.Effect<PlanApplied, ApplyError>
  /**
   * Returns a conflict as text with markers, for an editor: what is decided stands as decided. What comes back is a
   * resolution: `{ path, style, edited }`. A conflict without hunks has no such view.
   */
  readonly view: (query: {
    readonly project: ProjectId
    readonly path: FilePath
    readonly style?: ConflictStyle | undefined
  }) => Effect.Effect<Uint8Array, ConflictNotFound | ResolutionRefused | StorageError>
  /** Lists the decisions that are remembered of an artifact, and taken again where the same conflict is met. */
  readonly recorded: (artifact: ArtifactId) => Effect.Effect<ReadonlyArray<RememberedResolution>, StorageError>
  /** Forgets decisions of an artifact, all of them or those with these keys, and returns them. Can be undone. */
  readonly forget: (request: {
    readonly artifact: ArtifactId
    readonly keys?: ReadonlyArray<string> | undefined
    readonly reason?: string | undefined
  }) => Effect.Effect<ReadonlyArray<RecordedResolution>, RefConflict | StorageError>
}

/** Open conflicts: see {@link ConflictsService}. @public */
export class Conflicts extends Context.Service<Conflicts, ConflictsService>()("tidemark/core/Conflicts") {
  static readonly layer: Layer.Layer<Conflicts, never, CatalogStorage | ObjectStorage | WorkingTree> = Layer.effect(
    Conflicts,
    Effect.gen(function* () {
      const projects = yield* Projects
      const { catalog, log, objects } = projects.parts

      const list = Effect.fn("Conflicts.list")(function* (query: ConflictQuery) {
        const { kind, under = "" } = query
        const open: Array<ListedConflict> = []
        for (const { artifact, target, tree } of yield* currentDeployments(catalog, query.project)) {
          if (query.artifact !== undefined && query.artifact !== artifact) continue
          for (const [relative, entry] of yield* flattenTree(objects, tree)) {
            if (entry.kind !== "conflict") continue
            const path = joinPath(target, relative)
            if (path !== under && !isBelow(under as DirectoryPath, path)) continue
            const conflict = yield* readConflict(objects, entry.id)
            if (kind !== undefined && conflict.kind !== kind) continue
            open.push({ project: query.project, artifact, target, path, id: entry.id as ConflictId, conflict })
          }
        }
        return open
      })

      const find = Effect.fnUntraced(function* (project: ProjectId, path: FilePath) {
        const listed = (yield* list({ project, under: path })).find((open) => open.path === path)
        return listed ?? (yield* Effect.fail(new ConflictNotFound({ project, path })))
      })

      const show = Effect.fn("Conflicts.show")(function* (query: {
        readonly project: ProjectId
        readonly path: FilePath
        readonly options?: MergeTextOptions | undefined
      }) {
        return yield* showConflict(objects, yield* find(query.project, query.path), query.options ?? {})
      })

      const view = Effect.fn("Conflicts.view")(function* (query: {
        readonly project: ProjectId
        readonly path: FilePath
        readonly style?: ConflictStyle | undefined
      }) {
        const { path, project, style } = query
        const { conflict } = yield* find(project, path)
        const open = yield* readCut(objects, conflict, { style: style ?? "merge", textPolicy: yield* TextPolicy })
        if (open === undefined) {
          const detail = `a ${conflict.kind} conflict like this has no view with markers`
          return yield* Effect.fail(new ResolutionRefused({ project, path, reason: "no-hunks", detail }))
        }
        return renderMarkers(open.cut, { labels: conflictLabels, style }, open.progress)
      })

      const namesOf = Effect.fnUntraced(function* (artifact: ArtifactId) {
        return (yield* listRefs(catalog, resolutionPrefix(artifact))).map(([name]) => name)
      })

      const recorded = Effect.fn("Conflicts.recorded")(function* (artifact: ArtifactId) {
        const known = [...(yield* readResolutions(catalog, yield* namesOf(artifact))).values()]
        const operations = yield* operationsOf(
          catalog,
          known.map((resolution) => resolution.plan)
        )
        return known.map((resolution) => ({ ...resolution, operation: operations.get(resolution.plan) ?? null }))
      })

      const forget = Effect.fn("Conflicts.forget")(function* (request: {
        readonly artifact: ArtifactId
        readonly keys?: ReadonlyArray<string> | undefined
        readonly reason?: string | undefined
      }) {
        const { artifact, keys, reason = "Forget recorded resolutions" } = request
        const names = keys?.map((key) => resolutionRef(artifact, key)) ?? (yield* namesOf(artifact))
        const known = yield* readResolutions(catalog, names)
        if (known.size === 0) return []
        const refs = [...known].map(([name, { id }]) => ({ name, expected: id, next: null }))
        yield* log.append({ kind: "resolve", reason, subjects: [artifact], refs, records: [] })
        return [...known.values()]
      })

      const plan = Effect.fn("Conflicts.plan")(function* (options: {
        readonly project: ProjectId
        readonly root: string
        readonly resolutions: ReadonlyArray<Resolution>
        readonly reason?: string | undefined
      }) {
        const { project, reason = "", resolutions, root } = options
        const { comparison, state } = yield* projects.read({ project, root })
        return yield* planResolve(projects.parts, state, comparison, { project, root, resolutions, reason })
      })
      return rereading(
        Conflicts.of({
          list,
          show,
          view,
          recorded,
          forget,
          plan,
          apply: (made, { root }) => projects.apply(made, root)
        }),
        ["list", "show", "view", "recorded", "plan"]
      )
    })
  ).pipe(Layer.provide(projectFoundation))
}
