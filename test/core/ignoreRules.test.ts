import { describe, expect, it } from "vitest"
import { makeGeneralIgnores, makeIgnores } from "../../src/core/ignoreRules.ts"
import { makeRandom } from "../support/random.ts"

const names = [
  ".git",
  ".DS_Store",
  "node_modules",
  "a",
  "b",
  "a.b",
  "ab",
  "x y",
  "git",
  ".gitx",
  "\\xff",
  "a\\\\b",
  "é",
  "A",
  ".GIT"
]
const patterns = [".git", ".DS_Store", "node_modules/", "a", "b/", "a.b", "ab", "x y", "A", "a/", "@x", "~"]
const others = ["*.md", "/a", "a/b", "!a", "a*", "[ab]", "#a", "\\a", "a ", "", "a\\ ", "**"]

describe("ignore rules", () => {
  it("that are plain names mean what they mean to the general matcher", () => {
    const seed = Number(process.env.TIDEMARK_SEED ?? Date.now() % 2 ** 31)
    console.log(`ignore rules: TIDEMARK_SEED=${seed}`)
    const random = makeRandom(seed)
    const draw = (from: ReadonlyArray<string>, most: number) =>
      Array.from({ length: 1 + random.below(most) }, () => random.pick(from))
    for (let i = 0; i < 3_000; i++) {
      const rules = draw(random.chance(0.8) ? patterns : [...patterns, ...others], 4)
      const path = draw(names, 5).join("/")
      const isDirectory = random.chance(0.5)
      const expected = makeGeneralIgnores(rules)(path, isDirectory)
      expect([rules, path, isDirectory, makeIgnores(rules)(path, isDirectory)]).toEqual([
        rules,
        path,
        isDirectory,
        expected
      ])
    }
  })
})
