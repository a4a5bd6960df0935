/** A situation of a tree merge, told in a notation short enough to be read as a table. */
import type { File, Files } from "../histories.ts"

/**
 * What stands at each path: a letter is a text of ten lines, all different; `+3` edits its third line, `~3` edits it in
 * another way; `%` makes it binary, `x ` executable; `-> ` is a link; nothing at all is an empty file. In what is
 * expected, `!` is a conflict of that kind.
 */
export type Sketch = Readonly<Record<string, string>>

export interface Row {
  readonly scenario: string
  /** The test, of git or libgit2, that is about this situation. */
  readonly source: string
  readonly why: string
  readonly base: Sketch
  /** Two merged ancestors, in a criss-cross. */
  readonly older?: readonly [Sketch, Sketch]
  readonly ours: Sketch
  readonly theirs: Sketch
  /** Where a moved directory takes files along without asking. */
  readonly move?: true
  readonly expected: Sketch
  /** Where git 2.39 answers otherwise: what it does. */
  readonly git?: string
  /** Where git's own test is marked as failing: what would be best, and whether that is what we answer. */
  readonly failing?: { readonly ideal: string; readonly here: "right" | "as git" }
}

const textOf = (label: string): string => {
  if (label === "") return ""
  const found = /^(%?)([a-z])((?:[+~]\d)*)$/.exec(label)
  if (found === null) throw new Error(`"${label}" is no text`)
  const [, binary, letter, edits = ""] = found
  const words = new Map([...edits.matchAll(/([+~])(\d)/g)].map(([, how, line]) => [Number(line), how]))
  const word = { "+": " edited", "~": " otherwise" } as const
  const lines = Array.from({ length: 10 }, (_, i) => `${letter}${i}${word[words.get(i) as "+"] ?? ""}\n`)
  return (binary === "%" ? "\0" : "") + lines.join("")
}

const fileOf = (label: string): File => {
  if (label.startsWith("-> ")) return { mode: "120000", bytes: Buffer.from(label.slice(3)) }
  if (label.startsWith("x ")) return { mode: "100755", bytes: Buffer.from(textOf(label.slice(2))) }
  return { mode: "100644", bytes: Buffer.from(textOf(label)) }
}

/** The files that a sketch stands for. */
export const filesOf = (sketch: Sketch): Files =>
  new Map(Object.entries(sketch).map(([path, label]) => [path, fileOf(label)]))

const labelOf = ({ bytes, mode }: File): string => {
  if (mode === "120000") return `-> ${bytes.toString()}`
  const text = bytes.toString()
  const lines = text.replace(/^\0/, "").split("\n").slice(0, -1)
  const letter = lines[0]?.[0] ?? ""
  const edits = lines.flatMap((line, i) => {
    if (line.endsWith(" edited")) return [`+${i}`]
    return line.endsWith(" otherwise") ? [`~${i}`] : []
  })
  const label = `${text.startsWith("\0") ? "%" : ""}${letter}${edits.join("")}`
  const exact = /^(%?)([a-z]?)((?:[+~]\d)*)$/.test(label) && textOf(label) === text
  return (mode === "100755" ? "x " : "") + (exact ? label : JSON.stringify(text))
}

/** What a merge came to, as the table writes it. */
export const sketchOf = (
  files: Files,
  conflicts: Iterable<{ readonly path: string; readonly kind: string }>
): Sketch => {
  const sketch = new Map([...files].map(([path, file]) => [path, labelOf(file)]))
  for (const { kind, path } of conflicts) sketch.set(path, `!${kind}`)
  return Object.fromEntries([...sketch].sort(([a], [b]) => (a < b ? -1 : 1)))
}
