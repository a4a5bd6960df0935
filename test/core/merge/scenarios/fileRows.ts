/** Files that moved, and what stands in their way: the situations of git's t6400, t6402, t6414, t6422, t6425, t6426, t6430, t6434 and of libgit2's tests of renames. */
import type { Row } from "./Row.ts"

/** @internal */
export const fileRows: ReadonlyArray<Row> = [
  {
    scenario: "a directory against a file of its name, which the other side left alone",
    source: "t6400",
    why: "the file is gone, the directory takes its place",
    base: { l: "a" },
    ours: { "l/x": "b" },
    theirs: { l: "a" },
    expected: { "l/x": "b" }
  },
  {
    scenario: "a file edited against a directory that took its place",
    source: "t6400",
    why: "the file and the directory both want the name",
    base: { l: "a" },
    ours: { "l/x": "b" },
    theirs: { l: "a+1" },
    expected: { l: "!directory/file" }
  },
  {
    scenario: "the same the other way round",
    source: "t6400",
    why: "which side is ours does not matter",
    base: { l: "a" },
    ours: { l: "a+1" },
    theirs: { "l/x": "b" },
    expected: { l: "!directory/file" }
  },
  {
    scenario: "paths that sort between a file and the directory of its name",
    source: "t6400",
    why: "a name is compared as a whole",
    base: { "foo/bar": "a", "foo/bar-2": "b" },
    ours: { "foo/bar/baz": "c", "foo/bar-2": "b" },
    theirs: { "foo/bar": "a", "foo/bar-2": "b+1" },
    expected: { "foo/bar-2": "b+1", "foo/bar/baz": "c" }
  },
  {
    scenario: "renamed and edited alike on both sides",
    source: "t6402",
    why: "one rename, one edit",
    base: { f: "a" },
    ours: { g: "a+1" },
    theirs: { g: "a+1" },
    expected: { g: "a+1" }
  },
  {
    scenario: "edited alike, and renamed by one side",
    source: "t6402",
    why: "the edit is there already",
    base: { f: "a" },
    ours: { g: "a+1" },
    theirs: { f: "a+1" },
    expected: { g: "a+1" }
  },
  {
    scenario: "a file renamed to where a directory was that both cleared away",
    source: "t6402",
    why: "nothing is left in its way",
    base: { f: "a", "d/x": "b" },
    ours: { d: "a" },
    theirs: { f: "a+1" },
    expected: { d: "a+1" }
  },
  {
    scenario: "a file renamed to where a directory was that the other side left alone",
    source: "t6402",
    why: "the directory goes as it was meant to",
    base: { f: "a", "d/x": "b" },
    ours: { d: "a" },
    theirs: { f: "a+1", "d/x": "b" },
    expected: { d: "a+1" }
  },
  {
    scenario: "a file renamed to where a directory was in which the other side edits",
    source: "t6402",
    why: "the directory stays in its way",
    base: { f: "a", "d/x": "b" },
    ours: { d: "a" },
    theirs: { f: "a+1", "d/x": "b+1" },
    expected: { d: "!directory/file" }
  },
  {
    scenario: "the same with edits that conflict",
    source: "t6402",
    why: "one conflict has both questions",
    base: { f: "a", "d/x": "b" },
    ours: { d: "a~1" },
    theirs: { f: "a+1", "d/x": "b+1" },
    expected: { d: "!directory/file" }
  },
  {
    scenario: "a file renamed to where a directory was, with edits that conflict",
    source: "t6402",
    why: "with the directory gone it is a conflict of texts",
    base: { f: "a", "d/x": "b" },
    ours: { d: "a~1" },
    theirs: { f: "a+1", "d/x": "b" },
    expected: { d: "!content" }
  },
  {
    scenario: "both ends of a rename against directories and files",
    source: "t6402",
    why: "the file is told apart from what stands at either end",
    base: { "s/f": "a" },
    ours: { "d/f": "a" },
    theirs: { s: "b", d: "c" },
    expected: { d: "!directory/file", s: "b" }
  },
  {
    scenario: "two directories, each made a file by a side that removed the other",
    source: "t6402",
    why: "each file was moved by one and removed by the other",
    base: { "one/f": "a", "two/f": "b" },
    ours: { two: "a" },
    theirs: { one: "b" },
    expected: { one: "!rename/delete", two: "!rename/delete" }
  },
  {
    scenario: "one file renamed to two names, each a directory on the other side",
    source: "t6402",
    why: "three questions, and nothing lost",
    base: { o: "a" },
    ours: { one: "a", "two/f": "c" },
    theirs: { two: "a", "one/f": "d" },
    expected: { o: "!rename/rename(1to2)", one: "!directory/file", two: "!directory/file" }
  },
  {
    scenario: "a directory made a file by one side and removed by the other",
    source: "t6402",
    why: "the file is simply there",
    base: { "d/x": "b", z: "z" },
    ours: { d: "c", z: "z" },
    theirs: { z: "z+1" },
    expected: { d: "c", z: "z+1" }
  },
  {
    scenario: "a small edit and a rename of a large file",
    source: "t6402",
    why: "alike is a matter of share",
    base: { f: "a", z: "z" },
    ours: { g: "a+0", z: "z" },
    theirs: { f: "a+9", z: "z+1" },
    expected: { g: "a+0+9", z: "z+1" }
  },
  {
    scenario: "two files renamed by one side, one of them removed and one edited by the other",
    source: "t6414",
    why: "each is its own question",
    base: { A: "a", M: "m" },
    ours: { B: "a", N: "m" },
    theirs: { A: "a+1" },
    expected: { B: "a+1", N: "!rename/delete" }
  },
  {
    scenario: "a file renamed, with a new one in its old place, edited on the other side",
    source: "t6422",
    why: "a path that is still there is no end of a rename",
    base: { a: "a" },
    ours: { b: "a", a: "n" },
    theirs: { a: "a+1" },
    expected: { a: "!content", b: "a" },
    failing: { ideal: "the edit should follow, and the new file stay", here: "as git" }
  },
  {
    scenario: "the same the other way round",
    source: "t6422",
    why: "which side is ours does not matter",
    base: { a: "a" },
    ours: { a: "a+1" },
    theirs: { b: "a", a: "n" },
    expected: { a: "!content", b: "a" },
    failing: { ideal: "the edit should follow, and the new file stay", here: "as git" }
  },
  {
    scenario: "renames in a chain, each onto the next one's place",
    source: "t6422",
    why: "no path is free, so none is recognised",
    base: { a: "a", b: "b" },
    ours: { b: "a", c: "b" },
    theirs: { a: "a+1", b: "b" },
    expected: { a: "!modify/delete", b: "a", c: "b" },
    failing: { ideal: "the edit should follow along the chain", here: "as git" }
  },
  {
    scenario: "two files that exchanged their names, one edited on the other side",
    source: "t6422",
    why: "each name is merged as it stands",
    base: { a: "a", b: "b" },
    ours: { a: "b", b: "a" },
    theirs: { a: "a", b: "b+1" },
    expected: { a: "b", b: "!content" },
    failing: { ideal: "the edit should follow", here: "as git" }
  },
  {
    scenario: "a file renamed to where the other side added a directory",
    source: "t6422",
    why: "the file is merged first; then both want the name",
    base: { f: "a" },
    ours: { n: "a+8" },
    theirs: { f: "a+1", "n/x": "b" },
    expected: { n: "!directory/file" }
  },
  {
    scenario: "the same with edits that conflict",
    source: "t6422",
    why: "one conflict has both questions",
    base: { f: "a" },
    ours: { n: "a~1" },
    theirs: { f: "a+1", "n/x": "b" },
    expected: { n: "!directory/file" }
  },
  {
    scenario: "a directory that goes away as its only file takes its name",
    source: "t6422",
    why: "nothing is left in the file's way",
    base: { "s/f": "a" },
    ours: { s: "a" },
    theirs: { "s/f": "a+1" },
    expected: { s: "a+1" }
  },
  {
    scenario: "renamed with edits on both sides to where one was added",
    source: "t6422",
    why: "the file is merged first; then the two are told apart",
    base: { f: "a" },
    ours: { g: "a+1" },
    theirs: { f: "a+8", g: "c" },
    expected: { g: "!rename/add" }
  },
  {
    scenario: "the same the other way round",
    source: "t6422",
    why: "which side is ours does not matter",
    base: { f: "a" },
    ours: { f: "a+8", g: "c" },
    theirs: { g: "a+1" },
    expected: { g: "!rename/add" }
  },
  {
    scenario: "renamed to two names, with a new file in its old place",
    source: "t6422",
    why: "the new file is nobody's version of the old one",
    base: { f: "a" },
    ours: { g: "a", f: "n" },
    theirs: { h: "a" },
    expected: { g: "a", h: "n" },
    failing: { ideal: "the renames should be seen", here: "as git" }
  },
  {
    scenario: "renamed alike by both, with a new file in its old place",
    source: "t6422",
    why: "both have it where it went, and one has a new one",
    base: { f: "a" },
    ours: { g: "a", f: "n" },
    theirs: { g: "a" },
    expected: { f: "n", g: "a" },
    git: "git drops what one side has at the old path of a file that both have alike at its new one",
    failing: { ideal: "the new file should be seen as one", here: "right" }
  },
  {
    scenario: "renamed to two names, each taken by a new file of the other side",
    source: "t6422",
    why: "each name has two that are told apart",
    base: { a: "a" },
    ours: { b: "a", c: "m" },
    theirs: { c: "a", b: "n" },
    expected: { a: "!rename/rename(1to2)", b: "!rename/rename(1to2)", c: "!rename/rename(1to2)" }
  },
  {
    scenario: "a file removed and a new one put where the other side renames it to",
    source: "t6422",
    why: "the removal and the meeting are one conflict",
    base: { f: "a" },
    ours: { g: "n" },
    theirs: { g: "a+1" },
    expected: { g: "!rename/delete" }
  },
  {
    scenario: "two files renamed to one name, each removed by the other side",
    source: "t6422",
    why: "both removals and the meeting are one conflict",
    base: { f: "a", g: "b" },
    ours: { h: "a" },
    theirs: { h: "b" },
    expected: { h: "!rename/delete" }
  },
  {
    scenario: "three files, each renamed twice, onto each other's new names",
    source: "t6422",
    why: "every name has two that are told apart",
    base: { one: "a", three: "b", five: "c" },
    ours: { two: "a", four: "b", six: "c" },
    theirs: { six: "a", two: "b", four: "c" },
    expected: {
      five: "!rename/rename(1to2)",
      four: "!rename/rename(1to2)",
      one: "!rename/rename(1to2)",
      six: "!rename/rename(1to2)",
      three: "!rename/rename(1to2)",
      two: "!rename/rename(1to2)"
    }
  },
  {
    scenario: "two files renamed to one name, both edited by both",
    source: "t6422",
    why: "each is merged before they meet",
    base: { a: "a", b: "b" },
    ours: { m: "a+1", b: "b+8" },
    theirs: { a: "a+8", m: "b+1" },
    expected: { m: "!rename/rename(2to1)" }
  },
  {
    scenario: "the same, with edits that conflict",
    source: "t6422",
    why: "each is in conflict before they meet",
    base: { a: "a", b: "b" },
    ours: { m: "a+1", b: "b~1" },
    theirs: { a: "a~1", m: "b+1" },
    expected: { m: "!rename/rename(2to1)" }
  },
  {
    scenario: "a binary file renamed to two names, and edited",
    source: "t6422",
    why: "it cannot be merged, and is asked about whole",
    base: { f: "%a" },
    ours: { g: "%a+1" },
    theirs: { h: "%a+8" },
    expected: { f: "!rename/rename(1to2)", g: "!rename/rename(1to2)", h: "!rename/rename(1to2)" }
  },
  {
    scenario: "a file renamed to an executable one that the other side added alike",
    source: "t6422",
    why: "the bit is what they differ in",
    base: { f: "a" },
    ours: { g: "a" },
    theirs: { f: "a", g: "x a" },
    expected: { g: "!mode" }
  },
  {
    scenario: "renamed by one side and removed by the other, beside a change",
    source: "t6425",
    why: "only the removed file asks",
    base: { f: "a", z: "z" },
    ours: { g: "a", z: "z" },
    theirs: { z: "z+1" },
    expected: { g: "!rename/delete", z: "z+1" }
  },
  {
    scenario: "one side's edits are part of the other's",
    source: "t6426 1a",
    why: "the larger change stands",
    base: { f: "a" },
    ours: { f: "a+1+8" },
    theirs: { f: "a+1" },
    expected: { f: "a+1+8" }
  },
  {
    scenario: "renamed with edits of which the other side has a part",
    source: "t6426 2b",
    why: "the rename and the larger change stand",
    base: { f: "a" },
    ours: { g: "a+1+8" },
    theirs: { f: "a+1" },
    expected: { g: "a+1+8" }
  },
  {
    scenario: "edited with a new file where the other side renames it to",
    source: "t6426 2c",
    why: "the edit meets the new file there",
    base: { b: "b" },
    ours: { b: "b+1", c: "c" },
    theirs: { c: "b" },
    expected: { c: "!rename/add" }
  },
  {
    scenario: "copied by one side, renamed by the other",
    source: "t6430",
    why: "a copy is no rename, and the copy stays",
    base: { f: "a" },
    ours: { f: "a", g: "a" },
    theirs: { h: "a+1" },
    expected: { g: "a", h: "a+1" }
  },
  {
    scenario: "renamed by both, with a link left in its place by one",
    source: "t6430",
    why: "the link is new",
    base: { e: "a" },
    ours: { h: "a" },
    theirs: { h: "a", e: "-> h" },
    expected: { e: "-> h", h: "a" }
  },
  {
    scenario: "three files renamed into a directory that was a file on the other side",
    source: "t6430",
    why: "the file is in the way of all three",
    base: { "s/a": "a", "s/b": "b", "s/c": "c", t: "t" },
    ours: { "t/a": "a", "t/b": "b", "t/c": "c" },
    theirs: { "s/a": "a", "s/b": "b", "s/c": "c+1", t: "t+1" },
    expected: { t: "!directory/file" }
  },
  {
    scenario: "a directory emptied by one side, left alone by the other",
    source: "t6430",
    why: "it is gone with what was in it",
    base: { "d/e/f": "a", z: "z" },
    ours: { "d/e/f": "a", z: "z+1" },
    theirs: { z: "z" },
    expected: { z: "z+1" }
  },
  {
    scenario: "a file edited on the way, with a little more than half in common",
    source: "t6434",
    why: "half in common is enough to be one file",
    base: { f: "a", z: "z" },
    ours: { g: "a+0+1", z: "z" },
    theirs: { f: "a+9", z: "z" },
    expected: { g: "a+0+1+9", z: "z" }
  },
  {
    scenario: "a file edited on the way, with a little less than half in common",
    source: "t6434",
    why: "too little in common: one file gone, another new",
    base: { f: "a", z: "z" },
    ours: { g: "a+0+1+2", z: "z" },
    theirs: { f: "a+9", z: "z" },
    expected: { f: "!modify/delete", g: "a+0+1+2", z: "z" }
  },
  {
    scenario: "a file renamed by one side, and a new one in its old place by the same",
    source: "libgit2 renames",
    why: "the path is still there, so nothing moved",
    base: { f: "a" },
    ours: { g: "a", f: "n" },
    theirs: { f: "a" },
    expected: { f: "n", g: "a" }
  },
  {
    scenario: "both renamed, one edited",
    source: "libgit2 renames",
    why: "the edit is simply there",
    base: { f: "a" },
    ours: { g: "a" },
    theirs: { g: "a+1" },
    expected: { g: "a+1" }
  },
  {
    scenario: "renamed by one, made another kind of text and renamed elsewhere by the other",
    source: "libgit2 renames",
    why: "too little in common: no rename",
    base: { f: "a" },
    ours: { g: "a" },
    theirs: { h: "n" },
    expected: { g: "!rename/delete", h: "n" }
  }
]
