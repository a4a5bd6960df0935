/** Drift: how a project, its baseline and its upstream differ. Changes nothing. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { buildTrees, type FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { ArtifactDrift, ArtifactDriftClass, Drift, DriftClass, PathDrift } from "../../model/Drift.ts"
import type { FilePath } from "../../model/Ids.ts"
import type { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { rereading } from "../catalog/rereading.ts"
import { projectFoundation } from "../foundation.ts"
import { joinPath } from "../objects/treeWalk.ts"
import type { ComparedPath } from "../projects/comparison.ts"
import { relativeToTarget } from "../projects/heldTree.ts"
import type { Place, Selection } from "../projects/Place.ts"
import { isBelow } from "../projects/ProjectState.ts"
import { type ProjectError, Projects } from "../projects/Projects.ts"
import { asEntry } from "../projects/standings.ts"
import { IgnoreRules } from "../references/IgnoreRules.ts"
import { fromWorkingTree } from "../snapshots/sourceFiles.ts"
import type { WorkingTree, WorkingTreeError } from "../WorkingTree.ts"
import { versionOfFile, versionOfTree } from "./exactVersion.ts"
import { type NearestRequest, type NearVersion, nearestVersions } from "./nearestVersions.ts"

/** Compares projects with their baseline and upstream. @public */
export interface DriftDetectorService {
  /**
   * Classifies every path of the selected artifacts, and the artifacts as wholes. Reads the project and the store;
   * changes no file, record or ref.
   */
  readonly check: (selection: Selection) => Effect.Effect<Drift, ProjectError>
  /**
   * Ranks known versions by how much a directory, deployed or not, is like them; the nearest first. Reads the directory and a
   * bounded number of versions; changes nothing. What it finds can be adopted: see `Selection.adopt`.
   */
  readonly nearest: (
    request: NearestRequest
  ) => Effect.Effect<ReadonlyArray<NearVersion>, StorageError | WorkingTreeError>
}

/** A drift's classes, in the order in which reports show them. */
const classes: ReadonlyArray<DriftClass> = [
  "clean",
  "outdated",
  "modified",
  "both",
  "converged",
  "eolOnly",
  "deleted",
  "addedUpstream",
  "removedUpstream",
  "conflicted",
  "localOnly"
]

type Counts = { [K in DriftClass]: number }
const none = (): Counts => Object.fromEntries(classes.map((name) => [name, 0])) as Counts

/** What is most worth knowing about an artifact, first. */
const weight: ReadonlyArray<readonly [DriftClass, ArtifactDriftClass]> = [
  ["conflicted", "conflicted"],
  ["both", "both"],
  ["modified", "modified"],
  ["deleted", "deleted"],
  ["outdated", "outdated"],
  ["addedUpstream", "outdated"],
  ["removedUpstream", "outdated"],
  ["converged", "converged"],
  ["eolOnly", "eolOnly"]
]

const artifactClass = (place: Place, counts: { readonly [K in DriftClass]: number }): ArtifactDriftClass => {
  if (place.deployment === null) return "notDeployed"
  if (counts.conflicted > 0) return "conflicted"
  if (place.upstream?.removed === true) return "removedUpstream"
  const here = counts.modified + counts.deleted > 0
  const there = counts.outdated + counts.addedUpstream + counts.removedUpstream > 0
  if (here && there) return "both"
  return weight.find(([name]) => counts[name] > 0)?.[1] ?? "clean"
}

/** Drift: see {@link DriftDetectorService}. @public */
export class DriftDetector extends Context.Service<DriftDetector, DriftDetectorService>()(
  "tidemark/core/DriftDetector"
) {
  static readonly layer: Layer.Layer<DriftDetector, never, CatalogStorage | ObjectStorage | WorkingTree> = Layer.effect(
    DriftDetector,
    Effect.gen(function* () {
      const projects = yield* Projects
      const { catalog, objects, workingTree } = projects.parts

      /** Only where an edit is supposed: everything else is known to be what it is. */
      const supposed = (row: ComparedPath) => row.class === "modified" || row.class === "both"

      const exactly = Effect.fnUntraced(function* (row: ComparedPath) {
        const relative = relativeToTarget(row.place.target, row.path)
        return yield* versionOfFile(catalog, objects, row.place.artifact, relative, row.local)
      })

      /** The version whose tree the project's copy is; local-only files do not count. */
      const exactTree = Effect.fnUntraced(function* (
        place: Place,
        rows: ReadonlyArray<ComparedPath>
      ): Effect.fn.Return<ArtifactDrift["exactly"], StorageError> {
        const flat = new Map<FilePath, FlatEntry>()
        for (const { class: drift, local, path } of rows) {
          if (drift !== "localOnly" && local !== null) flat.set(relativeToTarget(place.target, path), asEntry(local))
        }
        if (flat.size === 0) return null
        return yield* versionOfTree(catalog, place.artifact, buildTrees(flat, objects.identify).root)
      })

      const check = Effect.fn("DriftDetector.check")(function* (selection: Selection) {
        const { comparison, state } = yield* projects.look(selection)
        const paths: Array<PathDrift> = []
        const all = none()
        const byPlace = new Map<Place, { readonly counts: Counts; paths: number }>()
        for (const row of comparison.paths) {
          let of = byPlace.get(row.place)
          if (of === undefined) {
            of = { counts: none(), paths: 0 }
            byPlace.set(row.place, of)
          }
          of.paths += 1
          of.counts[row.class] += 1
          all[row.class] += 1
          const { baseline, changedSince, class: drift, conflict, local, path, place, unresolved, upstream } = row
          paths.push({
            path,
            artifact: place.artifact,
            class: drift,
            baseline,
            upstream,
            local,
            conflict: conflict?.id ?? unresolved,
            changedSince,
            exactly: supposed(row) ? yield* exactly(row) : null
          })
        }
        // Rows are gathered by place only for those of which not all is clean.
        const unclean = Map.groupBy(all.clean === paths.length ? [] : comparison.paths, ({ place }) => place)
        const artifacts: Array<ArtifactDrift> = []
        for (const place of state.places) {
          if (!place.selected) continue
          const of = byPlace.get(place) ?? { counts: none(), paths: 0 }
          const isClean = of.counts.clean === of.paths
          artifacts.push({
            artifact: place.artifact,
            target: place.target,
            deployment: place.deployment?.id ?? null,
            baseline: place.deployment?.version ?? null,
            upstream: place.upstream?.version ?? null,
            class: artifactClass(place, of.counts),
            exactly: isClean ? (place.deployment?.version ?? null) : yield* exactTree(place, unclean.get(place) ?? []),
            counts: of.counts
          })
        }
        return {
          project: selection.project,
          paths,
          artifacts,
          oddities: state.oddities,
          counts: all
        }
      })
      const nearest = Effect.fn("DriftDetector.nearest")(function* (request: NearestRequest) {
        const { at = "", root } = request
        const { flat, read } = yield* fromWorkingTree(objects, workingTree, root, yield* IgnoreRules)
        const local = new Map<FilePath, FlatEntry>()
        for (const [path, entry] of flat) if (isBelow(at, path)) local.set(relativeToTarget(at, path), entry)
        const below = (path: FilePath) => joinPath(at, path)
        const readLocal = Effect.fnUntraced(function* (paths: ReadonlyArray<FilePath>) {
          const found = yield* read(paths.map(below))
          return new Map(
            paths.flatMap((path) => {
              const bytes = found.get(below(path))
              return bytes === undefined ? [] : [[path, bytes] as const]
            })
          )
        })
        return yield* nearestVersions(catalog, objects, local, readLocal, request)
      })
      return rereading(DriftDetector.of({ check, nearest }), ["check", "nearest"])
    })
  ).pipe(Layer.provide(projectFoundation))
}
