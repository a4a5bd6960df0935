/** Directories that moved, and what they take along: the situations of git's t6423, up to its eighth section. */
import type { Row } from "./Row.ts"

/** @internal */
export const directoryRows: ReadonlyArray<Row> = [
  {
    scenario: "a directory moved, and a file and a directory added to it",
    source: "t6423 1a",
    why: "the majority of its files says where it went; what is deeper goes along",
    base: { "z/b": "b", "z/c": "c" },
    ours: { "y/b": "b", "y/c": "c" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d", "z/e/f": "e" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "y/d": "d", "y/e/f": "e" }
  },
  {
    scenario: "a directory merged into another one, which the other side adds to",
    source: "t6423 1b",
    why: "only the directory that is gone leads anywhere",
    base: { "z/b": "b", "z/c": "c", "y/d": "d" },
    ours: { "z/b": "b", "z/c": "c", "z/e": "e", "y/d": "d" },
    theirs: { "y/b": "b", "y/c": "c", "y/d": "d" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "y/d": "d", "y/e": "e" }
  },
  {
    scenario: "a file moved into a directory that the other side moved",
    source: "t6423 1c",
    why: "one move follows the other",
    base: { "z/b": "b", "z/c": "c", "x/d": "d" },
    ours: { "y/b": "b", "y/c": "c", "x/d": "d" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "y/d": "d" }
  },
  {
    scenario: "two directories moved into one, each by one side, and files added to both",
    source: "t6423 1d",
    why: "files of one name meet there",
    base: { "z/b": "b", "z/c": "c", "y/d": "d", "y/e": "e" },
    ours: { "x/b": "b", "x/c": "c", "y/d": "d", "y/e": "e", "y/m": "m", "y/w": "v" },
    theirs: { "z/b": "b", "z/c": "c", "z/n": "n", "z/w": "w", "x/d": "d", "x/e": "e" },
    move: true,
    expected: { "x/b": "b", "x/c": "c", "x/d": "d", "x/e": "e", "x/m": "m", "x/n": "n", "x/w": "!add/add" }
  },
  {
    scenario: "a directory moved, and every file in it renamed besides",
    source: "t6423 1e",
    why: "the directory is gone, and all its files went to one place",
    base: { "z/b": "b", "z/c": "c" },
    ours: { "y/newb": "b", "y/newc": "c" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d" },
    move: true,
    expected: { "y/d": "d", "y/newb": "b", "y/newc": "c" }
  },
  {
    scenario: "a directory split in two unequal parts",
    source: "t6423 1f",
    why: "the larger part says where to",
    base: { "z/b": "b", "z/c": "c", "z/d": "d", "z/e": "e", "z/f": "f" },
    ours: { "y/b": "b", "y/c": "c", "x/d": "d", "x/e": "e", "x/f": "f" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d", "z/e": "e", "z/f": "f", "z/g": "g" },
    move: true,
    expected: { "x/d": "d", "x/e": "e", "x/f": "f", "x/g": "g", "y/b": "b", "y/c": "c" }
  },
  {
    scenario: "a directory split in equal parts, and a file added to it",
    source: "t6423 2a",
    why: "nobody can say where the file belongs",
    base: { "z/b": "b", "z/c": "c" },
    ours: { "y/b": "b", "w/c": "c" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d" },
    move: true,
    expected: { "w/c": "c", "y/b": "b", "z/d": "!directory-rename/split" }
  },
  {
    scenario: "a directory split in equal parts, and a file moved elsewhere",
    source: "t6423 2b",
    why: "what went where does not matter to it",
    base: { "z/b": "b", "z/c": "c", "x/d": "d" },
    ours: { "y/b": "b", "w/c": "c", "x/d": "d" },
    theirs: { "z/b": "b", "z/c": "c", "x/e": "d" },
    move: true,
    expected: { "w/c": "c", "x/e": "d", "y/b": "b" }
  },
  {
    scenario: "a file moved out of a directory that moved, on the same side",
    source: "t6423 3a",
    why: "that side said itself where its file goes",
    base: { "z/b": "b", "z/c": "c", "z/d": "d" },
    ours: { "z/b": "b", "z/c": "c", "z/d": "d" },
    theirs: { "y/b": "b", "y/c": "c", "x/d": "d" },
    move: true,
    expected: { "x/d": "d", "y/b": "b", "y/c": "c" }
  },
  {
    scenario: "a file of a moved directory moved to two places",
    source: "t6423 3b",
    why: "neither side's place follows the directory",
    base: { "z/b": "b", "z/c": "c", "z/d": "d" },
    ours: { "y/b": "b", "y/c": "c", "x/d": "d" },
    theirs: { "z/b": "b", "z/c": "c", "w/d": "d" },
    move: true,
    expected: {
      "w/d": "!rename/rename(1to2)",
      "x/d": "!rename/rename(1to2)",
      "y/b": "b",
      "y/c": "c",
      "z/d": "!rename/rename(1to2)"
    }
  },
  {
    scenario: "most of a directory moved, but not all",
    source: "t6423 4a",
    why: "a directory that still stands has not moved",
    base: { "z/b": "b", "z/c": "c", "z/d": "d" },
    ours: { "y/b": "b", "y/c": "c", "z/d": "d" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d", "z/e": "e" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "z/d": "d", "z/e": "e" }
  },
  {
    scenario: "a directory moved into one to which a file of the same name was added",
    source: "t6423 5a",
    why: "what would land on another file stays, and asks",
    base: { "z/b": "b", "z/c": "c", "y/d": "d" },
    ours: { "z/b": "b", "z/c": "c", "z/e": "e", "z/f": "f", "y/d": "d", "y/e": "g" },
    theirs: { "y/b": "b", "y/c": "c", "y/d": "d" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "y/d": "d", "y/e": "g", "y/f": "f", "z/e": "!directory-rename/collision" }
  },
  {
    scenario: "a file replaced on the way, and another added where it would have gone",
    source: "t6423 5b",
    why: "the two that stand there are told apart; the third was removed",
    base: { "z/b": "b", "z/c": "c", "z/d": "d" },
    ours: { "y/b": "b", "y/c": "c", "y/d": "e" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d", "z/e": "f", "y/d": "g" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "y/d": "!add/add", "y/e": "f" }
  },
  {
    scenario: "three ways to one path",
    source: "t6423 5c",
    why: "each is asked about where it stands",
    base: { "z/b": "b", "z/c": "c", "x/d": "d" },
    ours: { "y/b": "b", "y/c": "c", "y/d": "e", "w/d": "d" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d", "z/e": "f", "w/d": "g", "y/d": "h" },
    move: true,
    expected: {
      "w/d": "!rename/rename(1to2)",
      "x/d": "!rename/rename(1to2)",
      "y/b": "b",
      "y/c": "c",
      "y/d": "!add/add",
      "y/e": "f",
      "z/d": "!directory-rename/collision"
    }
  },
  {
    scenario: "a file led to where there is a directory",
    source: "t6423 5d",
    why: "the directory is in its way, so it stays, and asks",
    base: { "z/b": "b", "z/c": "c" },
    ours: { "y/b": "b", "y/c": "c", "y/d": "d" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "e", "z/f": "f", "y/d/e": "g" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "y/d": "!directory/file", "y/f": "f", "z/d": "!directory-rename/collision" }
  },
  {
    scenario: "a file moved with its directory that the other side removed",
    source: "t6423 6a",
    why: "a removal is about the file, wherever it is",
    base: { "z/b": "b", "z/c": "c", "z/d": "d" },
    ours: { "z/b": "b" },
    theirs: { "y/b": "b", "y/c": "c", "z/d": "d" },
    move: true,
    expected: { "y/b": "b", "y/c": "!rename/delete" }
  },
  {
    scenario: "a directory moved alike on both sides, but for one file",
    source: "t6423 6b1",
    why: "both moved it, so nothing else goes along",
    base: { "z/b": "b", "z/c": "c", "z/d": "d", "z/e": "e" },
    ours: { "y/b": "b", "y/c": "c", "y/d": "d", "x/e": "e" },
    theirs: { "y/b": "b", "y/c": "c", "y/d": "d", "z/e": "e", "z/f": "f" },
    move: true,
    expected: { "x/e": "e", "y/b": "b", "y/c": "c", "y/d": "d", "y/f": "f" }
  },
  {
    scenario: "a directory moved alike on both sides, and one adds to its old place",
    source: "t6423 6b2",
    why: "it knew of the move when it added",
    base: { "z/b": "b", "z/c": "c" },
    ours: { "y/b": "b", "y/c": "c" },
    theirs: { "y/b": "b", "y/c": "c", "z/d": "d" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "y/d": "d" }
  },
  {
    scenario: "a directory moved and added to by one side",
    source: "t6423 6c",
    why: "the other side did nothing",
    base: { "z/b": "b", "z/c": "c" },
    ours: { "z/b": "b", "z/c": "c" },
    theirs: { "y/b": "b", "y/c": "c", "z/d": "d" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "z/d": "d" }
  },
  {
    scenario: "a directory moved, and another file moved to its old place, by one side",
    source: "t6423 6d",
    why: "a side's own moves do not follow each other",
    base: { "z/b": "b", "x/c": "c" },
    ours: { "z/b": "b", "x/c": "c" },
    theirs: { "y/b": "b", "z/c": "c" },
    move: true,
    expected: { "y/b": "b", "z/c": "c" }
  },
  {
    scenario: "a directory moved, and files of one name added to both places, by one side",
    source: "t6423 6e",
    why: "a side's own files stay where it put them",
    base: { "z/b": "b", "z/c": "c" },
    ours: { "z/b": "b", "z/c": "c" },
    theirs: { "y/b": "b", "y/c": "c", "y/d": "d", "z/d": "e" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "y/d": "d", "z/d": "e" }
  },
  {
    scenario: "a directory moved by one side and split by the other, which adds to it",
    source: "t6423 7a",
    why: "the file goes along with the whole directory; what both moved is asked",
    base: { "z/b": "b", "z/c": "c" },
    ours: { "y/b": "b", "y/c": "c" },
    theirs: { "w/b": "b", "x/c": "c", "z/d": "d" },
    move: true,
    expected: {
      "w/b": "!rename/rename(1to2)",
      "x/c": "!rename/rename(1to2)",
      "y/b": "!rename/rename(1to2)",
      "y/c": "!rename/rename(1to2)",
      "y/d": "d",
      "z/b": "!rename/rename(1to2)",
      "z/c": "!rename/rename(1to2)"
    }
  },
  {
    scenario: "two files brought to one name by a directory's move",
    source: "t6423 7b",
    why: "both are asked about there",
    base: { "z/b": "b", "z/c": "c", "x/d": "d", "w/d": "e" },
    ours: { "y/b": "b", "y/c": "c", "y/d": "e", "x/d": "d" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d", "w/d": "e" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "y/d": "!rename/add" }
  },
  {
    scenario: "a file moved to one place, and by way of a directory to another",
    source: "t6423 7c",
    why: "it has two places in the end, and not three",
    base: { "z/b": "b", "z/c": "c", "x/d": "d" },
    ours: { "y/b": "b", "y/c": "c", "w/d": "d" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d" },
    move: true,
    expected: {
      "w/d": "!rename/rename(1to2)",
      "x/d": "!rename/rename(1to2)",
      "y/b": "b",
      "y/c": "c",
      "y/d": "!rename/rename(1to2)"
    }
  },
  {
    scenario: "a file removed, and by way of a directory moved",
    source: "t6423 7d",
    why: "the question stands where the file would be",
    base: { "z/b": "b", "z/c": "c", "x/d": "d" },
    ours: { "y/b": "b", "y/c": "c" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "y/d": "!rename/delete" }
  },
  {
    scenario: "the same, with a directory where the file would be",
    source: "t6423 7e",
    why: "both questions are one conflict there",
    base: { "z/b": "b", "z/c": "c", "x/d": "d" },
    ours: { "y/b": "b", "y/c": "c", "y/d/g": "g", "x/d/f": "f" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d" },
    move: true,
    expected: { "x/d/f": "f", "y/b": "b", "y/c": "c", "y/d": "!directory/file" }
  },
  {
    scenario: "one directory moved into the place that another left",
    source: "t6423 8a",
    why: "each file goes one step",
    base: { "x/a": "a", "x/b": "b", "y/c": "c", "y/d": "d" },
    ours: { "x/a": "a", "x/b": "b", "x/e": "e", "y/c": "c", "y/d": "d", "y/f": "f" },
    theirs: { "y/a": "a", "y/b": "b", "z/c": "c", "z/d": "d" },
    move: true,
    expected: { "y/a": "a", "y/b": "b", "y/e": "e", "y/f": "f", "z/c": "c", "z/d": "d" }
  },
  {
    scenario: "the same, with files of the same names",
    source: "t6423 8b",
    why: "names do not matter, places do",
    base: { "x/a": "a", "x/b": "b", "y/a": "c", "y/b": "d" },
    ours: { "x/a": "a", "x/b": "b", "x/e": "e", "y/a": "c", "y/b": "d", "y/e": "f" },
    theirs: { "y/a": "a", "y/b": "b", "z/a": "c", "z/b": "d" },
    move: true,
    expected: { "x/e": "e", "y/a": "a", "y/b": "b", "y/e": "f", "z/a": "c", "z/b": "d" }
  },
  {
    scenario: "a file removed as its directory moved, and edited on the other side",
    source: "t6423 8c",
    why: "it did not move, so the question stands at its old path",
    base: { "z/b": "b", "z/c": "c", "z/d": "d" },
    ours: { "y/b": "b", "y/c": "c" },
    theirs: { "z/b": "b", "z/c": "c", "z/d": "d+1", "z/e": "e" },
    move: true,
    expected: { "y/b": "b", "y/c": "c", "y/e": "e", "z/d": "!modify/delete" }
  },
  {
    scenario: "files removed as their directory moved, one of them kept by the other side",
    source: "t6423 8d",
    why: "a file that one side removed and the other left alone is gone",
    base: { "z/b": "b", "z/c": "c", "z/d": "d" },
    ours: { "y/b": "b", "y/c": "c" },
    theirs: { "z/d": "d", "z/e": "e" },
    move: true,
    expected: { "y/b": "!rename/delete", "y/c": "!rename/delete", "y/e": "e" }
  },
  {
    scenario: "a directory moved to different places, and added to at its old one",
    source: "t6423 8e",
    why: "who moved it as well knew what it did",
    base: { "z/b": "b", "z/c": "c" },
    ours: { "y/b": "b", "y/c": "c" },
    theirs: { "w/b": "b", "w/c": "c", "z/d": "d" },
    move: true,
    expected: {
      "w/b": "!rename/rename(1to2)",
      "w/c": "!rename/rename(1to2)",
      "y/b": "!rename/rename(1to2)",
      "y/c": "!rename/rename(1to2)",
      "y/d": "d",
      "z/b": "!rename/rename(1to2)",
      "z/c": "!rename/rename(1to2)"
    }
  }
]
