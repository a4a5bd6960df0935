/** The real collection merged as whole trees, beside what git made of it with renames. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import * as Tidemark from "../../src/index.ts"
import { type Expected, runEngine, unpackAgents } from "../support/realAgents.ts"
import { type SkippableContext, sharedPath } from "../support/shared.ts"

const modes = { file: "100644", executable: "100755", symlink: "120000" } as const

describe("the trees of a real collection", () => {
  it("merge as git merges them with renames: the same conflicts, the same files", async (context: SkippableContext) => {
    const from = sharedPath(context, "real/agents")
    const real = unpackAgents(from)
    try {
      const told = JSON.parse(readFileSync(join(from, "expected.json"), "utf8")) as { readonly withRenames: Expected }
      const expected = told.withRenames
      const merged = await runEngine(
        join(real.directory, "store.db"),
        Effect.gen(function* () {
          const snapshots = yield* Tidemark.SnapshotStore
          const engine = yield* Tidemark.MergeEngine
          const objects = yield* Tidemark.Objects
          const capture = (root: string, name: string) =>
            snapshots.capture({ collection: name as Tidemark.CollectionId, root })
          const [base, theirs, ours] = [
            yield* capture(real.v1, "v1"),
            yield* capture(real.v2, "v2"),
            yield* capture(real.local, "local")
          ].map(({ snapshot }) => snapshot.tree)
          if (base === undefined || ours === undefined || theirs === undefined) throw new Error("three snapshots")
          const result = yield* engine.trees({ base, ours, theirs })
          const conflicts = result.conflicts.map(({ path }) => path as string).sort()
          const files = new Map<string, { readonly mode: string; readonly sha256: string }>()
          let level: ReadonlyArray<readonly [string, Tidemark.TreeId]> = [["", result.tree]]
          while (level.length > 0) {
            const trees = yield* objects.trees(level.map(([, id]) => id))
            const next: Array<readonly [string, Tidemark.TreeId]> = []
            for (const [prefix, id] of level) {
              for (const { id: child, kind, name } of trees.get(id) ?? []) {
                if (kind === "directory")
                  next.push([`${prefix}${name}/`, child as Tidemark.ObjectId as Tidemark.TreeId])
                else if (kind !== "conflict") files.set(prefix + name, { mode: modes[kind], sha256: child })
              }
            }
            level = next
          }
          return { conflicts, files }
        }),
        "none"
      )
      expect(merged.conflicts).toEqual([...expected.conflictedPaths].sort())
      const clean = Object.entries(expected.files).filter(([path]) => !expected.conflictedPaths.includes(path))
      expect([...merged.files].sort()).toEqual(
        clean.map(([path, { mode, sha256 }]) => [path, { mode, sha256 }] as const).sort()
      )
    } finally {
      real.remove()
    }
  })
})
