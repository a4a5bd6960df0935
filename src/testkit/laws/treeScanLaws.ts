/** Laws of scanning and reading. */
import * as Effect from "effect/Effect"
import type { WorkingTreeError } from "../../core/WorkingTree.ts"
import { compareUtf8 } from "../../model/order.ts"
import { byPath, path, type Trees, type WorkingTreeLaw, workingTreeLaw } from "../WorkingTreeFixture.ts"

const all = { ignore: [] }

/** Names that some program, somewhere, has stumbled over. @internal */
export const nastyTree: Trees = {
  "plain.txt": "plain",
  "no final newline": "a\nb",
  empty: "",
  bytes: Uint8Array.from([0, 255, 254, 128, 13, 10, 0]),
  " leading and trailing ": "spaces",
  "new\nline": "newline",
  "tab\tand\u0007bell": "control",
  "quote'\"`$(x)": "shell",
  "-rf": "option",
  "...": "three dots",
  "..a": "two dots and a letter",
  ".hidden": "hidden",
  "back\\\\slash": "one backslash",
  "100%": "percent",
  "日本語/ファイル": "japanese",
  "emoji 🙂": "astral",
  "\uffee": "above the surrogates",
  ["n".repeat(255)]: "as long as names get",
  ["ü".repeat(127)]: "long in bytes",
  "a/b/c/d/e/f": "deep",
  "a!": "between a and a/b",
  "a-b": "before a/b by bytes",
  a0: "after a/b by bytes",
  "folder/empty": "dir/",
  hollow: "dir/"
}

const failureOf = <A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>) =>
  Effect.match(effect, {
    onSuccess: () => "succeeded",
    onFailure: (error: E | WorkingTreeError) => ("failure" in error ? error.failure : error._tag)
  })

/** @internal */
export const treeScanLaws: ReadonlyArray<WorkingTreeLaw> = [
  workingTreeLaw("scan: an empty root is empty, a missing one is an error", (field) =>
    Effect.gen(function* () {
      yield* field.check.equal("empty", yield* field.service.scan(field.root, all), {
        entries: [],
        oddities: [],
        ignored: []
      })
      const { missing, service } = field
      yield* field.check.equal("scan", yield* failureOf(service.scan(missing, all)), "not-found")
      yield* field.check.equal("read", yield* failureOf(service.read(missing, [path("a")])), "not-found")
    })
  ),

  workingTreeLaw("scan: every name, folder and byte is found, in the order of UTF-8 bytes", (field) =>
    Effect.gen(function* () {
      yield* field.sow(nastyTree)
      const { entries, oddities } = yield* field.service.scan(field.root, all)
      const paths = entries.map((entry) => entry.path)
      yield* field.check.equal("order", paths, [...paths].sort(compareUtf8))
      yield* field.check.equal("entries", byPath(entries), field.expected(nastyTree))
      yield* field.check.equal("oddities", oddities, [])
    })
  ),

  workingTreeLaw(
    "scan: names that differ in case or normalisation are different names",
    (field) =>
      Effect.gen(function* () {
        const tree = { "caf\u00e9": "composed", "cafe\u0301": "decomposed", CAFE: "upper", cafe: "lower" }
        yield* field.sow(tree)
        yield* field.check.equal("entries", yield* field.reap, field.expected(tree))
      }),
    ["exactNames"]
  ),

  workingTreeLaw(
    "scan: names may hold any byte",
    (field) =>
      Effect.gen(function* () {
        const tree = { "caf\\xe9": "latin-1", "\\xff\\xfe/\\x80": "no character at all", "\ufffd": "a replacement" }
        yield* field.sow(tree)
        yield* field.check.equal("entries", yield* field.reap, field.expected(tree))
        const read = yield* field.service.read(field.root, [path("caf\\xe9")])
        yield* field.check.equal("read", [...read.keys()], ["caf\\xe9"])
      }),
    ["anyBytes"]
  ),

  workingTreeLaw(
    "scan: executable files are told apart",
    (field) =>
      Effect.gen(function* () {
        const tree = { run: { exec: "#!/bin/sh\n" }, text: "#!/bin/sh\n" }
        yield* field.sow(tree)
        yield* field.check.equal("entries", yield* field.reap, field.expected(tree))
      }),
    ["executables"]
  ),

  workingTreeLaw(
    "scan: symlinks are entries, and never followed",
    (field) =>
      Effect.gen(function* () {
        const tree: Trees = {
          "real/file": "content",
          "to folder": { link: "real" },
          "to itself": { link: "to itself" },
          dangling: { link: "nowhere/at all" },
          out: { link: "../../.." },
          absolute: { link: "/" }
        }
        yield* field.sow(tree)
        yield* field.check.equal("entries", yield* field.reap, field.expected(tree))
      }),
    ["symlinks"]
  ),

  workingTreeLaw("scan: what the rules ignore is named and left alone", (field) =>
    Effect.gen(function* () {
      const kept: Trees = { "src/a.ts": "a", "src/keep.log": "keep", "Build/x": "another case", sub: "dir/" }
      yield* field.sow({ ...kept, "a.log": "log", "build/deep/x": "x", "sub/build/y": "y", "src/b.log": "b" })
      const scan = yield* field.service.scan(field.root, { ignore: ["*.log", "!keep.log", "build/"] })
      yield* field.check.equal("entries", byPath(scan.entries), field.expected(kept))
      yield* field.check.equal("ignored", scan.ignored, ["a.log", "build", "src/b.log", "sub/build"])
    })
  ),

  workingTreeLaw("scan: `within` limits the walk", (field) =>
    Effect.gen(function* () {
      yield* field.sow({ "a/b/c": "c", "a/b.txt": "b", "a-b/x": "x", d: "d", "e/f": "f" })
      const scan = (...within: ReadonlyArray<string>) =>
        Effect.map(field.service.scan(field.root, { ignore: ["e"], within: within.map(path) }), ({ entries }) =>
          entries.map((entry) => entry.path)
        )
      yield* field.check.equal("a folder", yield* scan("a/b"), ["a/b", "a/b/c"])
      yield* field.check.equal("several, nested", yield* scan("a", "d", "a-b", "a/b"), [
        "a",
        "a-b",
        "a-b/x",
        "a/b",
        "a/b.txt",
        "a/b/c",
        "d"
      ])
      yield* field.check.equal("missing", yield* scan("nowhere", "d/below a file"), [])
      yield* field.check.equal("ignored", yield* scan("e/f"), [])
      yield* field.check.equal("nothing", yield* scan(), [])
      yield* field.check.equal("everything", (yield* scan("")).length, 7)
    })
  ),

  workingTreeLaw("read: bytes of files, and nothing of what is missing or a folder", (field) =>
    Effect.gen(function* () {
      const bytes = Uint8Array.from([0, 255, 10, 13])
      yield* field.sow({ "a/b": bytes, "a/c": "" })
      const ask = ["a/b", "a/c", "a", "none", "a/b/below a file", "a/none"].map(path)
      const read = yield* field.service.read(field.root, ask)
      yield* field.check.equal("keys", [...read.keys()], ["a/b", "a/c"])
      yield* field.check.equal("bytes", Uint8Array.from(read.get(path("a/b")) ?? []), bytes)
      read.get(path("a/b"))?.fill(7)
      const again = yield* field.service.read(field.root, [path("a/b")])
      yield* field.check.equal("after their holder changed them", Uint8Array.from(again.get(path("a/b")) ?? []), bytes)
    })
  ),

  workingTreeLaw(
    "read: a symlink's target is its content, and no way through it leads anywhere",
    (field) =>
      Effect.gen(function* () {
        yield* field.sow({ "a/b": "b", l: { link: "a" }, out: { link: ".." } })
        const read = yield* field.service.read(field.root, [path("l")])
        yield* field.check.equal("target", new TextDecoder().decode(read.get(path("l"))), "a")
        for (const at of ["l/b", "out/x"]) {
          const failure = yield* failureOf(field.service.read(field.root, [path(at)]))
          yield* field.check.equal(at, failure, "escapes-root")
        }
      }),
    ["symlinks"]
  )
]
