/** Criss-crosses: the situations of git's t6404, t6416, t6430, t6431 and of libgit2's tests of recursive merges. */
import type { Row } from "./Row.ts"

/** @internal */
export const crissCrossRows: ReadonlyArray<Row> = [
  {
    scenario: "a rename in one ancestor, nothing in the other",
    source: "t6416",
    why: "the rename holds for both",
    base: { o: "a" },
    older: [{ n: "a" }, { o: "a" }],
    ours: { n: "a", z: "z" },
    theirs: { n: "a" },
    expected: { n: "a", z: "z" }
  },
  {
    scenario: "a rename in one ancestor and an edit in the other",
    source: "t6416",
    why: "both are in what the sides started from",
    base: { o: "a" },
    older: [{ n: "a" }, { o: "a+1" }],
    ours: { n: "a+1", z: "z" },
    theirs: { n: "a+1+8" },
    expected: { n: "a+1+8", z: "z" }
  },
  {
    scenario: "both ancestors added a file, and the sides chose differently",
    source: "t6416",
    why: "either choice undoes the other",
    base: { z: "z" },
    older: [
      { z: "z", n: "a" },
      { z: "z", n: "b" }
    ],
    ours: { z: "z", n: "a" },
    theirs: { z: "z", n: "b" },
    expected: { n: "!content", z: "z" }
  },
  {
    scenario: "both ancestors added a file, and one side chose what the other combined",
    source: "t6416",
    why: "a text of its own is no choice",
    base: { z: "z" },
    older: [
      { z: "z", n: "a" },
      { z: "z", n: "b" }
    ],
    ours: { z: "z", n: "a" },
    theirs: { z: "z", n: "a+1" },
    expected: { n: "a+1", z: "z" }
  },
  {
    scenario: "one ancestor edited what the other removed, and the sides chose differently",
    source: "t6416",
    why: "either choice undoes the other",
    base: { f: "a", z: "z" },
    older: [{ f: "a+1", z: "z" }, { z: "z" }],
    ours: { f: "a+1", z: "z" },
    theirs: { z: "z" },
    expected: { f: "!modify/delete", z: "z" }
  },
  {
    scenario: "the same the other way round",
    source: "t6416",
    why: "which side is ours does not matter",
    base: { f: "a", z: "z" },
    older: [{ f: "a+1", z: "z" }, { z: "z" }],
    ours: { z: "z" },
    theirs: { f: "a+1", z: "z" },
    expected: { f: "!modify/delete", z: "z" }
  },
  {
    scenario: "one ancestor edited a file that the other made a directory, and the sides chose differently",
    source: "t6416 D1 E1",
    why: "either choice undoes the other",
    base: { a: "a" },
    older: [{ a: "a+1" }, { "a/f": "f" }],
    ours: { a: "a+1" },
    theirs: { "a/f": "f" },
    expected: { a: "!rename/delete" }
  },
  {
    scenario: "the same, with the directory edited since",
    source: "t6416 D1 E2",
    why: "the directory and the file want one name",
    base: { a: "a" },
    older: [{ a: "a+1" }, { "a/f": "f" }],
    ours: { a: "a+1" },
    theirs: { "a/f": "f+1" },
    expected: { a: "!directory/file" }
  },
  {
    scenario: "the same, with both sides at the file",
    source: "t6416 D1 E3",
    why: "both chose alike",
    base: { a: "a" },
    older: [{ a: "a+1" }, { "a/f": "f" }],
    ours: { a: "a+1" },
    theirs: { a: "a+1", z: "z" },
    expected: { a: "a+1", z: "z" }
  },
  {
    scenario: "the same, with the directory's file moved beside it",
    source: "t6416 D1 E4",
    why: "the file stands, and what was the directory's is where it went",
    base: { a: "a" },
    older: [{ a: "a+1" }, { "a/f": "f" }],
    ours: { a: "a+1" },
    theirs: { a2: "a+1", "a/f": "f" },
    expected: { a: "!rename/rename(1to2)", a2: "!rename/rename(1to2)", "a~ours": "!rename/rename(1to2)" }
  },
  {
    scenario: "both sides kept the file and the directory under two names, and one edited the directory's file",
    source: "t6416 D2 E4",
    why: "what both have is theirs; an edit is an edit",
    base: { a: "a" },
    older: [{ a: "a+1" }, { "a/f": "f" }],
    ours: { a2: "a+1", "a/f": "f" },
    theirs: { a2: "a+1", "a/f": "f+1" },
    expected: { "a/f": "f+1", a2: "a+1" }
  },
  {
    scenario: "renamed to two names by the ancestors, and back to one by one side",
    source: "t6416",
    why: "the names of ancestors are names of one file",
    base: { a: "a" },
    older: [{ b: "a" }, { c: "a" }],
    ours: { b: "a+1" },
    theirs: { c: "a", b: "n" },
    expected: { b: "!content" }
  },
  {
    scenario: "renamed to two names by the ancestors, with a new file in the old place",
    source: "t6416",
    why: "the new file is nobody's version of the old one",
    base: { a: "a" },
    older: [{ b: "a", a: "n" }, { c: "a" }],
    ours: { b: "a", a: "n" },
    theirs: { c: "a", a: "n" },
    expected: { a: "n", c: "a" },
    git: "git puts what one side has at the old path of a file in place of what both have alike at its new one",
    failing: { ideal: "the new file should be no part of the question", here: "right" }
  },
  {
    scenario: "renamed to two names by the ancestors, each taken by a new file of the other",
    source: "t6416",
    why: "what they disagreed about is no choice of either side",
    base: { a: "a" },
    older: [
      { b: "a", c: "m" },
      { c: "a", b: "n" }
    ],
    ours: { b: "a", c: "m" },
    theirs: { c: "a", b: "n" },
    expected: { b: "!content", c: "!content" }
  },
  {
    scenario: "a link pointed elsewhere by both ancestors",
    source: "t6416",
    why: "what they disagreed about cannot be both",
    base: { l: "-> a", z: "z" },
    older: [
      { l: "-> b", z: "z" },
      { l: "-> c", z: "z" }
    ],
    ours: { l: "-> b", z: "z" },
    theirs: { l: "-> c", z: "z" },
    expected: { l: "!symlink", z: "z" }
  },
  {
    scenario: "a link added by both ancestors",
    source: "t6416",
    why: "what they disagreed about cannot be both",
    base: { z: "z" },
    older: [
      { l: "-> b", z: "z" },
      { l: "-> c", z: "z" }
    ],
    ours: { l: "-> b", z: "z" },
    theirs: { l: "-> c", z: "z" },
    expected: { l: "!symlink", z: "z" }
  },
  {
    scenario: "a file added by both ancestors, executable in one, and the sides chose differently",
    source: "t6416",
    why: "the ancestors' merge has one of the two bits, so the other one is a change",
    base: { z: "z" },
    older: [
      { f: "a", z: "z" },
      { f: "x a", z: "z" }
    ],
    ours: { f: "a", z: "z" },
    theirs: { f: "x a", z: "z" },
    expected: { f: "x a", z: "z" },
    failing: { ideal: "both should be asked about", here: "as git" }
  },
  {
    scenario: "edits in conflict in both ancestors, and both sides edit elsewhere",
    source: "t6416",
    why: "the disagreement is settled alike, and the rest merges",
    base: { f: "a" },
    older: [{ f: "a+1" }, { f: "a~1" }],
    ours: { f: "a+1+5" },
    theirs: { f: "a+1+8" },
    expected: { f: "a+1+5+8" }
  },
  {
    scenario: "edits in conflict in both ancestors, and again in both sides",
    source: "t6416",
    why: "one conflict that holds every side",
    base: { f: "a" },
    older: [{ f: "a+1" }, { f: "a~1" }],
    ours: { f: "a+1+8" },
    theirs: { f: "a~1~8" },
    expected: { f: "!content" }
  },
  {
    scenario: "a binary changed by both ancestors",
    source: "t6404",
    why: "it cannot be combined, so the sides are asked",
    base: { f: "%a", z: "z" },
    older: [
      { f: "%a+1", z: "z" },
      { f: "%a+8", z: "z" }
    ],
    ours: { f: "%a+1", z: "z" },
    theirs: { f: "%a+8", z: "z" },
    expected: { f: "!binary", z: "z" }
  },
  {
    scenario: "one ancestor renamed what the other removed, and the sides chose differently",
    source: "t6404",
    why: "the ancestors' merge keeps the file, so the removal is the only change",
    base: { f: "a", z: "z" },
    older: [{ g: "a", z: "z" }, { z: "z" }],
    ours: { g: "a", z: "z" },
    theirs: { z: "z" },
    expected: { z: "z" }
  },
  {
    scenario: "files added and removed by turns in both ancestors",
    source: "t6431",
    why: "each path is its own",
    base: { a: "a", b: "b" },
    older: [
      { a: "a", c: "c" },
      { b: "b", d: "d" }
    ],
    ours: { a: "a+1", c: "c", d: "d" },
    theirs: { b: "b+1", c: "c", d: "d" },
    expected: { a: "a+1", b: "b+1", c: "c", d: "d" }
  },
  {
    scenario: "both sides brought in both ancestors' edits",
    source: "t6430",
    why: "one outcome, reached twice",
    base: { f: "a" },
    older: [{ f: "a+1" }, { f: "a+8" }],
    ours: { f: "a+1+8" },
    theirs: { f: "a+1+8" },
    expected: { f: "a+1+8" }
  },
  {
    scenario: "edits in different places in the ancestors, more in the sides",
    source: "libgit2 recursive",
    why: "all four stand",
    base: { f: "a" },
    older: [{ f: "a+0" }, { f: "a+9" }],
    ours: { f: "a+0+4+9" },
    theirs: { f: "a+0+6+9" },
    expected: { f: "a+0+4+6+9" }
  },
  {
    scenario: "one side took an ancestor's edit, the other undid it",
    source: "libgit2 recursive",
    why: "an undoing is a change",
    base: { f: "a" },
    older: [{ f: "a+1" }, { f: "a+8" }],
    ours: { f: "a+1+8" },
    theirs: { f: "a+8" },
    expected: { f: "a+8" }
  }
]
