import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { cutChunks, makeChunkCutter } from "../../../src/algo/encoding/cutChunks.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const MiB = 1024 * 1024

const noise = (length: number, seed: number): Uint8Array => {
  const random = makeRandom(seed)
  const words = new Uint32Array(Math.ceil(length / 4))
  for (let i = 0; i < words.length; i++) words[i] = random.next() * 2 ** 32
  return new Uint8Array(words.buffer, 0, length)
}

const ids = (bytes: Uint8Array) => cutChunks(bytes).map((chunk) => createHash("sha256").update(chunk).digest("hex"))

const insert = (bytes: Uint8Array, at: number, more: Uint8Array): Uint8Array => {
  const result = new Uint8Array(bytes.length + more.length)
  result.set(bytes.subarray(0, at))
  result.set(more, at)
  result.set(bytes.subarray(at), at + more.length)
  return result
}

describe("cutting content into chunks", () => {
  const large = noise(24 * MiB, 1)

  it("loses nothing, and keeps within its bounds", () => {
    for (const bytes of [large, new Uint8Array(9 * MiB), noise(MiB + 1, 2), noise(1, 3), new Uint8Array()]) {
      const chunks = cutChunks(bytes)
      assert.ok(Buffer.concat(chunks).equals(bytes))
      for (const [i, chunk] of chunks.entries()) {
        // With the header of its stored form a chunk is never above the 4 MiB that storage promises to hold.
        assert.ok(chunk.length <= 4 * MiB - 3)
        assert.ok(chunk.length >= 256 * 1024 || i === chunks.length - 1)
      }
    }
  })

  it("cuts about once a mebibyte", () => {
    const average = large.length / cutChunks(large).length
    assert.ok(average > 0.7 * MiB && average < 1.6 * MiB, String(average))
  })

  it("an insertion, a removal or a change moves the cuts near it alone", () => {
    const before = new Set(ids(large))
    for (const changed of [
      insert(large, 12 * MiB, noise(100, 4)),
      insert(large, 0, Uint8Array.of(1)),
      large.slice(5000),
      large.with(3 * MiB, (large[3 * MiB] ?? 0) ^ 1)
    ]) {
      const fresh = ids(changed).filter((id) => !before.has(id))
      assert.ok(fresh.length <= 4, `${fresh.length} of ${before.size}`)
    }
  })

  it("cuts pieces as it cuts the whole, however they are divided", () => {
    const random = makeRandom(runSeed())
    const contents = [large, new Uint8Array(9 * MiB), noise(MiB + 1, 2), noise(1, 3), new Uint8Array()]
    for (const bytes of contents) {
      for (const most of [64 * 1024, MiB, 5 * MiB, 100 * MiB]) {
        const cutter = makeChunkCutter()
        const chunks: Array<Uint8Array> = []
        for (let at = 0; at < bytes.length; ) {
          const piece = bytes.slice(at, at + random.below(most))
          for (const chunk of cutter.push(piece)) chunks.push(chunk.slice())
          // What was handed in may be used again.
          piece.fill(0)
          at += piece.length
        }
        chunks.push(...cutter.end())
        const whole = cutChunks(bytes)
        assert.deepStrictEqual(
          chunks.map(({ length }) => length),
          whole.map(({ length }) => length)
        )
        assert.ok(Buffer.concat(chunks).equals(bytes))
      }
    }
  })

  it("cuts where it always has: another place would share nothing with the stores that are", () => {
    assert.deepStrictEqual(
      cutChunks(large)
        .slice(0, 4)
        .map(({ length }) => length),
      [1431547, 1216223, 1141708, 1324693]
    )
  })
})
