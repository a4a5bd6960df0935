import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { ArtifactId, DirectoryPath, FilePath, ObjectId, ProjectId, Text } from "../../src/model/Ids.ts"
import { compareUtf8 } from "../../src/model/order.ts"
import { pathFromBytes, pathToBytes } from "../../src/model/pathText.ts"
import { makeRandom, type Random, runSeed } from "../support/random.ts"

const seed = runSeed()
const rounds = 3000

const isPath = Schema.is(FilePath)

/** Bytes that are UTF-8 in part: whole characters, cut ones, overlong ones, surrogates, and anything else. */
const nastyBytes = (random: Random): Uint8Array => {
  const parts: Array<number> = []
  for (let n = random.between(0, 6); n > 0; n--) {
    const what = random.below(7)
    if (what <= 1) parts.push(random.below(256))
    else if (what === 2) parts.push(0x5c)
    else if (what === 3) parts.push(...Buffer.from("\\x41"))
    else if (what === 4)
      parts.push(
        ...random.pick([
          [0xc0, 0x80],
          [0xed, 0xa0, 0x80],
          [0xf4, 0x90, 0x80, 0x80],
          [0xe0, 0x80, 0x80]
        ])
      )
    else {
      const whole = Buffer.from(random.pick(["é", "漢", "😀", "\u{10ffff}", "\u0080", "\uffff", "\ufeff"]))
      parts.push(...whole.subarray(0, random.chance(0.7) ? whole.length : random.below(whole.length)))
    }
  }
  return Uint8Array.from(parts)
}

describe(`names of files as text (seed ${seed})`, () => {
  it("give back every byte, and no two names are written alike", () => {
    const random = makeRandom(seed)
    const seen = new Map<string, string>()
    for (let i = 0; i < rounds; i++) {
      const bytes = nastyBytes(random)
      const text = pathFromBytes(bytes)
      assert.ok(text.isWellFormed())
      assert.deepStrictEqual(pathToBytes(text), bytes)
      const hex = Buffer.from(bytes).toString("hex")
      assert.strictEqual(seen.get(text) ?? hex, hex)
      seen.set(text, hex)
    }
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second++) {
        const bytes = Uint8Array.of(first, second)
        const back = pathToBytes(pathFromBytes(bytes))
        assert.ok(back.length === 2 && back[0] === first && back[1] === second)
      }
    }
  })

  it("are written as themselves where they are UTF-8 without a backslash", () => {
    for (const name of ["a", "é", "e\u0301", "😀", "\ufeff", "a b", "\n", "%5c"]) {
      assert.strictEqual(pathFromBytes(Buffer.from(name)), name)
    }
    assert.strictEqual(pathFromBytes(Buffer.from("a\\b")), "a\\\\b")
    assert.strictEqual(pathFromBytes(Uint8Array.of(0x63, 0xe9, 0x2f, 0xff)), "c\\xe9/\\xff")
    // Each byte of a character that was cut stands alone.
    assert.strictEqual(pathFromBytes(Uint8Array.of(0xf0, 0x9f, 0x98)), "\\xf0\\x9f\\x98")
  })

  it("a path is one only as its bytes are written: no file has two texts, and none hides a `..`", () => {
    for (const good of ["a", "a/b", "a\\\\b", "c\\xe9", "...", "..a", ".a", "é/😀", "a\\\\x41"])
      assert.ok(isPath(good), good)
    for (const bad of [
      "",
      "/",
      "/a",
      "a/",
      "a//b",
      ".",
      "..",
      "a/..",
      "../a",
      "a/./b",
      "a\\b",
      "a\\",
      "\\x41",
      "\\x2e\\x2e/a",
      "a\\x2fb",
      "\\xE9",
      "\\xe",
      "\\xc3\\xa9",
      "\\x00",
      "a\0b",
      "a\ud800b"
    ]) {
      assert.ok(!isPath(bad), JSON.stringify(bad))
    }
  })

  it("what the bytes of a file system's name are written as is a path", () => {
    const random = makeRandom(seed + 1)
    for (let i = 0; i < rounds; i++) {
      const bytes = nastyBytes(random).filter((byte) => byte !== 0 && byte !== 0x2f)
      const dots = bytes.length > 0 && bytes.length < 3 && bytes.every((byte) => byte === 0x2e)
      assert.strictEqual(isPath(pathFromBytes(bytes)), bytes.length > 0 && !dots)
    }
  })

  it("the root itself is a directory's path, not a file's", () => {
    assert.ok(Schema.is(DirectoryPath)(""))
    assert.ok(!Schema.is(DirectoryPath)("../x"))
    assert.ok(!isPath(""))
  })
})

describe("the order of names", () => {
  const random = makeRandom(seed + 2)
  const units = ["a", "b", "Z", "é", "\ud7ff", "\ue000", "\uffff", "😀", "\u{10000}", "\u{10ffff}", ""]
  const draw = () => Array.from({ length: random.below(4) }, () => random.pick(units)).join("")

  it("is that of their UTF-8 bytes", () => {
    for (let i = 0; i < rounds; i++) {
      const [a, b] = [draw(), draw()]
      assert.strictEqual(Math.sign(compareUtf8(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)), `${a} ${b}`)
    }
  })
})

describe("names that every store can hold", () => {
  it("refuse what is no well-formed text", () => {
    for (const schema of [Text, ProjectId, ArtifactId]) {
      const is = Schema.is(schema as typeof Text)
      assert.ok(!is("skill:a\0"))
      assert.ok(!is("skill:\ud800"))
    }
    assert.ok(Schema.is(Text)(""))
    assert.ok(!Schema.is(ProjectId)(""))
  })

  it("an artifact is a type and a name", () => {
    const is = Schema.is(ArtifactId)
    for (const good of ["skill:pdf", "rest:files", "command:git/commit", "skill:é 😀", "mcp-server:a:b"])
      assert.ok(is(good), good)
    for (const bad of [
      "",
      "skill",
      "skill:",
      ":pdf",
      "Skill:pdf",
      "1skill:pdf",
      "sk ill:pdf",
      "skill:a\nb",
      "skill:\u0085"
    ]) {
      assert.ok(!is(bad), bad)
    }
  })

  it("an id of content is 64 lower-case hex digits", () => {
    const is = Schema.is(ObjectId)
    assert.ok(is("0123456789abcdef".repeat(4)))
    for (const bad of ["", "a".repeat(63), "a".repeat(65), "A".repeat(64), "g".repeat(64), `${"a".repeat(64)}\n`])
      assert.ok(!is(bad))
  })
})
