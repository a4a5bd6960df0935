/** The merge engine: texts, trees and versions, with conflicts as data in the result. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type RenameOptions, similarRenames } from "../../algo/merge/renames/RenameOptions.ts"
import { type MergeTextOptions, type MergeTextResult, mergeText } from "../../algo/text/mergeText.ts"
import { buildTrees } from "../../algo/tree/buildTrees.ts"
import type { TreeId, VersionId } from "../../model/Ids.ts"
import { UnresolvedConflicts } from "../../model/Plan.ts"
import { NoCommonAncestor, VersionNotFound } from "../../model/Version.ts"
import { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { askRecord } from "../catalog/askRecord.ts"
import { rereading } from "../catalog/rereading.ts"
import { foundation } from "../foundation.ts"
import { VersionGraph } from "../graph/VersionGraph.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import { Objects } from "../objects/Objects.ts"
import { Progress } from "../references/Progress.ts"
import { TextPolicy } from "../references/TextPolicy.ts"
import { MergeDrivers } from "./MergeDriver.ts"
import { type MergedPath, mergeTrees } from "./treeMerge.ts"
import { type VirtualBase, virtualBase } from "./virtualBase.ts"

/** A merged tree, stored. Conflicts are entries in it; `paths` says what was decided where the sides differ, and why. @public */
export interface MergedTree {
  readonly tree: TreeId
  readonly paths: ReadonlyArray<MergedPath>
  /** Those of `paths` that conflict. */
  readonly conflicts: ReadonlyArray<MergedPath>
  /** Whether there were too many candidates to look for files that were edited and moved. */
  readonly renamesLimited: boolean
}

/** How trees are merged. @public */
export interface MergeTreesOptions {
  /** How files that moved are followed; what is left out is as in `similarRenames`. */
  readonly renames?: { readonly [K in keyof RenameOptions]?: RenameOptions[K] | undefined } | undefined
  /** Makes a conflict of names that differ in case alone: for targets that cannot tell them apart. */
  readonly foldsCase?: boolean | undefined
}

/** A merge of two versions, with the common ancestors it was made from. @public */
export interface MergedVersions extends MergedTree {
  readonly bases: ReadonlyArray<VersionId>
}

/** Options that are not given are the default's; `undefined` is not given. */
const renamesOf = (given: MergeTreesOptions["renames"]): RenameOptions => {
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined)
  return { ...similarRenames, ...(Object.fromEntries(set) as Partial<RenameOptions>) }
}

/** Merges texts, trees and versions. @public */
export interface MergeEngineService {
  /** Merges three texts, line by line, on bytes. Pure: the same function as `tidemark/merge` has. */
  readonly text: (
    base: Uint8Array | string,
    ours: Uint8Array | string,
    theirs: Uint8Array | string,
    options?: MergeTextOptions
  ) => MergeTextResult
  /** Merges three stored trees and stores the result. `null` stands for no tree at all. */
  readonly trees: (
    input: {
      readonly base: TreeId | null
      readonly ours: TreeId
      readonly theirs: TreeId
    } & MergeTreesOptions
  ) => Effect.Effect<MergedTree, StorageError>
  /**
   * Merges two versions from their best common ancestor. Where there are several, they are merged first; a conflict
   * from what conflicted in that has the terms of both.
   */
  readonly versions: (
    ours: VersionId,
    theirs: VersionId,
    options?: MergeTreesOptions
  ) => Effect.Effect<MergedVersions, NoCommonAncestor | StorageError | VersionNotFound>
  /** Does to `onto` what a version did to its first parent (or to nothing, if it has none). */
  readonly cherryPick: (
    version: VersionId,
    onto: VersionId,
    options?: MergeTreesOptions
  ) => Effect.Effect<MergedTree, StorageError | VersionNotFound>
  /**
   * Merges any number of versions into the first, one after the other. Only where that is clean: the first one that
   * conflicts with those before it ends it with `UnresolvedConflicts`, and nothing is offered halfway.
   */
  readonly octopus: (
    versions: ReadonlyArray<VersionId>,
    options?: MergeTreesOptions
  ) => Effect.Effect<MergedTree, NoCommonAncestor | StorageError | UnresolvedConflicts | VersionNotFound>
  /** Takes back from `from` what a version did to its first parent. */
  readonly revert: (
    version: VersionId,
    from: VersionId,
    options?: MergeTreesOptions
  ) => Effect.Effect<MergedTree, StorageError | VersionNotFound>
}

/** The merge engine: see {@link MergeEngineService}. @public */
export class MergeEngine extends Context.Service<MergeEngine, MergeEngineService>()("tidemark/core/MergeEngine") {
  static readonly layer: Layer.Layer<MergeEngine, never, CatalogStorage | ObjectStorage> = Layer.effect(
    MergeEngine,
    Effect.gen(function* () {
      const catalog = yield* CatalogStorage
      const objects = yield* Objects
      const graph = yield* VersionGraph

      const mergeStored = Effect.fnUntraced(function* (
        base: VirtualBase,
        ours: TreeId,
        theirs: TreeId,
        options: MergeTreesOptions | undefined
      ) {
        const progress = yield* Progress
        const merged = yield* mergeTrees({
          objects,
          source: objects,
          content: objects,
          base: base.tree,
          standIns: base.standIns,
          ours,
          theirs,
          policy: yield* TextPolicy,
          drivers: yield* MergeDrivers,
          renames: renamesOf(options?.renames),
          foldsCase: options?.foldsCase,
          onProgress: (done, total) => progress({ phase: "merge", done, total })
        })
        const built = [...merged.built].map(([id, { bytes }]) => ({ id, bytes }))
        yield* objects.put([...merged.contents, ...built])
        return {
          tree: merged.tree,
          paths: merged.paths,
          conflicts: merged.paths.filter(({ conflict }) => conflict !== null),
          renamesLimited: merged.renamesLimited
        }
      })
      const plainBase = (tree: TreeId | null): VirtualBase => ({ tree, standIns: new Map() })

      const read = Effect.fnUntraced(function* (id: VersionId) {
        const record = yield* askRecord(catalog, "version", id)
        if (record === undefined) return yield* Effect.fail(new VersionNotFound({ id }))
        return yield* versionCodec.decode(record)
      })
      const treeOf = (id: VersionId) => Effect.map(read(id), ({ tree }) => tree)

      const versions = Effect.fn("MergeEngine.versions")(function* (
        ours: VersionId,
        theirs: VersionId,
        options?: MergeTreesOptions
      ) {
        const [left, right] = [yield* treeOf(ours), yield* treeOf(theirs)]
        const bases = yield* graph.mergeBases(ours, theirs)
        if (bases.length === 0) return yield* Effect.fail(new NoCommonAncestor({ ours, theirs }))
        const parts = {
          objects,
          mergeBases: graph.mergeBases,
          treeOf,
          policy: yield* TextPolicy,
          drivers: yield* MergeDrivers,
          renames: renamesOf(options?.renames)
        }
        const base = yield* virtualBase(parts, bases)
        return { ...(yield* mergeStored(base, left, right, options)), bases }
      })

      /** A version's tree and its first parent's. */
      const changeOf = Effect.fnUntraced(function* (version: VersionId) {
        const { parents, tree } = yield* read(version)
        const [parent] = parents
        return { before: parent === undefined ? null : yield* treeOf(parent), after: tree }
      })
      const empty = Effect.fnUntraced(function* () {
        const { root, trees } = buildTrees([], objects.identify)
        yield* objects.put([...trees].map(([id, { bytes }]) => ({ id, bytes })))
        return root
      })

      /** The best common ancestors of `next` and a merge of `heads`, were there one. */
      const basesWith = Effect.fnUntraced(function* (heads: ReadonlyArray<VersionId>, next: VersionId) {
        const all = new Set<VersionId>()
        for (const head of heads) for (const base of yield* graph.mergeBases(head, next)) all.add(base)
        const best: Array<VersionId> = []
        for (const base of all) {
          let covered = false
          for (const other of all) covered ||= other !== base && (yield* graph.isAncestor(base, other))
          if (!covered) best.push(base)
        }
        return best
      })

      const octopus = Effect.fn("MergeEngine.octopus")(function* (
        heads: ReadonlyArray<VersionId>,
        options?: MergeTreesOptions
      ) {
        const [first, ...rest] = heads
        if (first === undefined)
          return yield* Effect.die(new TypeError("MergeEngine.octopus takes at least one version."))
        let merged: MergedTree = { tree: yield* treeOf(first), paths: [], conflicts: [], renamesLimited: false }
        const merging: Array<VersionId> = [first]
        for (const next of rest) {
          const bases = yield* basesWith(merging, next)
          if (bases.length === 0) return yield* Effect.fail(new NoCommonAncestor({ ours: first, theirs: next }))
          // Already in one of those before it.
          if (bases.includes(next)) continue
          const renames = renamesOf(options?.renames)
          const parts = {
            objects,
            mergeBases: graph.mergeBases,
            treeOf,
            policy: yield* TextPolicy,
            drivers: yield* MergeDrivers,
            renames
          }
          const base = yield* virtualBase(parts, bases)
          const step = yield* mergeStored(base, merged.tree, yield* treeOf(next), options)
          if (step.conflicts.length > 0) {
            const conflicts = step.conflicts.flatMap(({ conflict, path }) =>
              conflict === null ? [] : [{ path, kind: conflict.kind }]
            )
            return yield* Effect.fail(new UnresolvedConflicts({ conflicts }))
          }
          merged = { ...step, paths: [...merged.paths, ...step.paths] }
          merging.push(next)
        }
        return merged
      })

      return rereading(
        MergeEngine.of({
          text: mergeText,
          octopus,
          trees: Effect.fn("MergeEngine.trees")(({ base, ours, theirs, ...options }) =>
            mergeStored(plainBase(base), ours, theirs, options)
          ),
          versions,
          cherryPick: Effect.fn("MergeEngine.cherryPick")(function* (version, onto, options) {
            const { after, before } = yield* changeOf(version)
            return yield* mergeStored(plainBase(before), yield* treeOf(onto), after, options)
          }),
          revert: Effect.fn("MergeEngine.revert")(function* (version, from, options) {
            const { after, before } = yield* changeOf(version)
            return yield* mergeStored(plainBase(after), yield* treeOf(from), before ?? (yield* empty()), options)
          })
        }),
        ["trees", "versions", "cherryPick", "octopus", "revert"]
      )
    })
  ).pipe(Layer.provide(Layer.provideMerge(VersionGraph.layer, foundation)))
}
