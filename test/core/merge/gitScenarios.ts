/** Merges of trees by name. What git answers is asked of git; `kinds` is how we tell each conflict. */
import { bytesOf, exe, type Files, link } from "../../support/engine.ts"
import type { TreeTriple } from "./gitTrees.ts"

export interface GitScenario extends TreeTriple {
  readonly name: string
  /** Conflicted paths, and their kinds. None: the merge is clean. */
  readonly kinds?: Readonly<Record<string, string>>
  /** One side may look like a rename, so git's older strategy is asked, which can leave renames alone. */
  readonly renames?: true
}

const text = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
const top = text.replace("one", "ONE")
const bottom = text.replace("seven", "SEVEN")
const other = text.replace("one", "1")
const latin = (line: string) => Buffer.from(`caf\xe9\n${line}\nx\ny\nz\n`, "latin1")
const binary = (tail: string) => Buffer.from(`\x89PNG\0${tail}`, "latin1")
const crlf = (lines: string) => lines.replaceAll("\n", "\r\n")
const bom = (lines: string) => bytesOf(`\ufeff${lines}`)

/** Every scenario also has a file that nobody touches, so that no tree is empty by accident. */
const scenario = (
  name: string,
  sides: readonly [Files, Files, Files],
  more: Pick<GitScenario, "kinds" | "renames"> = {}
): GitScenario => {
  const beside = (files: Files): Files => ({ untouched: "untouched\n", ...files })
  return { name, base: beside(sides[0]), ours: beside(sides[1]), theirs: beside(sides[2]), ...more }
}

const conflict = (kinds: Readonly<Record<string, string>>) => ({ kinds })

export const gitScenarios: ReadonlyArray<GitScenario> = [
  scenario("nothing changed", [{ a: text }, { a: text }, { a: text }]),
  scenario("only ours changed", [{ a: text }, { a: top }, { a: text }]),
  scenario("only theirs changed", [{ a: text }, { a: text }, { a: top }]),
  scenario("both changed alike", [{ a: text }, { a: top }, { a: top }]),
  scenario("both changed in different places", [{ a: text }, { a: top }, { a: bottom }]),
  scenario("both changed the same line", [{ a: text }, { a: top }, { a: other }], conflict({ a: "content" })),
  scenario(
    "one path in conflict, others not",
    [
      { a: text, b: text, "c/d": text },
      { a: top, b: top, "c/d": text },
      { a: other, b: bottom, "c/d": bottom, "c/e": "new" }
    ],
    conflict({ a: "content" })
  ),

  scenario("both added the same", [{}, { a: text }, { a: text }]),
  scenario("both added differently", [{}, { a: "x\n" }, { a: "y\n" }], conflict({ a: "add/add" })),
  scenario("both added, one with more lines", [{}, { a: text }, { a: `${text}eight\n` }], conflict({ a: "add/add" })),
  scenario("both added, one of them empty", [{}, { a: "" }, { a: text }]),
  scenario("both added an empty file", [{}, { a: "" }, { a: "" }]),
  scenario("each added its own", [{}, { "d/a": "x" }, { "d/b": "y" }]),
  scenario("both added the same, executable on one side", [{}, { a: exe(text) }, { a: text }], conflict({ a: "mode" })),
  scenario(
    "both added differently, executable on one side",
    [{}, { a: exe("x\n") }, { a: "y\n" }],
    conflict({ a: "add/add" })
  ),

  scenario("ours removed, theirs did nothing", [{ a: text }, {}, { a: text }]),
  scenario("theirs removed, ours did nothing", [{ a: text }, { a: text }, {}]),
  scenario("ours removed, theirs changed", [{ a: text }, {}, { a: top }], conflict({ a: "modify/delete" })),
  scenario("theirs removed, ours changed", [{ a: text }, { a: top }, {}], conflict({ a: "modify/delete" })),
  scenario(
    "theirs removed, ours changed the bit alone",
    [{ a: text }, { a: exe(text) }, {}],
    conflict({ a: "modify/delete" })
  ),
  scenario("both removed", [{ a: text }, {}, {}]),
  scenario(
    "theirs removed a directory that ours changed in",
    [{ "d/a": text, "d/b": text }, { "d/a": top, "d/b": text }, {}],
    conflict({ "d/a": "modify/delete" })
  ),
  scenario("theirs removed a directory that ours added to", [{ "d/a": text }, { "d/a": text, "d/new": "x" }, {}]),
  scenario("each removed half of a directory", [{ "d/a": text, "d/b": "bb" }, { "d/a": text }, { "d/b": "bb" }]),
  scenario("both removed a directory", [{ "d/a": text, "d/e/b": text }, {}, {}]),
  scenario("everything is removed on one side", [{ a: text, "d/b": text }, { a: text, "d/b": text }, {}]),

  scenario("ours made the file a directory", [{ a: text }, { "a/b": "new" }, { a: text }]),
  scenario("theirs made the file a directory", [{ a: text }, { a: text }, { "a/b": "new" }]),
  scenario(
    "theirs made the file a directory, ours changed it",
    [{ a: text }, { a: top }, { "a/b": "new" }],
    conflict({ a: "directory/file" })
  ),
  scenario(
    "ours made the file a directory, theirs changed it",
    [{ a: text }, { "a/b": "new" }, { a: top }],
    conflict({ a: "directory/file" })
  ),
  scenario("ours made the file a directory, theirs removed it", [{ a: text }, { "a/b": "new" }, {}]),
  scenario("both made the file a directory", [{ a: text }, { "a/b": "x", "a/c": "c" }, { "a/b": "x", "a/d": "d" }]),
  scenario("ours made the directory a file", [{ "a/b": text }, { a: "file" }, { "a/b": text }]),
  scenario("theirs made the directory a file", [{ "a/b": text }, { "a/b": text }, { a: "file" }]),
  scenario(
    "theirs made the directory a file, ours changed below",
    [{ "a/b": text }, { "a/b": top }, { a: "file" }],
    conflict({ a: "directory/file" })
  ),
  scenario(
    "theirs made the directory a file, ours added below",
    [{ "a/b": text }, { "a/b": text, "a/c": "c" }, { a: "file" }],
    conflict({ a: "directory/file" })
  ),
  scenario("theirs made the directory a file, ours removed below", [
    { "a/b": text, "a/c": "c" },
    { "a/b": text },
    { a: "file" }
  ]),
  scenario("theirs made the directory a file, ours removed it", [{ "a/b": text }, {}, { a: "file" }]),
  scenario(
    "both made the directory a file, differently",
    [{ "a/b": text }, { a: "x\n" }, { a: "y\n" }],
    conflict({ a: "add/add" })
  ),
  scenario("both made the directory the same file", [{ "a/b": text }, { a: "x\n" }, { a: "x\n" }]),
  scenario(
    "ours added a file where theirs added a directory",
    [{}, { a: "file" }, { "a/b": "new" }],
    conflict({ a: "directory/file" })
  ),
  scenario("a directory became a link", [{ "a/b": text }, { "a/b": text }, { a: link("elsewhere") }]),
  scenario(
    "a directory became a link, and was changed",
    [{ "a/b": text }, { "a/b": top }, { a: link("elsewhere") }],
    conflict({ a: "directory/file" })
  ),
  scenario("a link became a directory", [{ a: link("x") }, { a: link("x") }, { "a/b": text }]),

  scenario("a file became a link", [{ a: text }, { a: text }, { a: link("t") }]),
  scenario(
    "a file became a link, and was changed",
    [{ a: text }, { a: top }, { a: link("t") }],
    conflict({ a: "type" })
  ),
  scenario("a link became a file", [{ a: link("t") }, { a: text }, { a: link("t") }]),
  scenario(
    "a link became a file, and was pointed elsewhere",
    [{ a: link("t") }, { a: text }, { a: link("u") }],
    conflict({ a: "type" })
  ),
  scenario("both made the file the same link", [{ a: text }, { a: link("t") }, { a: link("t") }]),
  scenario(
    "both made the file a link, differently",
    [{ a: text }, { a: link("t") }, { a: link("u") }],
    conflict({ a: "symlink" })
  ),
  scenario(
    "both made the link a file, differently",
    [{ a: link("t") }, { a: "x\n" }, { a: "y\n" }],
    conflict({ a: "add/add" })
  ),
  scenario("one added a file, one a link", [{}, { a: text }, { a: link("t") }], conflict({ a: "type" })),
  scenario(
    "a file became a link that theirs removed",
    [{ a: text }, { a: link("t") }, {}],
    conflict({ a: "modify/delete" })
  ),

  scenario("one side pointed the link elsewhere", [{ a: link("t") }, { a: link("u") }, { a: link("t") }]),
  scenario("both pointed the link to the same", [{ a: link("t") }, { a: link("u") }, { a: link("u") }]),
  scenario(
    "both pointed the link elsewhere",
    [{ a: link("t") }, { a: link("u") }, { a: link("v") }],
    conflict({ a: "symlink" })
  ),
  scenario("both added a link, differently", [{}, { a: link("u") }, { a: link("v") }], conflict({ a: "symlink" })),
  scenario(
    "a link removed and pointed elsewhere",
    [{ a: link("t") }, {}, { a: link("v") }],
    conflict({ a: "modify/delete" })
  ),
  scenario("a link that dangles, loops and climbs", [
    {},
    { a: link("a"), b: link("../../x") },
    { c: link("nowhere/at all") }
  ]),

  scenario("ours set the bit", [{ a: text }, { a: exe(text) }, { a: text }]),
  scenario("theirs set the bit", [{ a: text }, { a: text }, { a: exe(text) }]),
  scenario("both set the bit", [{ a: text }, { a: exe(text) }, { a: exe(text) }]),
  scenario("theirs took the bit away", [{ a: exe(text) }, { a: exe(text) }, { a: text }]),
  scenario("ours set the bit, theirs changed the text", [{ a: text }, { a: exe(text) }, { a: top }]),
  scenario("theirs set the bit, ours changed the text", [{ a: text }, { a: top }, { a: exe(text) }]),
  scenario("ours set the bit and changed, theirs changed elsewhere", [{ a: text }, { a: exe(top) }, { a: bottom }]),
  scenario("ours set the bit, theirs changed a binary", [
    { a: binary("1") },
    { a: exe(binary("1")) },
    { a: binary("2") }
  ]),
  scenario(
    "theirs set the bit, both changed the same line",
    [{ a: text }, { a: top }, { a: exe(other) }],
    conflict({ a: "content" })
  ),
  scenario(
    "ours took the bit away, theirs removed the file",
    [{ a: exe(text) }, { a: text }, {}],
    conflict({ a: "modify/delete" })
  ),

  scenario("one side changed a binary", [{ a: binary("1") }, { a: binary("1") }, { a: binary("2") }]),
  scenario(
    "both changed a binary",
    [{ a: binary("1") }, { a: binary("2") }, { a: binary("3") }],
    conflict({ a: "binary" })
  ),
  scenario("both changed a binary alike", [{ a: binary("1") }, { a: binary("2") }, { a: binary("2") }]),
  scenario("both added a binary, differently", [{}, { a: binary("2") }, { a: binary("3") }], conflict({ a: "binary" })),
  scenario(
    "a text became a binary, and was changed",
    [{ a: text }, { a: top }, { a: binary("2") }],
    conflict({ a: "binary" })
  ),
  scenario(
    "a binary became a text, and was changed",
    [{ a: binary("1") }, { a: binary("2") }, { a: text }],
    conflict({ a: "binary" })
  ),
  scenario(
    "a binary removed and changed",
    [{ a: binary("1") }, {}, { a: binary("2") }],
    conflict({ a: "modify/delete" })
  ),

  scenario("invalid UTF-8 on one side", [{ a: latin("a") }, { a: latin("a") }, { a: latin("b") }]),
  scenario("invalid UTF-8, changed in different places", [
    { a: latin("a") },
    { a: Buffer.concat([Buffer.from([0xff, 0x0a]), latin("a")]) },
    { a: Buffer.concat([latin("a"), Buffer.from([0xfe, 0x0a])]) }
  ]),
  scenario(
    "invalid UTF-8, changed in the same place",
    [{ a: latin("a") }, { a: latin("b") }, { a: latin("c") }],
    conflict({ a: "content" })
  ),
  scenario("byte order mark", [{ a: bom(text) }, { a: bom(top) }, { a: bom(bottom) }]),

  scenario("CRLF on every side", [{ a: crlf(text) }, { a: crlf(top) }, { a: crlf(bottom) }]),
  scenario(
    "ours turned to CRLF, theirs changed a line",
    [{ a: text }, { a: crlf(text) }, { a: top }],
    conflict({ a: "content" })
  ),
  scenario("both turned to CRLF", [{ a: text }, { a: crlf(text) }, { a: crlf(text) }]),
  scenario("mixed endings, changed in different places", [
    { a: "a\r\nb\nc\r\nd\ne\r\n" },
    { a: "A\r\nb\nc\r\nd\ne\r\n" },
    { a: "a\r\nb\nc\r\nd\nE\r\n" }
  ]),

  scenario("no newline at the end", [{ a: "a\nb\nc\nd" }, { a: "A\nb\nc\nd" }, { a: "a\nb\nc\nd\n" }]),
  scenario(
    "no newline at the end, both appended",
    [{ a: "a\nb" }, { a: "a\nb\nc" }, { a: "a\nb\nd" }],
    conflict({ a: "content" })
  ),
  scenario("only the last newline differs on both", [{ a: "a\nb" }, { a: "a\nb\n" }, { a: "a\nb\n" }]),
  scenario("an empty file was filled", [{ a: "" }, { a: "" }, { a: text }]),
  scenario("an empty file was filled on both", [{ a: "" }, { a: "x\n" }, { a: "y\n" }], conflict({ a: "content" })),
  scenario("a file was emptied", [{ a: text }, { a: "" }, { a: text }]),
  scenario("a file was emptied, and changed", [{ a: text }, { a: "" }, { a: top }], conflict({ a: "content" })),

  scenario("names that differ in case alone", [
    { a: "a\n", A: "A\n" },
    { a: "a1\n", A: "A\n" },
    { a: "a\n", A: "A1\n" }
  ]),
  scenario("each added a name that differs in case alone", [{}, { README: "x" }, { readme: "y" }]),
  scenario("composed and decomposed names", [{}, { "\u00e9": "x" }, { "e\u0301": "y" }]),
  scenario("names with spaces, quotes, newlines, controls", [
    { 'a b/"c"': "1", "tab\there": "1" },
    { 'a b/"c"': "2", "tab\there": "1" },
    { 'a b/"c"': "1", "tab\there": "2", "new\nline": "x", "*?[]~#": "y" }
  ]),
  scenario("names that sort differently as directories", [
    { "a/x": "1", "a.b": "1", "a-b": "1", a0: "1" },
    { "a/x": "2", "a.b": "1", "a-b": "2", a0: "1" },
    { "a/x": "1", "a.b": "2", "a-b": "1", a0: "2", "a/y": "y" }
  ]),
  scenario("deep paths", [
    { "a/b/c/d/e/f/g/h": text },
    { "a/b/c/d/e/f/g/h": top },
    { "a/b/c/d/e/f/g/h": bottom, "a/b/c/d/e/f/g/i": "x" }
  ]),

  scenario("renamed on one side, changed on the other", [{ old: text }, { new: text }, { old: top }], {
    kinds: { old: "modify/delete" },
    renames: true
  }),
  scenario("renamed on one side alone", [{ old: text }, { new: text }, { old: text }], { renames: true }),
  scenario("renamed on both sides alike", [{ old: text }, { new: text }, { new: text }], { renames: true }),
  scenario("renamed on both sides to different names", [{ old: text }, { left: text }, { right: text }], {
    renames: true
  }),
  scenario("renamed on one side, removed on the other", [{ old: text }, { new: text }, {}], { renames: true }),
  scenario(
    "two files swapped",
    [
      { a: text, b: "b\n" },
      { a: "b\n", b: text },
      { a: text, b: "b\n" }
    ],
    { renames: true }
  ),
  scenario("renamed in case alone, changed on the other side", [{ Read: text }, { read: text }, { Read: top }], {
    kinds: { Read: "modify/delete" },
    renames: true
  }),
  scenario("a directory renamed, and added to", [{ "d/a": text }, { "e/a": text }, { "d/a": text, "d/b": "b" }], {
    renames: true
  }),
  scenario("a file moved into a directory of its own name", [{ a: text }, { "a/a": text }, { a: top }], {
    kinds: { a: "directory/file" },
    renames: true
  })
]
