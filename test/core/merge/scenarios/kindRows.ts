/** Kinds of entries that meet: the situations of git's t6405, t6411, t6415 and of libgit2's tests of tree merges. */
import type { Row } from "./Row.ts"

/** @internal */
export const kindRows: ReadonlyArray<Row> = [
  {
    scenario: "a link pointed elsewhere by one, made a file by the other",
    source: "t6405",
    why: "two kinds of things want one name",
    base: { l: "-> a", z: "z" },
    ours: { l: "-> b", z: "z" },
    theirs: { l: "f", z: "z" },
    expected: { l: "!type", z: "z" }
  },
  {
    scenario: "a link added by one, a file by the other",
    source: "t6405",
    why: "two kinds of things want one name",
    base: { z: "z" },
    ours: { l: "-> a", z: "z" },
    theirs: { l: "f", z: "z" },
    expected: { l: "!type", z: "z" }
  },
  {
    scenario: "made executable by one, edited by the other",
    source: "t6411",
    why: "the bit and the text are two things",
    base: { f: "a" },
    ours: { f: "x a" },
    theirs: { f: "a+1" },
    expected: { f: "x a+1" }
  },
  {
    scenario: "added alike, executable on one side alone",
    source: "t6411",
    why: "the bit is what they differ in",
    base: { z: "z" },
    ours: { f: "x a", z: "z" },
    theirs: { f: "a", z: "z" },
    expected: { f: "!mode", z: "z" }
  },
  {
    scenario: "made executable by one, removed by the other",
    source: "t6411",
    why: "the bit is a change",
    base: { f: "a", z: "z" },
    ours: { f: "x a", z: "z" },
    theirs: { z: "z" },
    expected: { f: "!modify/delete", z: "z" }
  },
  {
    scenario: "a directory made a link, edits beside it",
    source: "t6415",
    why: "the directory is gone, the link stands",
    base: { "a/b/c": "c", "a/b-2/d": "d", x: "x" },
    ours: { "a/b": "-> b-2", "a/b-2/d": "d", x: "x" },
    theirs: { "a/b/c": "c", "a/b-2/d": "d", x: "x+1" },
    expected: { "a/b": "-> b-2", "a/b-2/d": "d", x: "x+1" }
  },
  {
    scenario: "a directory made a link, an edit in it",
    source: "t6415",
    why: "the edit and the link want one name",
    base: { "a/b/c": "c", "a/b-2/d": "d" },
    ours: { "a/b": "-> b-2", "a/b-2/d": "d" },
    theirs: { "a/b/c": "c+1", "a/b-2/d": "d" },
    expected: { "a/b": "!directory/file", "a/b-2/d": "d" }
  },
  {
    scenario: "the other of two directories made a link",
    source: "t6415",
    why: "the two have nothing to do with each other",
    base: { "a/b/c": "c", "a/b-2/d": "d", x: "x" },
    ours: { "a/b/c": "c", "a/b-2": "-> b", x: "x" },
    theirs: { "a/b/c": "c", "a/b-2/d": "d", x: "x+1" },
    expected: { "a/b-2": "-> b", "a/b/c": "c", x: "x+1" }
  },
  {
    scenario: "a file put where the other side's directory was left alone",
    source: "libgit2 df",
    why: "the directory is gone",
    base: { "d/x": "x" },
    ours: { d: "f" },
    theirs: { "d/x": "x" },
    expected: { d: "f" }
  },
  {
    scenario: "a file put where a directory was that the other side changed",
    source: "libgit2 df",
    why: "both want the name",
    base: { "d/x": "x" },
    ours: { d: "f" },
    theirs: { "d/x": "x+1" },
    expected: { d: "!directory/file" }
  },
  {
    scenario: "a file that one side made a directory and the other removed",
    source: "libgit2 df",
    why: "the directory is all there is",
    base: { d: "f", z: "z" },
    ours: { "d/x": "x", z: "z" },
    theirs: { z: "z" },
    expected: { "d/x": "x", z: "z" }
  },
  {
    scenario: "a directory and a file of its name, both new",
    source: "libgit2 df",
    why: "both want the name",
    base: { z: "z" },
    ours: { d: "f", z: "z" },
    theirs: { "d/x": "x", z: "z" },
    expected: { d: "!directory/file", z: "z" }
  },
  {
    scenario: "a file made a link by one, edited by the other",
    source: "libgit2",
    why: "a link is no edit of a file",
    base: { f: "a" },
    ours: { f: "-> a" },
    theirs: { f: "a+1" },
    expected: { f: "!type" }
  },
  {
    scenario: "one of everything at once",
    source: "libgit2 automerge",
    why: "each path is its own",
    base: { auto: "a", con: "c", gone: "g", same: "s", mine: "m", ours: "o" },
    ours: { auto: "a+1", con: "c+1", same: "s", mine: "m+1", ours: "o", "new": "n" },
    theirs: { auto: "a+8", con: "c~1", gone: "g", same: "s", mine: "m", ours: "o+1", other: "p" },
    expected: { auto: "a+1+8", con: "!content", mine: "m+1", "new": "n", other: "p", ours: "o+1", same: "s" }
  }
]
