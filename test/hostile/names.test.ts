/** Hostile names, given wherever a name can be given: a typed error or exactly that name, and nothing outside the root. */
import * as fs from "node:fs"
import { dirname } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { DirectoryPath } from "../../src/model/Ids.ts"
import { agents, type Engine, type Kind, kinds, scenario } from "../support/engine.ts"
import { makeRandom, runSeed } from "../support/random.ts"
import { hostilePath, segments } from "./hostileNames.ts"

const seed = runSeed()
const isFull = process.env.TIDEMARK_FULL !== undefined
/** A disk is slow, and the same code decides. */
const roundsOn = (kind: Kind) => (isFull ? 5_000 : kind === "memory" ? 150 : 40)
const bytesOf = (text: string) => new TextEncoder().encode(text)

/** What stands around the project, which nobody has any business with. */
const around = (engine: Engine): ReadonlyArray<string> => {
  const folder = dirname(engine.root)
  if (!fs.existsSync(folder)) return []
  return fs
    .readdirSync(folder)
    .filter((name) => !/^(store\.db.*|cache)$/.test(name))
    .sort()
}

const tagOf = (error: unknown): string => (error as { readonly _tag?: string })._tag ?? `untagged ${String(error)}`

describe.each(kinds)(`names that are hostile (%s)`, (kind) => {
  const rounds = roundsOn(kind)

  it.effect(
    "are captured, deployed and read back as they are, or refused by name",
    () =>
      scenario(
        kind,
        Effect.fnUntraced(function* (engine) {
          const random = makeRandom(seed)
          const ends = new Map<string, number>()
          const count = (end: string) => ends.set(end, (ends.get(end) ?? 0) + 1)
          const outside = around(engine)
          for (let round = 0; round < rounds; round++) {
            const all = Array.from({ length: random.between(1, 3) }, () => hostilePath(random))
            const files = all.map((path, i) => ({
              path: round % 2 === 0 ? path : `skills/s/${path}`,
              bytes: bytesOf(`${round} ${i}`)
            }))
            const where = `TIDEMARK_SEED=${seed}, round ${round}: ${JSON.stringify(files.map(({ path }) => path.slice(0, 300)))}`
            yield* engine.tick
            const before = [yield* engine.files, yield* engine.ledger.head]
            const captured = yield* Effect.result(engine.snapshots.capture({ collection: agents, files }))
            if (captured._tag === "Failure") {
              count(`capture: ${captured.failure._tag}`)
              assert.include(["InvalidPath", "DuplicateArtifact"], captured.failure._tag, where)
              assert.deepStrictEqual([yield* engine.files, yield* engine.ledger.head], before, where)
              continue
            }
            for (const { bytes, path } of files) {
              assert.deepStrictEqual(yield* engine.snapshots.read(captured.success.snapshot.id, path), bytes, where)
            }
            const head = yield* engine.ledger.head
            const update = yield* Effect.result(
              engine.update({ collection: agents, scope: "collection", strategy: "overwrite" })
            )
            assert.deepStrictEqual(around(engine), outside, where)
            if (update._tag === "Failure") {
              count(`update: ${tagOf(update.failure)}`)
              assert.include(["WorkingTreeError", "TargetOccupied", "PlanStale"], tagOf(update.failure), where)
              assert.deepStrictEqual([yield* engine.files, yield* engine.ledger.head], [before[0], head], where)
              continue
            }
            count("deployed")
            const standing = yield* engine.files
            const ignored = (path: string) => /(^|\/)(\.git|\.DS_Store|Thumbs\.db)(\/|$)/.test(path)
            for (const { bytes, path } of files) {
              if (!ignored(path))
                assert.strictEqual(standing[path], `f ${Buffer.from(bytes).toString("latin1")}`, where)
            }
          }
          assert.deepStrictEqual(yield* engine.findings, [])
          console.log(
            `${kind}: ${rounds} hostile sets of paths (TIDEMARK_SEED=${seed}): ${JSON.stringify(Object.fromEntries(ends))}`
          )
        })
      ),
    3_600_000
  )

  it.effect(
    "are refused as targets, or stay below the root",
    () =>
      scenario(
        kind,
        Effect.fnUntraced(function* (engine) {
          const random = makeRandom(seed + 1)
          yield* engine.capture({ "skills/s/f": "f\n", "README.md": "r\n" })
          const outside = around(engine)
          const ends = new Map<string, number>()
          const some = isFull || kind === "memory" ? segments : segments.filter(() => random.chance(0.2))
          const tried = [...some, ...Array.from({ length: rounds }, () => hostilePath(random))]
          for (const target of tried) {
            const where = `TIDEMARK_SEED=${seed}: ${JSON.stringify(target.slice(0, 300))}`
            const before = [yield* engine.files, yield* engine.ledger.head]
            const options = random.chance(0.5)
              ? { at: target as DirectoryPath }
              : { artifacts: ["skill:s" as never], targets: { "skill:s": target as DirectoryPath } }
            const end = yield* Effect.result(engine.deploy(options))
            assert.deepStrictEqual(around(engine), outside, where)
            const tag = end._tag === "Success" ? "deployed" : tagOf(end.failure)
            ends.set(tag, (ends.get(tag) ?? 0) + 1)
            if (end._tag === "Success") yield* engine.undo(end.success.operation.id)
            else assert.include(["WorkingTreeError", "TargetOccupied", "InvalidPath", "PlanStale"], tag, where)
            assert.deepStrictEqual(yield* engine.files, before[0], where)
          }
          console.log(`${kind}: ${tried.length} hostile targets: ${JSON.stringify(Object.fromEntries(ends))}`)
        })
      ),
    3_600_000
  )
})
