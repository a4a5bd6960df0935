import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { scenario, shown } from "../../support/engine.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { differences, mergeTriple } from "./compareWithGit.ts"
import { type GitTreeMerge, gitMergeTrees, gitVersion, type TreeTriple } from "./gitTrees.ts"
import { randomTriple } from "./randomTriples.ts"

const count = process.env.TIDEMARK_FULL === undefined ? 300 : 2000
const seed = runSeed()

const explain = (i: number, { base, ours, theirs }: TreeTriple, git: GitTreeMerge) =>
  JSON.stringify(
    { seed, i, base: shown(base), ours: shown(ours), theirs: shown(theirs), git: [...git.tree] },
    undefined,
    1
  )

describe.skipIf(gitVersion() === undefined)("merging random trees", () => {
  it.effect(
    `answers as git does, but for directories against files (seed ${seed})`,
    () =>
      scenario("memory", (engine) =>
        Effect.gen(function* () {
          const random = makeRandom(seed)
          const triples = Array.from({ length: count }, () => randomTriple(random))
          const merges = gitMergeTrees(triples)
          const meant = new Map<string, number>()
          let clean = 0
          for (const [i, triple] of triples.entries()) {
            const git = merges[i]
            if (git === undefined) continue
            if (git.clean) clean += 1
            const found = differences(yield* mergeTriple(engine, triple), git)
            assert.deepStrictEqual(found.wrong, [], explain(i, triple, git))
            for (const name of found.meant) meant.set(name, (meant.get(name) ?? 0) + 1)
          }
          const classes = [...meant].map(([name, n]) => `${n} ${name}`).join(", ")
          console.log(`tree merges: ${count} triples, ${clean} clean, conflicts told in another way: ${classes}`)
        })
      ),
    process.env.TIDEMARK_FULL === undefined ? 120_000 : 3_600_000
  )
})
