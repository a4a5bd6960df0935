/** The same text with other line endings. */
import { describe, expect, it } from "vitest"
import { mergeText } from "../../../src/algo/text/mergeText.ts"
import { canonicalBytes, lineEnding, sameText, toEnding } from "../../../src/algo/text/textPolicy.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { bytes, text } from "./bytes.ts"

describe("line endings", () => {
  it.each([
    ["", "none"],
    ["a", "none"],
    ["a\rb", "none"],
    ["\n", "lf"],
    ["a\nb", "lf"],
    ["\r\n", "crlf"],
    ["a\r\nb\r\n", "crlf"],
    ["a\r\r\n", "crlf"],
    ["a\r\nb\n", "mixed"],
    ["a\n\r\n", "mixed"],
    ["\xc3\xa4\r\n", "crlf"],
    ["\xe4\r\n", "none"],
    ["\xed\xa0\x80\n", "none"],
    ["\xf4\x90\x80\x80\n", "none"],
    ["\xf0\x9f\x8c\x8a\n", "lf"],
    ["\xc0\x80\n", "none"],
    ["\xc3\n", "none"],
    ["a\0\r\n", "none"],
    ["\xef\xbb\xbfa\r\n", "crlf"]
  ] as const)("of %j are %s", (content, expected) => {
    expect(lineEnding(bytes(content))).toBe(expected)
  })

  it("are exchanged line by line, and a lone CR is content", () => {
    expect(text(toEnding(bytes("a\nb\r\nc"), "crlf"))).toBe("a\r\nb\r\nc")
    expect(text(toEnding(bytes("a\nb\r\nc\rd\n"), "lf"))).toBe("a\nb\nc\rd\n")
    expect(text(toEnding(bytes("a\r\r\n"), "lf"))).toBe("a\r\n")
    const lf = bytes("a\nb\n")
    expect(toEnding(lf, "lf")).toBe(lf)
  })

  it("come back after a round trip", () => {
    const random = makeRandom(runSeed())
    for (let round = 0; round < 500; round++) {
      const lf = Uint8Array.from({ length: random.below(40) }, () => random.pick([10, 97, 98, 10]))
      expect(text(toEnding(toEnding(lf, "crlf"), "lf"))).toBe(text(lf))
    }
  })

  it("count in a comparison unless every line has the other", () => {
    const crlf = bytes("a\r\nb\r\n")
    expect(text(canonicalBytes(crlf, "line-endings"))).toBe("a\nb\n")
    expect(canonicalBytes(crlf, "none")).toBe(crlf)
    const mixed = bytes("a\r\nb\n")
    expect(canonicalBytes(mixed, "line-endings")).toBe(mixed)
    expect(sameText(crlf, bytes("a\nb\n"), "line-endings")).toBe(true)
    expect(sameText(crlf, bytes("a\nb\n"), "none")).toBe(false)
    expect(sameText(mixed, bytes("a\nb\n"), "line-endings")).toBe(false)
    expect(sameText(bytes("a\nb"), bytes("a\r\nb"), "line-endings")).toBe(true)
    expect(sameText(bytes("a\nb\n"), bytes("a\nb"), "line-endings")).toBe(false)
    expect(sameText(bytes("\xff\r\n"), bytes("\xff\n"), "line-endings")).toBe(false)
  })
})

describe("merging under the policy for line endings", () => {
  const options = { textPolicy: "line-endings", labels: { ours: "ours", theirs: "theirs" } } as const

  it("keeps the endings of a CRLF copy, takes what upstream changed, and says so", () => {
    const merged = mergeText("a\nb\nc\nd\n", "a\r\nb\r\nc\r\nD\r\n", "A\nb\nc\nd\n", options)
    expect(text(merged.bytes)).toBe("A\r\nb\r\nc\r\nD\r\n")
    expect(merged.conflicts).toBe(0)
    expect(merged.rule).toEqual({ policy: "line-endings", ending: "crlf", converted: ["base", "theirs"] })
    expect(mergeText("a\nb\nc\nd\n", "a\r\nb\r\nc\r\nD\r\n", "A\nb\nc\nd\n").conflicts).toBe(1)
  })

  it("keeps LF where upstream went over to CRLF", () => {
    const merged = mergeText("a\nb\nc\n", "a\nb\nC\n", "A\r\nb\r\nc\r\n", options)
    expect(text(merged.bytes)).toBe("A\nb\nC\n")
    expect(merged.rule).toEqual({ policy: "line-endings", ending: "lf", converted: ["theirs"] })
  })

  it("marks a conflict in the endings of ours", () => {
    const merged = mergeText("1\nb\n3\n", "1\r\nx\r\n3\r\n", "1\ny\n3\n", options)
    expect(text(merged.bytes)).toBe("1\r\n<<<<<<< ours\r\nx\r\n=======\r\ny\r\n>>>>>>> theirs\r\n3\r\n")
  })

  it("applies no rule where nothing is to be converted", () => {
    expect(mergeText("a\n", "b\n", "a\n", options).rule).toBeUndefined()
    expect(mergeText("a", "b\r\n", "a", options).rule).toBeUndefined()
  })

  it("merges bytes where a side mixes endings or is no text, or ours has none", () => {
    for (const [base, ours, theirs] of [
      ["a\nb\n", "a\r\nb\n", "a\nc\n"],
      ["a\nb\r\n", "a\r\nb\r\n", "a\nc\n"],
      ["a\nb\n", "a\r\nb\r\n", "a\nc\r\n"],
      ["a\r\n", "", "b\n"],
      ["a\r\n", "\xff\n", "b\n"],
      ["\xff\n", "a\r\n", "b\n"],
      ["a\n", "a\r\n", "b\0\n"]
    ] as const) {
      const under = mergeText(bytes(base), bytes(ours), bytes(theirs), options)
      const plain = mergeText(bytes(base), bytes(ours), bytes(theirs), { labels: options.labels })
      expect([under.rule, text(under.bytes)]).toEqual([undefined, text(plain.bytes)])
    }
  })

  it("counts lines as the inputs do", () => {
    const merged = mergeText("a\nb\nc\n", "a\r\nb\r\nC\r\n", "A\nb\nc\n", options)
    expect(merged.regions.map(({ base, _tag }) => [_tag, base.start, base.end])).toEqual([
      ["Changed", 0, 1],
      ["Unchanged", 1, 2],
      ["Changed", 2, 3]
    ])
  })
})
