/**
 * What merges of moved files come to: the situations that git's tests t6400 to t6436 and libgit2's tests of tree merges
 * are about, told anew in few files each.
 */

/** Content by path: `x ` makes a file executable, `-> ` a link. */
export type Sketch = Readonly<Record<string, string>>

export interface Scenario {
  readonly name: string
  readonly why: string
  readonly root: Sketch
  readonly ours: Sketch
  readonly theirs: Sketch
  /** Two merged ancestors, in a criss-cross. */
  readonly older?: readonly [Sketch, Sketch]
  /** Where a moved directory takes files along without asking. */
  readonly move?: true
  /** The files of the result, and the kinds of the conflicts by path. */
  readonly files: Sketch
  readonly conflicts?: Sketch
  /** Where git 2.39 answers otherwise: what it does. */
  readonly git?: string
}

const text = (tag: string, ...edits: ReadonlyArray<number>) =>
  Array.from({ length: 10 }, (_, i) => `${tag}${i}${edits.includes(i) ? " edited" : ""}\n`).join("")
const [a, b, c, d] = [text("a"), text("b"), text("c"), text("d")]
const [a1, a8, a18] = [text("a", 1), text("a", 8), text("a", 1, 8)]

export const scenarios: ReadonlyArray<Scenario> = [
  {
    name: "a file renamed on one side and edited on the other",
    why: "the edit follows the file (t6400, t6429)",
    root: { f: a, z: b },
    ours: { g: a, z: b },
    theirs: { f: a1, z: b },
    files: { g: a1, z: b }
  },
  {
    name: "a file renamed and edited on one side, edited elsewhere on the other",
    why: "the file is recognised by what it still has in common (t6400)",
    root: { f: a },
    ours: { g: a1 },
    theirs: { f: a8 },
    files: { g: a18 }
  },
  {
    name: "renamed alike on both sides, edited in different places",
    why: "one file, two edits (t6422, rename/rename 1 to 1)",
    root: { f: a },
    ours: { g: a1 },
    theirs: { g: a8 },
    files: { g: a18 }
  },
  {
    name: "renamed to two names",
    why: "a person has to say which; both names hold the question (t6422, rename/rename 1 to 2)",
    root: { f: a },
    ours: { g: a1 },
    theirs: { h: a8 },
    files: {},
    conflicts: { f: "rename/rename(1to2)", g: "rename/rename(1to2)", h: "rename/rename(1to2)" }
  },
  {
    name: "two files renamed to one name",
    why: "both contents are terms (t6422, rename/rename 2 to 1)",
    root: { f: a, g: b },
    ours: { h: a, g: text("b", 1) },
    theirs: { f: a1, h: b },
    files: {},
    conflicts: { h: "rename/rename(2to1)" }
  },
  {
    name: "a file renamed to the name of one that the other side added",
    why: "the two are unrelated (t6422, rename/add)",
    root: { f: a },
    ours: { g: a },
    theirs: { f: a1, g: c },
    files: {},
    conflicts: { g: "rename/add" }
  },
  {
    name: "renamed on one side, removed on the other",
    why: "the removal is about the file, whatever its name (t6422, rename/delete)",
    root: { f: a },
    ours: { g: a1 },
    theirs: {},
    files: {},
    conflicts: { g: "rename/delete" }
  },
  {
    name: "renamed on one side, made a link on the other",
    why: "the link is no version of the file (t6430)",
    root: { f: a },
    ours: { g: a },
    theirs: { f: "-> there" },
    files: { f: "-> there" },
    conflicts: { g: "rename/delete" }
  },
  {
    name: "renamed on one side, made executable on the other",
    why: "the bit is a change like any other (t6431)",
    root: { f: a },
    ours: { g: a },
    theirs: { f: `x ${a}` },
    files: { g: `x ${a}` }
  },
  {
    name: "a link renamed",
    why: "links are the same only where they point alike (t6430)",
    root: { f: "-> there", z: b },
    ours: { g: "-> there", z: b },
    theirs: { f: "-> there", z: c },
    files: { g: "-> there", z: c }
  },
  {
    name: "an empty file renamed while the other side fills it",
    why: "empty files are all alike, so none is recognised (t6422)",
    root: { f: "", z: b },
    ours: { g: "", z: b },
    theirs: { f: a, z: b },
    files: { g: "", z: b },
    conflicts: { f: "modify/delete" }
  },
  {
    name: "names that differ in case alone",
    why: "to a tree they are two names (t6419)",
    root: { f: a },
    ours: { F: a },
    theirs: { f: a1 },
    files: { F: a1 }
  },
  {
    name: "a file against a directory of that name",
    why: "one conflict that has both whole (t6416, t6422)",
    root: { z: b },
    ours: { f: a, z: b },
    theirs: { "f/g": c, z: b },
    files: { z: b },
    conflicts: { f: "directory/file" }
  },
  {
    name: "a file moved into a directory of its own name, edited on the other side",
    why: "the file is no longer in the directory's way (t6400)",
    root: { f: a },
    ours: { "f/g": a },
    theirs: { f: a1 },
    files: { "f/g": a1 }
  },
  {
    name: "a directory whose files moved out, replaced by a file of its name",
    why: "nothing is left in the file's way (t6422)",
    root: { "d/f": a },
    ours: { d: c, g: a },
    theirs: { "d/f": a1 },
    files: { d: c, g: a1 }
  },
  {
    name: "a file added to a directory that the other side moved",
    why: "git asks whether it should go along (t6423, 1a and the default)",
    root: { "d/f": a, "d/g": b },
    ours: { "e/f": a, "e/g": b },
    theirs: { "d/f": a, "d/g": b, "d/h": c },
    files: { "e/f": a, "e/g": b },
    conflicts: { "e/h": "directory-rename" }
  },
  {
    name: "the same without asking",
    why: "the directory takes the file along (t6423, 1a)",
    move: true,
    root: { "d/f": a, "d/g": b },
    ours: { "e/f": a, "e/g": b },
    theirs: { "d/f": a, "d/g": b, "d/h": c },
    files: { "e/f": a, "e/g": b, "e/h": c }
  },
  {
    name: "a file moved into a directory that the other side moved",
    why: "moves follow one another (t6423, 1c and 3)",
    move: true,
    root: { "d/f": a, "d/g": b, k: c },
    ours: { "e/f": a, "e/g": b, k: c },
    theirs: { "d/f": a, "d/g": b, "d/k": c },
    files: { "e/f": a, "e/g": b, "e/k": c }
  },
  {
    name: "a directory moved into another that is there",
    why: "two directories become one (t6423, 1d)",
    move: true,
    root: { "d/f": a, "e/g": b },
    ours: { "e/f": a, "e/g": b },
    theirs: { "d/f": a, "d/h": c, "e/g": b },
    files: { "e/f": a, "e/g": b, "e/h": c }
  },
  {
    name: "a directory moved to the top",
    why: "the top is a directory like others (t6423, 12)",
    move: true,
    root: { "d/f": a, "d/g": b },
    ours: { f: a, g: b },
    theirs: { "d/f": a, "d/g": b, "d/h": c },
    files: { f: a, g: b, h: c }
  },
  {
    name: "a directory split in equal parts",
    why: "no majority says where to (t6423, 2a)",
    move: true,
    root: { "d/f": a, "d/g": b },
    ours: { "e/f": a, "k/g": b },
    theirs: { "d/f": a, "d/g": b, "d/h": c },
    files: { "e/f": a, "k/g": b },
    conflicts: { "d/h": "directory-rename/split" }
  },
  {
    name: "a directory split, and nothing added to it",
    why: "there is no question (t6423, 2b)",
    move: true,
    root: { "d/f": a, "d/g": b },
    ours: { "e/f": a, "k/g": b },
    theirs: { "d/f": a, "d/g": text("b", 2) },
    files: { "e/f": a, "k/g": text("b", 2) }
  },
  {
    name: "a directory that a side moved away and still has",
    why: "only a directory that is gone has moved (t6423, 4a)",
    move: true,
    root: { "d/f": a, "d/g": b },
    ours: { "e/f": a, "d/g": b },
    theirs: { "d/f": a, "d/g": b, "d/h": c },
    files: { "e/f": a, "d/g": b, "d/h": c }
  },
  {
    name: "a directory moved on both sides to different places",
    why: "each side moved its own files itself (t6423, 1b and 9)",
    move: true,
    root: { "d/f": a },
    ours: { "e/f": a, "e/n": c },
    theirs: { "k/f": a, "k/m": d },
    files: { "e/n": c, "k/m": d },
    conflicts: { "d/f": "rename/rename(1to2)", "e/f": "rename/rename(1to2)", "k/f": "rename/rename(1to2)" }
  },
  {
    name: "two files led to one path",
    why: "neither is moved, both are asked about (t6423, 5 and 9e)",
    move: true,
    root: { "d/f": a, "e/g": b },
    ours: { "k/f": a, "k/g": b },
    theirs: { "d/f": a, "d/h": c, "e/g": b, "e/h": d },
    files: { "k/f": a, "k/g": b },
    conflicts: { "d/h": "directory-rename/collision", "e/h": "directory-rename/collision" }
  },
  {
    name: "a directory takes a moved file back to where it was",
    why: "it did not move, then; and nothing of it may be lost (t6423, 12i and after)",
    move: true,
    root: { "s/f": a, "s/g": b, "s/t/h": c },
    ours: { "s/f": a1, "s/g": b, "s/h": c },
    theirs: { "s/t/f": a, "s/t/g": b, "s/t/h": c },
    files: { "s/f": a1, "s/g": b, "s/h": c },
    git: "loses s/f and s/g (git marks it as a known failure; repaired in 2.52)"
  },
  {
    name: "a criss-cross where both sides took the same of two edits",
    why: "the ancestors' disagreement is settled (t6416)",
    root: { f: a },
    older: [{ f: text("a", 1) }, { f: a.replace("a1", "other") }],
    ours: { f: text("a", 1), z: b },
    theirs: { f: text("a", 1) },
    files: { f: text("a", 1), z: b }
  },
  {
    name: "a criss-cross where the sides took different edits",
    why: "taking either silently would undo somebody's merge (t6416)",
    root: { f: a },
    older: [{ f: text("a", 1) }, { f: a.replace("a1", "other") }],
    ours: { f: text("a", 1) },
    theirs: { f: a.replace("a1", "other") },
    files: {},
    conflicts: { f: "content" }
  },
  {
    name: "a criss-cross where one removed and one edited, and both sides kept the edit",
    why: "the base stands in for what the ancestors disagreed about (t6416)",
    root: { f: a },
    older: [{ f: a1 }, {}],
    ours: { f: a1 },
    theirs: { f: a1, z: b },
    files: { f: a1, z: b }
  },
  {
    name: "a criss-cross of a rename and an edit",
    why: "the edit has followed the file in the common base (t6416, t6436)",
    root: { f: a },
    older: [{ g: a }, { f: a1 }],
    ours: { g: a1 },
    theirs: { g: text("a", 1, 8) },
    files: { g: a18 }
  }
]
