/** The merge engine: texts, trees and versions, with conflicts as data in the result. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type MergeTextOptions, type MergeTextResult, mergeText } from "../../algo/text/mergeText.ts"
import type { TreeId, VersionId } from "../../model/Ids.ts"
import { NoCommonAncestor, VersionNotFound } from "../../model/Version.ts"
import { CatalogStorage } from "../../storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { foundation } from "../foundation.ts"
import { VersionGraph } from "../graph/VersionGraph.ts"
import { versionCodec } from "../graph/versionRecord.ts"
import { Objects } from "../objects/Objects.ts"
import { Progress } from "../references/Progress.ts"
import { TextPolicy } from "../references/TextPolicy.ts"
import { MergeDrivers } from "./MergeDriver.ts"
import { type MergedPath, mergeTrees } from "./treeMerge.ts"

/** A merged tree, stored. Conflicts are entries in it; `paths` says what was decided where the sides differ, and why. @public */
export interface MergedTree {
  readonly tree: TreeId
  readonly paths: ReadonlyArray<MergedPath>
  /** Those of `paths` that conflict. */
  readonly conflicts: ReadonlyArray<MergedPath>
}

/** A merge of two versions, with the common ancestors it was made from. @public */
export interface MergedVersions extends MergedTree {
  readonly bases: ReadonlyArray<VersionId>
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
  readonly trees: (input: {
    readonly base: TreeId | null
    readonly ours: TreeId
    readonly theirs: TreeId
  }) => Effect.Effect<MergedTree, StorageError>
  /**
   * Merges two versions from their best common ancestor. Where there are several, they are merged first, and what
   * conflicts in that stays a conflict in the base.
   */
  readonly versions: (
    ours: VersionId,
    theirs: VersionId
  ) => Effect.Effect<MergedVersions, NoCommonAncestor | StorageError | VersionNotFound>
}

/** The merge engine: see {@link MergeEngineService}. @public */
export class MergeEngine extends Context.Service<MergeEngine, MergeEngineService>()("tidemark/core/MergeEngine") {
  static readonly layer: Layer.Layer<MergeEngine, never, CatalogStorage | ObjectStorage> = Layer.effect(
    MergeEngine,
    Effect.gen(function* () {
      const catalog = yield* CatalogStorage
      const objects = yield* Objects
      const graph = yield* VersionGraph

      const trees = Effect.fn("MergeEngine.trees")(function* (input: {
        readonly base: TreeId | null
        readonly ours: TreeId
        readonly theirs: TreeId
      }) {
        const progress = yield* Progress
        const merged = yield* mergeTrees({
          objects,
          source: objects,
          content: objects,
          ...input,
          policy: yield* TextPolicy,
          drivers: yield* MergeDrivers,
          onProgress: (done, total) => progress({ phase: "merge", done, total })
        })
        const built = [...merged.built].map(([id, { bytes }]) => ({ id, bytes }))
        yield* objects.put([...merged.contents, ...built])
        return {
          tree: merged.tree,
          paths: merged.paths,
          conflicts: merged.paths.filter(({ conflict }) => conflict !== null)
        }
      })

      const treeOf = Effect.fnUntraced(function* (id: VersionId) {
        const record = (yield* catalog.records("version", [id])).get(id)
        if (record === undefined) return yield* Effect.fail(new VersionNotFound({ id }))
        return (yield* versionCodec.decode(record)).tree
      })

      const versions = Effect.fn("MergeEngine.versions")(function* (ours: VersionId, theirs: VersionId) {
        const [left, right] = [yield* treeOf(ours), yield* treeOf(theirs)]
        const bases = yield* graph.mergeBases(ours, theirs)
        const [first, ...more] = bases
        if (first === undefined) return yield* Effect.fail(new NoCommonAncestor({ ours, theirs }))
        let base = yield* treeOf(first)
        let previous = first
        for (const next of more) {
          // Oldest common ground of the ancestors themselves; unrelated ones are merged from nothing.
          const [common] = yield* graph.mergeBases(previous, next)
          const merged = yield* trees({
            base: common === undefined ? null : yield* treeOf(common),
            ours: base,
            theirs: yield* treeOf(next)
          })
          base = merged.tree
          previous = next
        }
        return { ...(yield* trees({ base, ours: left, theirs: right })), bases }
      })

      return MergeEngine.of({ text: mergeText, trees, versions })
    })
  ).pipe(Layer.provide(Layer.provideMerge(VersionGraph.layer, foundation)))
}
