/** Contents of files as unpleasant as what users have: what tools that read lines get wrong. */

import { joinBytes } from "../../model/joinBytes.ts"
import type { Random } from "../Random.ts"

const encoder = new TextEncoder()

/** Few different lines, so that equal ones stand beside each other, and some that look like what a merge writes. */
const words = [
  "",
  "",
  " ",
  "}",
  "a",
  "b",
  "a",
  "b",
  "c",
  "\ta",
  "é",
  "😀",
  "<<<<<<< ours",
  "=======",
  ">>>>>>> theirs",
  "# x"
]

const line = (random: Random): string => (random.chance(0.7) ? random.pick(words) : `line ${random.below(1000)}`)

const join = (parts: ReadonlyArray<string>, ends: () => string): string => parts.map((part) => part + ends()).join("")

/** The kinds of content, the likelier ones more than once. Each is drawn from as many lines as its size asks for. */
const kinds: ReadonlyArray<(random: Random, lines: ReadonlyArray<string>) => Uint8Array> = [
  () => new Uint8Array(),
  (_, lines) => encoder.encode(join(lines, () => "\n")),
  (_, lines) => encoder.encode(join(lines, () => "\n")),
  // no newline at the end
  (_, lines) => encoder.encode(lines.join("\n")),
  (_, lines) => encoder.encode(join(lines, () => "\r\n")),
  (_, lines) => encoder.encode(lines.join("\r\n")),
  (random, lines) => encoder.encode(join(lines, () => random.pick(["\n", "\r\n", "\r", "\n\n"]))),
  // a byte order mark
  (_, lines) => encoder.encode(`\ufeff${join(lines, () => "\n")}`),
  // Latin-1: not UTF-8, and yet no binary
  (_, lines) => joinBytes([encoder.encode(join(lines, () => "\n")), Uint8Array.of(0xe9, 0x0a)]),
  // UTF-8 that is cut within a letter
  (_, lines) => joinBytes([encoder.encode(lines.join("\n")), Uint8Array.of(0xf0, 0x9f, 0x98)]),
  // binary
  (random, lines) =>
    joinBytes([encoder.encode(lines.join("\0")), Uint8Array.from(lines, () => random.below(256)), Uint8Array.of(0)]),
  // one line that is longer than most readers' buffers
  (random, lines) =>
    encoder.encode(
      `${random.pick(["x", "é", "ab "]).repeat(7_000 * Math.min(lines.length, 10) + 1)}${random.pick(["", "\n"])}`
    ),
  // the same line, again and again
  (random, lines) => encoder.encode(`${random.pick(["", "a", "}"])}\n`.repeat(lines.length * 20))
]

/**
 * Draws the content of a file, of about `size` lines: LF, CRLF, mixed and lone CR, with and without a newline at the end, empty,
 * with a byte order mark, not UTF-8, binary, a huge line, one line over and over, lines that look like conflict markers.
 *
 * @public
 */
export const drawContent = (random: Random, size: number): Uint8Array => {
  const kind = random.pick(kinds)
  return kind(
    random,
    Array.from({ length: random.between(size === 0 ? 0 : 1, size) }, () => line(random))
  )
}

/** Where lines begin, and the end. */
const starts = (bytes: Uint8Array): ReadonlyArray<number> => {
  const all = [0]
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) all.push(at + 1)
  if (all.at(-1) !== bytes.length) all.push(bytes.length)
  return all
}

const splice = (bytes: Uint8Array, from: number, to: number, between: Uint8Array): Uint8Array =>
  joinBytes([bytes.subarray(0, from), between, bytes.subarray(to)])

/** Takes a text for the bytes that it stands for, one letter each. */
const replaceText = (bytes: Uint8Array, pattern: RegExp, by: string): Uint8Array => {
  let text = ""
  for (const byte of bytes) text += String.fromCharCode(byte)
  return Uint8Array.from(text.replace(pattern, by), (letter) => letter.charCodeAt(0))
}

const edits: ReadonlyArray<(random: Random, bytes: Uint8Array) => Uint8Array> = [
  // a line is added, changed, removed, doubled, moved
  ...[0, 1, 2].map(() => (random: Random, bytes: Uint8Array) => {
    const all = starts(bytes)
    const at = random.below(all.length)
    const [from = 0, to = from] = [all[at], random.chance(0.5) ? all[at + 1] : all[at]]
    return splice(bytes, from, to, encoder.encode(random.chance(0.7) ? `${line(random)}\n` : ""))
  }),
  (random, bytes) => {
    const all = starts(bytes)
    const at = random.below(all.length)
    const moved = bytes.slice(all[at] ?? 0, all[at + 1] ?? bytes.length)
    const rest = random.chance(0.5) ? bytes : splice(bytes, all[at] ?? 0, all[at + 1] ?? bytes.length, new Uint8Array())
    const to = random.pick(starts(rest))
    return splice(rest, to, to, moved)
  },
  // the newline at the end comes or goes
  (_, bytes) => (bytes.at(-1) === 0x0a ? bytes.slice(0, -1) : joinBytes([bytes, Uint8Array.of(0x0a)])),
  // all line endings become others
  (random, bytes) => (random.chance(0.5) ? replaceText(bytes, /\r?\n/g, "\r\n") : replaceText(bytes, /\r\n/g, "\n")),
  // a byte flips, or is cut away with all after it
  (random, bytes) => {
    if (bytes.length === 0) return Uint8Array.of(random.below(256))
    const at = random.below(bytes.length)
    return random.chance(0.5) ? bytes.with(at, random.below(256)) : bytes.slice(0, at)
  }
]

/** Draws an edit of a content, as a person or a program makes one: of lines as a rule, of bytes at times. @public */
export const editContent = (random: Random, bytes: Uint8Array): Uint8Array => {
  // A huge line costs more than it shows where it is taken apart letter by letter.
  const edit = bytes.length > 100_000 ? edits[random.below(4)] : random.pick(edits)
  return edit === undefined ? bytes : edit(random, bytes)
}
