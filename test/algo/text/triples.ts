/**
 * Nasty three-way merges: texts made to hit what diff algorithms find hard.
 */
import type { Random } from "../../support/random.ts"

/** A base and two texts made from it. */
export interface Triple {
  readonly base: Uint8Array
  readonly ours: Uint8Array
  readonly theirs: Uint8Array
}

type Lines = ReadonlyArray<string>

/** Makes one line; lines of one maker are often equal. */
type LineMaker = (random: Random) => string

const letters = "abcdefghijklmnopqrstuvwxyz"

const fewDistinct =
  (distinct: number): LineMaker =>
  (random) =>
    letters.charAt(random.below(distinct))

const code: LineMaker = (random) => {
  const indent = " ".repeat(random.below(4) * 2)
  const line = random.pick(["}", "{", "", "return", "end", "if x:", "/*", " */", "\t", "---", "x = 1", "y = 2"])
  return line === "" ? (random.chance(0.2) ? indent : "") : indent + line
}

const punctuation: LineMaker = (random) => random.pick(["}", "{", "", "--", "*", "(", "a", "9", "Z", "é"])

const unique: LineMaker = (random) => `line ${random.below(1_000_000)}`

const mostlyUnique: LineMaker = (random) => (random.chance(0.6) ? unique(random) : code(random))

const skewed: LineMaker = (random) => (random.chance(0.8) ? random.pick(["", "}"]) : `w${random.below(12)}`)

/** Latin-1 characters stand for bytes, so this is invalid UTF-8 once encoded. */
const rawBytes: LineMaker = (random) =>
  random.pick(["\xff\xfe", "\xc3", "\x80\x81", "\xed\xa0\x80", "ok", "\r", "\x7f"])

const makers: ReadonlyArray<LineMaker> = [
  fewDistinct(1),
  fewDistinct(2),
  fewDistinct(3),
  fewDistinct(6),
  fewDistinct(26),
  code,
  code,
  punctuation,
  unique,
  mostlyUnique,
  skewed,
  rawBytes
]

const many = (random: Random, count: number, make: LineMaker): Array<string> =>
  Array.from({ length: count }, () => make(random))

const periodic = (random: Random, count: number, make: LineMaker): Array<string> => {
  const period = many(random, random.between(1, 5), make)
  return Array.from({ length: count }, (_, i) => period[i % period.length] as string)
}

const editOnce = (random: Random, lines: Array<string>, make: LineMaker): Array<string> => {
  const at = random.below(lines.length + 1)
  const length = Math.min(lines.length - at, random.chance(0.8) ? random.between(0, 3) : random.below(lines.length + 1))
  const head = lines.slice(0, at)
  const piece = lines.slice(at, at + length)
  const tail = lines.slice(at + length)
  switch (random.below(8)) {
    case 0:
      return [...head, ...tail]
    case 1:
      return [...head, ...many(random, random.between(1, 4), make), ...piece, ...tail]
    case 2:
      return [...head, ...many(random, piece.length, make), ...tail]
    case 3:
      return [...head, ...piece, ...piece, ...tail]
    case 4: {
      const rest = [...head, ...tail]
      const to = random.below(rest.length + 1)
      return [...rest.slice(0, to), ...piece, ...rest.slice(to)]
    }
    case 5:
      return [...head, ...piece.map((line) => `  ${line}`), ...tail]
    case 6:
      return [...head, ...piece.map((line) => line.trim()), "", ...tail]
    default:
      return [...head, ...many(random, random.between(0, 3), make), ...tail]
  }
}

const edited = (random: Random, lines: Lines, make: LineMaker): Array<string> => {
  let result = [...lines]
  const edits = random.chance(0.1) ? 0 : random.chance(0.2) ? random.between(4, 12) : random.between(1, 3)
  for (let i = 0; i < edits; i++) result = editOnce(random, result, make)
  return result
}

const bytesOf = (random: Random, lines: Lines, crlf: boolean): Uint8Array => {
  const eol = crlf ? "\r\n" : "\n"
  const mixed = random.chance(0.03)
  let text = lines.map((line) => line + (mixed && random.chance(0.3) ? "\r\n" : eol)).join("")
  if (random.chance(0.15) && text.endsWith(eol)) text = text.slice(0, -eol.length)
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff)
}

/** Makes a triple of at most about `size` lines a side. */
export const makeTriple = (random: Random, size: number): Triple => {
  const make = random.pick(makers)
  const other = random.chance(0.7) ? make : random.pick(makers)
  const count = random.chance(0.05) ? 0 : random.between(0, size)
  const base = random.chance(0.15) ? periodic(random, count, make) : many(random, count, make)
  const ours = random.chance(0.02) ? [] : edited(random, base, other)
  // Sides that share some edits, and sides that were rewritten altogether.
  const start = random.chance(0.25) ? ours : random.chance(0.05) ? many(random, count, other) : base
  const theirs = random.chance(0.02) ? [] : edited(random, start, other)
  const crlf = random.chance(0.12)
  return {
    base: bytesOf(random, base, random.chance(0.9) ? crlf : !crlf),
    ours: bytesOf(random, ours, random.chance(0.95) ? crlf : !crlf),
    theirs: bytesOf(random, theirs, random.chance(0.95) ? crlf : !crlf)
  }
}

/** The size of the next triple: mostly small, where every line matters; sometimes past the limits of the heuristics. */
export const tripleSize = (random: Random): number => {
  if (random.chance(0.01)) return random.between(300, 1500)
  return random.chance(0.2) ? random.between(30, 200) : random.between(1, 24)
}
