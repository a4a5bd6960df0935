/** Directories that moved, one after or into the other: the situations of git's t6423 from its ninth section, t6426 and t6429. */
import type { Row } from "./Row.ts"

/** @internal */
export const directoryChainRows: ReadonlyArray<Row> = [
  {
    scenario: "a directory and one within it moved apart, both added to",
    source: "t6423 9a",
    why: "the nearest moved directory leads",
    base: { "z/b": "b", "z/c": "c", "z/d/e": "e", "z/d/f": "f", "z/d/g": "g" },
    ours: { "y/b": "b", "y/c": "c", "x/w/e": "e", "x/w/f": "f", "x/w/g": "g" },
    theirs: { "z/b": "b", "z/c": "c", "z/d/e": "e", "z/d/f": "f", "z/d/g": "g", "z/d/h": "h", "z/i": "i" },
    move: true,
    expected: { "x/w/e": "e", "x/w/f": "f", "x/w/g": "g", "x/w/h": "h", "y/b": "b", "y/c": "c", "y/i": "i" }
  },
  {
    scenario: "a file edited by both, and moved by way of a directory",
    source: "t6423 9b",
    why: "the edits meet where it ends up",
    base: { "z/b": "b", "z/c": "c", "x/d": "d" },
    ours: { "y/b": "b", "y/c": "c", "x/d": "d+1" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d+8" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "y/d": "d+1+8" }
  },
  {
    scenario: "a file whose moves could follow one another twice",
    source: "t6423 9c",
    why: "nothing follows more than one directory",
    base: { "z/b": "b", "z/c": "c", "x/d": "d", "x/e": "e", "w/f": "f" },
    ours: { "y/b": "b", "y/c": "c", "x/d": "d", "x/e": "e", "x/f": "f" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d", "z/e": "e", "w/f": "f" },
    move: true,
    expected: { "x/f": "f", "y/b": "b", "y/c": "c", "y/d": "d", "y/e": "e" }
  },
  {
    scenario: "a chain of directories, each moved into the next one's place",
    source: "t6423 9d",
    why: "each file goes one step, whatever the chain",
    base: { "z/a": "a", "y/b": "b", "x/c": "c", "w/d": "d", "v/e": "e", "u/f": "f" },
    ours: { "y/a": "a", "y/b": "b", "w/c": "c", "w/d": "d", "u/e": "e", "u/f": "f" },
    theirs: { "z/a": "a", "z/t": "t", "x/b": "b", "x/c": "c", "v/d": "d", "v/e": "e", "u/f": "f" },
    move: true,
    expected: { "u/d": "d", "u/e": "e", "u/f": "f", "w/c": "c", "x/b": "b", "y/a": "a", "z/t": "t" }
  },
  {
    scenario: "many directories moved into one, with a new file of one name in each",
    source: "t6423 9e",
    why: "each stays and asks",
    base: { "d1/a": "a", "d1/b": "b", "d2/d": "d", "d2/e": "e", "d3/g": "g", "d3/h": "h" },
    ours: {
      "d1/a": "a",
      "d1/b": "b",
      "d1/yo": "i",
      "d2/d": "d",
      "d2/e": "e",
      "d2/yo": "j",
      "d3/g": "g",
      "d3/h": "h",
      "d3/yo": "k"
    },
    theirs: { "dirs/a": "a", "dirs/b": "b", "dirs/d": "d", "dirs/e": "e", "dirs/g": "g", "dirs/h": "h" },
    move: true,
    expected: {
      "d1/yo": "!directory-rename/collision",
      "d2/yo": "!directory-rename/collision",
      "d3/yo": "!directory-rename/collision",
      "dirs/a": "a",
      "dirs/b": "b",
      "dirs/d": "d",
      "dirs/e": "e",
      "dirs/g": "g",
      "dirs/h": "h"
    }
  },
  {
    scenario: "a directory moved that holds directories alone",
    source: "t6423 9f",
    why: "it moved as they did",
    base: { "goal/a/x": "a", "goal/b/x": "b" },
    ours: { "priority/a/x": "a", "priority/b/x": "b" },
    theirs: { "goal/a/x": "a", "goal/b/x": "b", "goal/c": "c" },
    move: true,
    expected: { "priority/a/x": "a", "priority/b/x": "b", "priority/c": "c" }
  },
  {
    scenario: "the same, with those directories renamed besides",
    source: "t6423 9g",
    why: "no file says where their parent went, so it stays where it was put",
    base: { "goal/a/x": "a", "goal/b/x": "b" },
    ours: { "priority/alpha/x": "a", "priority/bravo/x": "b" },
    theirs: { "goal/a/x": "a", "goal/b/x": "b", "goal/c": "c" },
    move: true,
    expected: { "goal/c": "c", "priority/alpha/x": "a", "priority/bravo/x": "b" },
    failing: { ideal: "would like goal/c to follow", here: "as git" }
  },
  {
    scenario: "a file moved out of a moved directory, and edited on the other side",
    source: "t6423 9h",
    why: "an edit adds nothing to a directory",
    base: { "z/b": "b", "z/c": "c", "z/d": "d" },
    ours: { "z/b": "b", "z/c": "c", "z/d": "d+1" },
    theirs: { "y/b": "b", "y/c": "c", "x/d": "d" },
    move: true,
    expected: { "x/d": "d+1", "y/b": "b", "y/c": "c" }
  },
  {
    scenario: "a directory moved into another one, both added to",
    source: "t6423 12a",
    why: "a moved directory takes along what is new in it",
    base: { "n1/a": "a", "n1/b": "b", "n2/c": "c", "n2/d": "d" },
    ours: { "n1/a": "a", "n1/b": "b", "n1/n2/c": "c", "n1/n2/d": "d" },
    theirs: { "n1/a": "a", "n1/b": "b", "n1/e": "e", "n2/c": "c", "n2/d": "d", "n2/f": "f" },
    move: true,
    expected: { "n1/a": "a", "n1/b": "b", "n1/e": "e", "n1/n2/c": "c", "n1/n2/d": "d", "n1/n2/f": "f" }
  },
  {
    scenario: "two directories moved into each other",
    source: "t6423 12b",
    why: "each takes the other along",
    base: { "n1/a": "a", "n1/b": "b", "n2/c": "c", "n2/d": "d" },
    ours: { "n1/a": "a", "n1/b": "b", "n1/n2/c": "c", "n1/n2/d": "d" },
    theirs: { "n2/c": "c", "n2/d": "d", "n2/n1/a": "a", "n2/n1/b": "b" },
    move: true,
    expected: { "n1/n2/c": "c", "n1/n2/d": "d", "n2/n1/a": "a", "n2/n1/b": "b" }
  },
  {
    scenario: "the same, with edits",
    source: "t6423 12c",
    why: "the edits go along",
    base: { "n1/a": "a", "n1/b": "b", "n2/c": "c", "n2/d": "d" },
    ours: { "n1/a": "a+1", "n1/b": "b", "n1/n2/c": "c+1", "n1/n2/d": "d" },
    theirs: { "n2/c": "c+8", "n2/d": "d", "n2/n1/a": "a+8", "n2/n1/b": "b" },
    move: true,
    expected: { "n1/n2/c": "c+1+8", "n1/n2/d": "d", "n2/n1/a": "a+1+8", "n2/n1/b": "b" }
  },
  {
    scenario: "a directory moved to the top, which has files already",
    source: "t6423 12d",
    why: "the top is a directory like others",
    base: { "z/b": "b", "s/a": "a", "s/d": "d" },
    ours: { "z/b": "b", a: "a", d: "d" },
    theirs: { "z/b": "b", "s/a": "a", "s/d": "d", "s/e": "e" },
    move: true,
    expected: { a: "a", d: "d", e: "e", "z/b": "b" }
  },
  {
    scenario: "a directory within the top moved to it, with a directory added to it",
    source: "t6423 12e",
    why: "deeper files go along",
    base: { "s/a": "a", "s/d": "d" },
    ours: { a: "a", d: "d" },
    theirs: { "s/a": "a", "s/d": "d", "s/t/e": "e" },
    move: true,
    expected: { a: "a", d: "d", "s/t/e": "e" }
  },
  {
    scenario: "a moved directory of many files, most of them untouched",
    source: "t6423 12f",
    why: "what nobody touched is not looked at, and moves all the same",
    base: { "d/a": "a", "d/b": "b", "d/s/c": "c", "d/s/d": "d", "d/u/e": "e" },
    ours: { "f/a": "a", "f/b": "b", "f/s/c": "c", "f/s/d": "d", "f/u/e": "e" },
    theirs: { "d/a": "a+1", "d/b": "b", "d/s/c": "c", "d/s/d": "d", "d/s/n": "n", "d/u/e": "e" },
    move: true,
    expected: { "f/a": "a+1", "f/b": "b", "f/s/c": "c", "f/s/d": "d", "f/s/n": "n", "f/u/e": "e" }
  },
  {
    scenario: "a file moved, and a directory moved, each needed for something else",
    source: "t6423 12g",
    why: "both kinds of moves are found",
    base: { f: "f", "s/a": "a", "s/b": "b" },
    ours: { f: "f+1", "s/a": "a", "s/b": "b", "s/c": "c" },
    theirs: { g: "f+8", "t/a": "a+8", "t/b": "b+8" },
    move: true,
    expected: { g: "f+1+8", "t/a": "a+8", "t/b": "b+8", "t/c": "c" }
  },
  {
    scenario: "a file renamed within a directory that the other side moved",
    source: "t6423 12h",
    why: "the rename follows the directory",
    base: { "o/a": "a", "o/b": "b" },
    ours: { "n/a": "a", "n/b": "b" },
    theirs: { "o/a": "a", "o/beta": "b+1" },
    move: true,
    expected: {
      "n/a": "a",
      "n/b": "!rename/rename(1to2)",
      "n/beta": "!rename/rename(1to2)",
      "o/b": "!rename/rename(1to2)"
    },
    failing: { ideal: "moves o/b to two places", here: "as git" }
  },
  {
    scenario: "a directory moved into the one around it takes a file back to where it was",
    source: "t6423 12i",
    why: "that file has not moved",
    base: { "s/t/f": "f", "s/bar": "b", "s/baz": "c" },
    ours: { "s/f": "f", "s/bar": "b", "s/baz": "c" },
    theirs: { "s/t/f": "f", "s/t/bar": "b", "s/baz": "c+1" },
    move: true,
    expected: { "s/bar": "b", "s/baz": "c+1", "s/f": "f" }
  },
  {
    scenario: "the same at the top",
    source: "t6423 12j",
    why: "that file has not moved",
    base: { "t/f": "f", bar: "b", baz: "c" },
    ours: { f: "f", bar: "b", baz: "c" },
    theirs: { "t/f": "f", "t/bar": "b", baz: "c+1" },
    move: true,
    expected: { bar: "b", baz: "c+1", f: "f" }
  },
  {
    scenario: "the same with a directory beside it",
    source: "t6423 12k",
    why: "that file has not moved",
    base: { "da/bar": "b", "da/baz": "c", "db/f": "f" },
    ours: { "da/bar": "b", "da/baz": "c", "da/f": "f" },
    theirs: { "da/baz": "c+1", "db/f": "f", "db/bar": "b" },
    move: true,
    expected: { "da/bar": "b", "da/baz": "c+1", "da/f": "f" }
  },
  {
    scenario: "a directory moved whose parent became a link",
    source: "t6423 12m",
    why: "what moved out is not below the link",
    base: { "d/s/f": "f", z: "z" },
    ours: { "e/s/f": "f", z: "z" },
    theirs: { d: "-> e", z: "z+1" },
    move: true,
    expected: { d: "-> e", "e/s/f": "!rename/delete", z: "z+1" }
  },
  {
    scenario: "a directory takes an edited file back to where it was",
    source: "t6423 12n",
    why: "that file has not moved, and keeps its edit",
    base: { "t/h": "h", w: "w" },
    ours: { h: "h", w: "w+1" },
    theirs: { "t/h": "h", "t/w": "w" },
    move: true,
    expected: { h: "h", w: "w+1" },
    git: "git loses a file that its directory takes back to where it was"
  },
  {
    scenario: "a directory leads a file to where one moved away, whose old place the same side still fills",
    source: "t6423 12o",
    why: "it stays, and asks",
    base: { "a/f": "f", "a/g": "g", "b/h": "h" },
    ours: { "b/f": "f", "b/g": "g", "c/h": "h" },
    theirs: { "a/f": "f", "a/g": "g", "a/h": "i", "b/h": "h" },
    move: true,
    expected: { "a/h": "!directory-rename/collision", "b/f": "f", "b/g": "g", "c/h": "h" }
  },
  {
    scenario: "a directory leads a file to where one moved away, whose old place the other side fills again",
    source: "t6423 12p",
    why: "the two are told apart",
    base: { "a/f": "f", "a/g": "g", "b/h": "h" },
    ours: { "b/f": "f", "b/g": "g", "b/h": "j", "c/h": "h" },
    theirs: { "a/f": "f", "a/g": "g", "a/h": "i", "b/h": "h+1" },
    move: true,
    expected: { "a/h": "!directory-rename/collision", "b/f": "f", "b/g": "g", "b/h": "!content", "c/h": "h" }
  },
  {
    scenario: "a directory leads a file to where one was removed",
    source: "t6423 12q",
    why: "the place is free",
    base: { "a/f": "f", "a/g": "g", "b/h": "h" },
    ours: { "b/f": "f", "b/g": "g", "c/h": "h" },
    theirs: { "a/f": "f", "a/g": "g", "a/h": "i" },
    move: true,
    expected: { "b/f": "f", "b/g": "g", "c/h": "i" }
  },
  {
    scenario: "files added to a moved directory, asked about",
    source: "t6423 13a",
    why: "each question names both places",
    base: { "z/b": "b", "z/c": "c" },
    ours: { "y/b": "b", "y/c": "c" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d", "z/e/f": "e" },
    expected: { "y/b": "b", "y/c": "c", "y/d": "!directory-rename", "y/e/f": "!directory-rename" }
  },
  {
    scenario: "a file moved by way of a directory, edited by both in one place, asked about",
    source: "t6423 13b",
    why: "one path, one conflict",
    base: { "z/b": "b", "z/c": "c", "x/d": "d" },
    ours: { "y/b": "b", "y/c": "c", "x/d": "d+1" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d~1" },
    expected: { "y/b": "b", "y/c": "c", "y/d": "!directory-rename" }
  },
  {
    scenario: "a file brought to one place by its own move and by a directory's, asked about",
    source: "t6423 13c",
    why: "both meant the same place",
    base: { "z/b": "b", "z/c": "c", "x/d": "d" },
    ours: { "y/b": "b", "y/c": "c", "y/d": "d" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d" },
    expected: { "y/b": "b", "y/c": "c", "y/d": "!directory-rename" }
  },
  {
    scenario: "the same by two directories' moves",
    source: "t6423 13d",
    why: "both meant the same place",
    base: { "a/x": "x", "b/y": "y", "c/w": "w" },
    ours: { "d/x": "x", "b/y": "y", "b/w": "w" },
    theirs: { "a/x": "x", "a/w": "w", "d/y": "y" },
    expected: { "d/w": "!directory-rename", "d/x": "x", "d/y": "y" }
  },
  {
    scenario: "a directory moved in one ancestor of a criss-cross, and added to in the other",
    source: "t6423 13e",
    why: "ancestors are merged without moving anything along, and both sides agree",
    base: { "z/b": "b", "z/c": "c" },
    older: [
      { "y/b": "b", "y/c": "c" },
      { "z/b": "b", "z/c": "c", "z/d": "d" }
    ],
    ours: { "y/b": "b", "y/c": "c", "y/d": "d" },
    theirs: { "y/b": "b", "y/c": "c", "y/d": "d" },
    expected: { "y/b": "b", "y/c": "c", "y/d": "d" }
  },
  {
    scenario: "a file moved into a directory that the other side moved, which left the file alone",
    source: "t6426 3a",
    why: "one move follows the other, from either side",
    base: { bq: "a", "foo/x": "x", "foo/y": "y" },
    ours: { "foo/bq": "a", "foo/x": "x", "foo/y": "y" },
    theirs: { bq: "a", "bar/x": "x", "bar/y": "y" },
    move: true,
    expected: { "bar/bq": "a", "bar/x": "x", "bar/y": "y" }
  },
  {
    scenario: "the same, with the file edited by the other side",
    source: "t6426 3b",
    why: "the edit goes along",
    base: { bq: "a", "foo/x": "x", "foo/y": "y" },
    ours: { "foo/bq": "a", "foo/x": "x", "foo/y": "y" },
    theirs: { bq: "a+1", "bar/x": "x", "bar/y": "y" },
    move: true,
    expected: { "bar/bq": "a+1", "bar/x": "x", "bar/y": "y" }
  },
  {
    scenario: "a directory moved though nothing was added to it, then a file moved into its old place",
    source: "t6429",
    why: "the directory leads as if it had been added",
    base: { "o/a": "a", "o/b": "b", k: "k" },
    ours: { "n/a": "a", "n/b": "b", k: "k" },
    theirs: { "o/a": "a", "o/b": "b", "o/k": "k" },
    move: true,
    expected: { "n/a": "a", "n/b": "b", "n/k": "k" }
  }
]
