/** Merges small enough to be read. */
import { describe, expect, it } from "vitest"
import { isBinary } from "../../../src/algo/text/isBinary.ts"
import { type MergeTextOptions, mergeText } from "../../../src/algo/text/mergeText.ts"
import { bytes, text } from "./bytes.ts"

const labels = { ours: "mine", base: "old", theirs: "yours" }

const merged = (base: string, ours: string, theirs: string, options: MergeTextOptions = {}): string =>
  text(mergeText(bytes(base), bytes(ours), bytes(theirs), { labels, ...options }).bytes)

describe("merging texts", () => {
  it("takes what either side changed", () => {
    expect(merged("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n")).toBe("A\nb\nC\n")
    expect(merged("a\nb\nc\n", "a\nc\n", "a\nb\nc\nd\n")).toBe("a\nc\nd\n")
    expect(merged("", "", "")).toBe("")
    expect(merged("", "a\n", "")).toBe("a\n")
  })

  it("takes once what both changed alike", () => {
    expect(merged("a\nb\nc\n", "a\nX\nc\n", "a\nX\nc\n")).toBe("a\nX\nc\n")
  })

  it("marks what both changed differently, in three styles", () => {
    const sides = ["1\nb\n3\n", "1\nx\ny\n3\n", "1\nx\nz\n3\n"] as const
    expect(merged(...sides)).toBe("1\nx\n<<<<<<< mine\ny\n=======\nz\n>>>>>>> yours\n3\n")
    expect(merged(...sides, { style: "diff3" })).toBe(
      "1\n<<<<<<< mine\nx\ny\n||||||| old\nb\n=======\nx\nz\n>>>>>>> yours\n3\n"
    )
    expect(merged(...sides, { style: "zdiff3" })).toBe(
      "1\nx\n<<<<<<< mine\ny\n||||||| old\nb\n=======\nz\n>>>>>>> yours\n3\n"
    )
  })

  it("takes changes that touch for a conflict", () => {
    expect(mergeText("a\nb\n", "A\nb\n", "a\nB\n").conflicts).toBe(1)
    expect(mergeText("a\n-\nb\n", "A\n-\nb\n", "a\n-\nB\n").conflicts).toBe(0)
  })

  it("settles conflicts as asked, and counts none then", () => {
    const sides = ["1\nb\n3\n", "1\nx\n3\n", "1\ny\n3\n"] as const
    expect(merged(...sides, { favor: "ours" })).toBe("1\nx\n3\n")
    expect(merged(...sides, { favor: "theirs" })).toBe("1\ny\n3\n")
    expect(merged(...sides, { favor: "union" })).toBe("1\nx\ny\n3\n")
    expect(mergeText(...sides, { favor: "union" }).conflicts).toBe(0)
    expect(mergeText(...sides, { favor: "union" }).regions.filter(({ _tag }) => _tag === "Conflict")).toHaveLength(1)
  })

  it("writes labels and sizes of markers as asked", () => {
    expect(merged("b\n", "x\n", "y\n", { labels: {} })).toBe("<<<<<<<\nx\n=======\ny\n>>>>>>>\n")
    expect(merged("b\n", "x\n", "y\n", { labels: { theirs: "ü" } })).toBe("<<<<<<<\nx\n=======\ny\n>>>>>>> \xc3\xbc\n")
    expect(merged("b\n", "x\n", "y\n", { labels: {}, markerSize: 3 })).toBe("<<<\nx\n===\ny\n>>>\n")
    expect(merged("b\n", "x\n", "y\n", { labels: {}, markerSize: 0 })).toBe("<<<<<<<\nx\n=======\ny\n>>>>>>>\n")
  })

  it("ends marker lines as the sides end theirs", () => {
    expect(merged("b\r\n", "x\r\n", "y\r\n", { labels: {} })).toBe("<<<<<<<\r\nx\r\n=======\r\ny\r\n>>>>>>>\r\n")
    expect(merged("b\r\n", "x\r\n", "y\n", { labels: {} })).toBe("<<<<<<<\nx\r\n=======\ny\n>>>>>>>\n")
  })

  it("keeps a missing last newline, and closes the line within a conflict", () => {
    expect(merged("a\n-\nb", "A\n-\nb", "a\n-\nb")).toBe("A\n-\nb")
    expect(merged("a\n-\nb", "A\n-\nb", "a\n-\nB")).toBe("A\n-\nB")
    expect(merged("b", "x", "y", { labels: {} })).toBe("<<<<<<<\nx\n=======\ny\n>>>>>>>\n")
    expect(merged("b", "b\n", "b")).toBe("b\n")
    expect(merged("b", "x", "y", { favor: "union" })).toBe("x\ny")
  })

  it("decodes nothing", () => {
    expect(merged("\xff\n-\n\0\n", "\xfe\xff\n-\n\0\n", "\xff\n-\n\0\0\x80\n")).toBe("\xfe\xff\n-\n\0\0\x80\n")
    expect(merged("a\rb\n", "a\rc\n", "a\rb\n")).toBe("a\rc\n")
  })

  it("takes strings as their UTF-8 bytes", () => {
    expect(new TextDecoder().decode(mergeText("ä\n-\nö\n", "Ä\n-\nö\n", bytes("\xc3\xa4\n-\nO\n")).bytes)).toBe(
      "Ä\n-\nO\n"
    )
  })

  it("gives the regions behind the bytes", () => {
    const { coarse, conflicts, regions, rule } = mergeText("a\nb\nc\nd\ne\n", "A\nb\nx\nd\ne\n", "a\nb\ny\nd\n")
    expect({ coarse, conflicts, rule }).toEqual({ coarse: false, conflicts: 1, rule: undefined })
    const range = (start: number, end: number) => ({ start, end })
    expect(regions).toEqual([
      { _tag: "Changed", by: "ours", base: range(0, 1), ours: range(0, 1), theirs: range(0, 1) },
      { _tag: "Unchanged", base: range(1, 2), ours: range(1, 2), theirs: range(1, 2) },
      { _tag: "Conflict", base: range(2, 3), ours: range(2, 3), theirs: range(2, 3) },
      { _tag: "Unchanged", base: range(3, 4), ours: range(3, 4), theirs: range(3, 4) },
      { _tag: "Changed", by: "theirs", base: range(4, 5), ours: range(4, 5), theirs: range(4, 4) }
    ])
  })

  it("narrows a conflict to its cores, and gives each its part of the base", () => {
    const base = "1\n2\nk\nl\nm\nn\n3\n4\n"
    const ours = "a\nk\nl\nm\nn\nb\n"
    const theirs = "c\nk\nl\nx\nn\nd\n"
    const regions = mergeText(base, ours, theirs).regions.map(({ _tag, base: { start, end } }) => [_tag, start, end])
    expect(regions).toEqual([
      ["Conflict", 0, 2],
      ["Unchanged", 2, 4],
      ["Changed", 4, 5],
      ["Unchanged", 5, 6],
      ["Conflict", 6, 8]
    ])
    // Where nobody kept a line of the base, its lines are dealt out in order.
    const agreed = mergeText("1\n2\n3\n", "a\nk\nl\nm\nn\nb\n", "c\nk\nl\nm\nn\nd\n")
    expect(agreed.regions.map(({ _tag, base: { start, end } }) => [_tag, start, end])).toEqual([
      ["Conflict", 0, 1],
      ["Changed", 1, 3],
      ["Conflict", 3, 3]
    ])
  })

  it("joins conflicts over lines without letters only in the profile of git merge-file", () => {
    const sides = ["", "a\n{\n}\n{\n}\nb\n", "c\n{\n}\n{\n}\nd\n"] as const
    expect(mergeText(...sides, { profile: "git-merge-file" }).conflicts).toBe(1)
    expect(mergeText(...sides, { profile: "git-ort" }).conflicts).toBe(2)
    expect(mergeText(...sides).conflicts).toBe(2)
  })
})

describe("telling binary content", () => {
  it.each([
    ["", false],
    ["text\n", false],
    ["\xff\xfe", false],
    ["a\0", true],
    [`${"x".repeat(7999)}\0`, true],
    [`${"x".repeat(8000)}\0`, false]
  ])("as git does (case %#)", (content, expected) => {
    expect(isBinary(bytes(content))).toBe(expected)
  })
})
