import { assert, describe, it } from "@effect/vitest"
import { buildTrees, type FlatEntry } from "../../../src/algo/tree/buildTrees.ts"
import { editTree } from "../../../src/algo/tree/editTree.ts"
import { decodeTree, encodeTree, sortEntries } from "../../../src/algo/tree/treeEncoding.ts"
import type { FilePath, ObjectId, TreeId } from "../../../src/model/Ids.ts"
import type { Entry, TreeEntry } from "../../../src/model/Tree.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { flatten, inOrder, nastyEntry, nastyFlat, nastyName, put, sha256 } from "./nastyTrees.ts"

const seed = runSeed()
const rounds = process.env.TIDEMARK_FULL === undefined ? 80 : 5000
const id = "a".repeat(64) as ObjectId
const file = (name: string, size = 0): TreeEntry => ({ name, kind: "file", id, size })
const bytes = (text: string) => new TextEncoder().encode(text)
const flatOf = (entries: Readonly<Record<string, Entry>>) =>
  new Map(Object.entries(entries).map(([path, entry]) => [path as FilePath, entry]))
const invalid = (text: string | Uint8Array) => {
  const decoded = decodeTree(typeof text === "string" ? bytes(text) : text)
  return "invalid" in decoded ? decoded.invalid : undefined
}

describe(`building trees (seed ${seed})`, () => {
  it("does not depend on the order of paths", () => {
    const random = makeRandom(seed)
    for (let i = 0; i < rounds; i++) {
      const flat = nastyFlat(random)
      const built = buildTrees(inOrder(flat), sha256)
      const shuffled = [...flat].map((item) => [random.next(), item] as const).sort(([a], [b]) => a - b)
      const other = buildTrees(new Map(shuffled.map(([, item]) => item)), sha256)
      assert.strictEqual(other.root, built.root)
      assert.deepStrictEqual(new Map([...other.directories].sort()), new Map([...built.directories].sort()))
      assert.deepStrictEqual([...other.trees.keys()].sort(), [...built.trees.keys()].sort())
      for (const [id, { bytes }] of other.trees) assert.strictEqual(sha256(bytes), id)
    }
  })

  it("lets the deeper of two win that are one path, whichever comes first, and knows an empty directory by any place", () => {
    const a: Entry = { kind: "file", id, size: 1 }
    const wanted = buildTrees(flatOf({ "d-": a, "d/e": a }), sha256).root
    for (const paths of [
      ["d", "d/e", "d-"],
      ["d/e", "d-", "d"],
      ["d", "d-", "d/e"],
      ["d-", "d/e", "d"]
    ]) {
      assert.strictEqual(buildTrees(flatOf(Object.fromEntries(paths.map((path) => [path, a]))), sha256).root, wanted)
      const flat = new Map(paths.map((path) => [path as FilePath, path === "d" ? { kind: "directory" as const } : a]))
      assert.strictEqual(buildTrees(flat, sha256).root, wanted)
    }
  })
})

describe(`the encoding of a directory (seed ${seed})`, () => {
  it("is what the format says", () => {
    const entries = sortEntries([
      file("b", 6),
      { name: "a", kind: "executable", id, size: 1 },
      { name: "c", kind: "symlink", id, size: 0 },
      { name: "d", kind: "directory", id, size: 0 },
      { name: "é\n", kind: "conflict", id, size: 0 }
    ])
    const text = `tidemark tree 1\nx ${id} 1 1:a\nf ${id} 6 1:b\nl ${id} 0 1:c\nd ${id} 0 1:d\nc ${id} 0 3:é\n\n`
    assert.strictEqual(new TextDecoder().decode(encodeTree(entries)), text)
    // Fixed for good: an empty directory has this id in every store.
    assert.strictEqual(sha256(encodeTree([])), "33323bfa1fa8da5e96721e91cde318f61691d660c61d618ceccc982d1aadd797")
  })

  it("gives back every directory, and a directory's bytes are its alone", () => {
    const random = makeRandom(seed)
    const seen = new Map<string, string>()
    for (let i = 0; i < rounds; i++) {
      for (const [tree, { entries, bytes }] of buildTrees(nastyFlat(random), sha256).trees) {
        assert.deepStrictEqual(decodeTree(bytes), entries)
        const text = JSON.stringify(entries)
        assert.strictEqual(seen.get(tree) ?? text, text)
        seen.set(tree, text)
      }
    }
  })

  it("refuses changed bytes, or they are the canonical ones of another directory", () => {
    const random = makeRandom(seed + 1)
    let refused = 0
    let accepted = 0
    for (let i = 0; i < rounds; i++) {
      for (const { bytes } of buildTrees(nastyFlat(random, 12), sha256).trees.values()) {
        for (let n = 0; n < 10; n++) {
          const changed = mutate(random.below, bytes)
          const decoded = decodeTree(changed)
          if ("invalid" in decoded) refused += 1
          else {
            accepted += 1
            assert.deepStrictEqual(encodeTree(decoded), changed)
            assert.deepStrictEqual(sortEntries(decoded), decoded)
          }
        }
      }
    }
    assert.ok(refused > accepted && accepted > 0)
  })

  it("says what is wrong", () => {
    const entry = (name: string, kind = "f", size = "0") => `${kind} ${id} ${size} ${bytes(name).length}:${name}\n`
    const tree = (...lines: ReadonlyArray<string>) => `tidemark tree 1\n${lines.join("")}`
    assert.strictEqual(invalid(tree(entry("a"), entry("b"))), undefined)
    for (const [what, text] of Object.entries({
      "no header": entry("a"),
      "another scheme": `tidemark tree 2\n${entry("a")}`,
      "names out of order": tree(entry("b"), entry("a")),
      "a name twice": tree(entry("a"), entry("a", "x")),
      "an unknown kind": tree(entry("a", "q")),
      "a size with a leading zero": tree(entry("a", "f", "01")),
      "a size beyond what a number holds": tree(entry("a", "f", "9999999999999999")),
      "a directory with a size": tree(entry("a", "d", "1")),
      "a symlink with a size": tree(entry("a", "l", "1")),
      "an upper-case id": tree(entry("a").replace(id, id.toUpperCase())),
      "a length that cuts a character": tree(`f ${id} 0 1:é\n`),
      "a length beyond the end": tree(`f ${id} 0 9:a\n`),
      "no line end": tree(entry("a")).slice(0, -1),
      "something after the last line": `${tree(entry("a"))}x`,
      "a path for a name": tree(entry("a/b")),
      "the directory itself": tree(entry(".")),
      "the directory above": tree(entry("..")),
      "the directory above, escaped": tree(entry("\\x2e\\x2e")),
      "a lone backslash": tree(entry("a\\b")),
      "an escape of a plain letter": tree(entry("\\x41")),
      "a NUL": tree(entry("a\0b"))
    })) {
      assert.ok(invalid(text) !== undefined, what)
    }
    assert.ok(invalid(Uint8Array.of(...bytes("tidemark tree 1\n"), 0xff)) !== undefined)
  })
})

/** Changes, inserts, removes or doubles a few bytes. */
const mutate = (below: (limit: number) => number, original: Uint8Array): Uint8Array => {
  const changed = [...original]
  const at = below(changed.length)
  const what = below(5)
  if (what === 0) changed[at] = below(256)
  else if (what === 1) changed.splice(at, 1)
  else if (what === 2) changed.splice(at, 0, below(256))
  else if (what === 3) changed.splice(at, 0, ...changed.slice(at, at + below(20)))
  else changed[at] = (changed[at] ?? 0) ^ 1
  return Uint8Array.from(changed)
}

describe(`building and editing trees (seed ${seed})`, () => {
  it("holds exactly what was put in, in whatever order", () => {
    const random = makeRandom(seed + 2)
    for (let i = 0; i < rounds; i++) {
      const flat = nastyFlat(random)
      const built = buildTrees(flat, sha256)
      assert.deepStrictEqual(inOrder(flatten(built)), inOrder(flat))
      assert.strictEqual(buildTrees([...flat].reverse(), sha256).root, built.root)
      for (const [tree, { bytes }] of built.trees) assert.strictEqual(sha256(bytes), tree)
    }
  })

  it("names children before parents, and every tree once", () => {
    const built = buildTrees(flatOf({ "a/x": file("x"), "b/x": file("x") }), sha256)
    assert.strictEqual(built.trees.size, 2)
    assert.strictEqual([...built.trees.keys()].at(-1), built.root)
  })

  it("shares what is alike: one changed file of a thousand makes as many new trees as it is deep", () => {
    const many = new Map<FilePath, FlatEntry>()
    for (let i = 0; i < 1000; i++) many.set(`d${i % 10}/e${i % 100}/f${i}` as FilePath, file("", i))
    const before = buildTrees(many, sha256)
    many.set("d5/e15/f15" as FilePath, file("", 77_777))
    const after = buildTrees(many, sha256)
    assert.strictEqual([...after.trees.keys()].filter((tree) => !before.trees.has(tree)).length, 3)
  })

  it("an edited tree is the tree that is built from the edited list", () => {
    const random = makeRandom(seed + 3)
    for (let i = 0; i < rounds; i++) {
      const flat = nastyFlat(random)
      const before = buildTrees(flat, sha256)
      const edits = new Map<FilePath, Entry | null>()
      const edited = new Map(flat)
      for (let n = random.between(0, 8); n > 0; n--) {
        const paths = [...edited.keys()]
        const there = paths.length > 0 && random.chance(0.8) ? random.pick(paths) : undefined
        const path = (there ?? `${nastyName(random)}/${nastyName(random)}`) as FilePath
        // One edit for each path, and none above or below another: what that means is the next test's.
        if ([...edits.keys()].some((at) => at === path || at.startsWith(`${path}/`) || path.startsWith(`${at}/`)))
          continue
        if (there !== undefined && random.chance(0.5)) {
          edits.set(path, null)
          edited.delete(path)
        } else {
          const entry = nastyEntry(random)
          edits.set(path, entry)
          put(edited, path, entry)
        }
      }
      const entries = new Map([...before.trees].map(([tree, { entries }]) => [tree, entries]))
      const result = editTree(entries, before.root, edits, new Set(), sha256)
      assert.strictEqual(result.root, buildTrees(edited, sha256).root)
      for (const [tree, { bytes, entries }] of result.built) {
        assert.strictEqual(sha256(bytes), tree)
        assert.deepStrictEqual(decodeTree(bytes), entries)
      }
    }
  })

  it("an edit of a directory comes before edits below it", () => {
    const inner = buildTrees(new Map([["x" as FilePath, file("x", 1)]]), sha256)
    const trees = new Map([...inner.trees].map(([tree, { entries }]) => [tree, entries]))
    const directory: Entry = { kind: "directory", id: inner.root as ObjectId, size: 0 }
    const edits: Array<readonly [FilePath, Entry | null]> = [
      ["d/y" as FilePath, file("y", 2)],
      ["d" as FilePath, directory]
    ]
    const expected = buildTrees(flatOf({ "d/x": file("x", 1), "d/y": file("y", 2) }), sha256).root
    assert.strictEqual(editTree(trees, null, edits, new Set(), sha256).root, expected)
    assert.strictEqual(editTree(trees, null, edits.toReversed(), new Set(), sha256).root, expected)
  })

  it("a directory that loses its last entry goes, unless it is to be kept", () => {
    const before = buildTrees(new Map([["a/b/c" as FilePath, file("c")]]), sha256)
    const trees = new Map([...before.trees].map(([tree, { entries }]) => [tree, entries]))
    const edits: Array<readonly [FilePath, null]> = [["a/b/c" as FilePath, null]]
    const root = (keep: ReadonlyArray<string>) => editTree(trees, before.root, edits, new Set(keep), sha256).root
    const of = (...paths: ReadonlyArray<string>): TreeId =>
      buildTrees(new Map(paths.map((path) => [path as FilePath, { kind: "directory" }] as const)), sha256).root
    assert.strictEqual(root([]), of())
    assert.strictEqual(root(["a"]), of("a"))
    assert.strictEqual(root(["a/b"]), of("a/b"))
  })

  it("an edit below a file that stays a file changes nothing", () => {
    const before = buildTrees(new Map([["a" as FilePath, file("a")]]), sha256)
    const trees = new Map([...before.trees].map(([tree, { entries }]) => [tree, entries]))
    assert.strictEqual(editTree(trees, before.root, [["a/b" as FilePath, null]], new Set(), sha256).root, before.root)
  })

  it("holds a thousand directories within each other", () => {
    const path = Array.from({ length: 1000 }, (_, i) => `d${i}`).join("/") as FilePath
    const built = buildTrees(new Map([[path, file("x")]]), sha256)
    assert.strictEqual(built.trees.size, 1000)
    const trees = new Map([...built.trees].map(([tree, { entries }]) => [tree, entries]))
    assert.strictEqual(editTree(trees, built.root, [[path, null]], new Set(), sha256).root, buildTrees([], sha256).root)
  })
})
