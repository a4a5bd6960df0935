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

/** One byte that is inserted, removed or changed. */
const edits: ReadonlyArray<readonly [string, (bytes: Uint8Array, at: number, byte: number) => Uint8Array]> = [
  ["an insertion", (bytes, at, byte) => insert(bytes, at, Uint8Array.of(byte))],
  [
    "a removal",
    (bytes, at) => {
      const result = bytes.slice(0, -1)
      result.set(bytes.subarray(at + 1), at)
      return result
    }
  ],
  ["a change", (bytes, at, byte) => bytes.with(at, byte)]
]

/** Contents that vary: noise, and texts of few and of many different words. */
const varied = (seed: number, length: number): ReadonlyArray<readonly [string, Uint8Array]> => {
  const text = (words: number): Uint8Array => {
    const random = makeRandom(seed + words)
    const all = Array.from({ length: words }, () =>
      Buffer.from(
        random
          .next()
          .toString(36)
          .slice(2, 2 + random.between(1, 9))
      )
    )
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; ) {
      const word = random.pick(all).subarray(0, length - at)
      bytes.set(word, at)
      at += word.length
      if (at < length) bytes[at++] = random.chance(0.1) ? 0x0a : 0x20
    }
    return bytes
  }
  return [
    ["noise", noise(length, seed)],
    ["a text of 20 words", text(20)],
    ["a text of 5,000 words", text(5_000)]
  ]
}

/** How many chunks of an edited content are not among those of before. */
const newChunks = (before: ReadonlyArray<Uint8Array>, edited: Uint8Array): number =>
  cutChunks(edited).filter(
    (chunk) => !before.some((known) => known.length === chunk.length && Buffer.compare(known, chunk) === 0)
  ).length

const full = process.env.TIDEMARK_FULL !== undefined

describe("cutting content into chunks", () => {
  const large = noise(24 * MiB, 1)

  it("loses nothing, and keeps within its bounds", () => {
    for (const bytes of [large, new Uint8Array(9 * MiB), noise(MiB + 1, 2), noise(1, 3), new Uint8Array()]) {
      const chunks = cutChunks(bytes)
      assert.ok(Buffer.concat(chunks).equals(bytes))
      for (const [i, chunk] of chunks.entries()) {
        // With the header of its stored form a chunk is never above the 4 MiB that storage promises to hold.
        assert.ok(chunk.length <= 4 * MiB - 3)
        assert.ok(chunk.length >= 512 * 1024 || i === chunks.length - 1)
      }
    }
  })

  it("cuts about once a mebibyte", () => {
    const average = large.length / cutChunks(large).length
    assert.ok(average > 0.7 * MiB && average < 1.6 * MiB, String(average))
  })

  it("chunks of content that repeats itself are alike, also behind an insertion", () => {
    const unit = noise(3001, 5)
    const bytes = Buffer.alloc(24 * MiB, unit)
    const before = new Set(ids(bytes))
    assert.ok(before.size <= 4, String(before.size))
    for (const changed of [insert(bytes, 1234, Uint8Array.of(1)), insert(bytes, 13 * MiB, unit.subarray(7, 90))]) {
      const fresh = new Set(ids(changed).filter((id) => !before.has(id)))
      assert.ok(fresh.size <= 3, `${fresh.size} of ${before.size}`)
    }
  })

  it("one byte that is inserted, removed or changed makes at most three new chunks, wherever it is", () => {
    const seed = runSeed()
    const random = makeRandom(seed)
    const counts = [0, 0, 0, 0]
    for (const [kind, bytes] of varied(seed, 5 * MiB)) {
      const chunks = cutChunks(bytes)
      const cuts = chunks.map((chunk) => chunk.byteOffset - bytes.byteOffset + chunk.length)
      const places = [
        ...[0, ...cuts].flatMap((cut) => Array.from({ length: 129 }, (_, i) => cut - 64 + i)),
        ...Array.from({ length: 200 }, () => random.below(bytes.length))
      ].filter((at) => at >= 0 && at < bytes.length)
      const share = full ? 1 : 30 / (places.length * edits.length)
      for (const at of places) {
        for (const [what, edit] of edits) {
          if (!random.chance(share)) continue
          const fresh = newChunks(chunks, edit(bytes, at, random.below(256)))
          assert.ok(fresh <= 3, `${fresh} new chunks: ${what} at ${at} of ${kind}, TIDEMARK_SEED=${seed}`)
          counts[fresh] = (counts[fresh] ?? 0) + 1
        }
      }
    }
    console.log(`edits of one byte with 0, 1, 2, 3 new chunks: ${counts.join(", ")} (TIDEMARK_SEED=${seed})`)
  }, 1_800_000)

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
      [1313734, 2348622, 930611, 1814430]
    )
  })
})
