import { assert, describe, it } from "@effect/vitest"
import { buildTrees } from "../../../src/algo/tree/buildTrees.ts"
import { encodeTree } from "../../../src/algo/tree/treeEncoding.ts"
import { packTree, unpackTree } from "../../../src/core/objects/treePayload.ts"
import { nastyFlat, sha256 } from "../../algo/tree/nastyTrees.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()
const rounds = process.env.TIDEMARK_FULL === undefined ? 100 : 3000

describe(`trees as they are stored (seed ${seed})`, () => {
  it("come back to the byte, and are smaller", () => {
    const random = makeRandom(seed)
    const empty = encodeTree([])
    assert.deepStrictEqual(unpackTree(packTree(empty) ?? empty, empty.length), empty)
    for (let i = 0; i < rounds; i++) {
      for (const { bytes, entries } of buildTrees(nastyFlat(random), sha256).trees.values()) {
        const packed = packTree(bytes)
        assert.ok(packed !== undefined)
        assert.ok(packed.length <= bytes.length - 36 * entries.length)
        assert.deepStrictEqual(unpackTree(packed, bytes.length), bytes)
      }
    }
  })

  it("are what is exactly a tree's text, and nothing that only looks like one", () => {
    const random = makeRandom(seed + 1)
    let kept = 0
    for (let i = 0; i < rounds * 5; i++) {
      const [tree] = buildTrees(nastyFlat(random, 5), sha256).trees.values()
      const bytes = [...(tree?.bytes ?? [])]
      for (let n = random.between(1, 3); n > 0; n--) {
        const at = random.below(bytes.length)
        const byte = random.pick([0x0a, 0x20, 0x30, 0x3a, 0x61, 0x41, random.below(256)])
        bytes.splice(at, random.below(3), ...(random.chance(0.5) ? [byte] : []))
      }
      const content = Uint8Array.from(bytes)
      const packed = packTree(content)
      if (packed === undefined) continue
      kept++
      assert.deepStrictEqual(unpackTree(packed, content.length), content)
    }
    assert.ok(kept > 0)
    for (const text of ["f 1", "f  0 1:a\n", `f ${"a".repeat(64)} 01 1:a\n`, `F ${"a".repeat(64)} 0 1:a\n`]) {
      assert.strictEqual(packTree(new TextEncoder().encode(`tidemark tree 1\n${text}`)), undefined)
    }
  })

  it("give no more than they say, however damaged", () => {
    const random = makeRandom(seed + 2)
    for (let i = 0; i < rounds * 5; i++) {
      const [tree] = buildTrees(nastyFlat(random, 5), sha256).trees.values()
      const content = tree?.bytes ?? encodeTree([])
      const packed = packTree(content) ?? new Uint8Array()
      const damaged = packed.slice(0, random.chance(0.3) ? random.below(packed.length + 1) : packed.length)
      if (damaged.length > 0) damaged[random.below(damaged.length)] = random.below(256)
      const size = random.chance(0.5) ? content.length : random.below(2 * content.length)
      const out = unpackTree(damaged, size)
      if (out !== undefined) assert.strictEqual(out.length, size)
    }
  })
})
