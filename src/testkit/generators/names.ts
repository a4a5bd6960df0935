/** Names and paths that have been mistaken for something else somewhere. All of them are names that Tidemark takes. */
import type { FilePath } from "../../model/Ids.ts"
import type { Random } from "../Random.ts"

const plain = ["a", "b", "c.md", "skills", "SKILL.md", "x.json"]

const nasty: ReadonlyArray<string> = [
  // differ in letter case or normalisation alone: one name on some systems
  ...["A", "README.md", "readme.md", "caf\u00e9", "cafe\u0301", "straße", "STRASSE", "ı", "I", "ﬁ", "fi"],
  // look like patterns, options, escapes, devices, hidden or temporary files
  ...[
    "*",
    "?",
    "[a]",
    "!a",
    "#a",
    "-rf",
    "--",
    "~",
    "a~",
    "%2e%2e",
    "$(x)",
    "'",
    '"',
    "\\\\",
    "C:",
    "a:b",
    "con",
    "nul.txt"
  ],
  ...["...", " ", "a ", " a", "a.", ".a", "\t", "\n", "a\nb", "\r", "\u0001", "\u007f", ".gitignore", "node_modules"],
  // invisible, bidirectional, the end of the plane and beyond it, bytes that are not UTF-8
  ...["\u200b", "\u202etxt.exe", "\ufeff", "\uffff", "😀", "👩‍👩‍👧", "\u{10ffff}", "漢字", "\\xff", "\\xc3(", "a\\xe9"],
  // names of JavaScript
  ...["__proto__", "constructor", "toString", "0", "null"],
  // as long as file systems have them
  ...["n".repeat(255), "é".repeat(127)]
]

/** Another name that some systems cannot tell from this one; itself where there is none. @internal */
export const twinOf = (random: Random, name: string): string => {
  const twin = random.pick([name.toUpperCase(), name.toLowerCase(), name.normalize("NFD"), name.normalize("NFC")])
  // Escapes are written in lower case, and some twins are longer than a name may be.
  return name.includes("\\") || new TextEncoder().encode(twin).length > 255 ? name : twin
}

/**
 * Draws one name of a path, at most 255 bytes long: every second one is nasty. With `near`, it is sometimes a twin of one of
 * those: different from it in letter case or normalisation alone.
 *
 * @public
 */
export const drawName = (random: Random, near: ReadonlyArray<string> = []): string => {
  if (near.length > 0 && random.chance(0.2)) return twinOf(random, random.pick(near))
  return random.chance(0.5) ? random.pick(plain) : random.pick(nasty)
}

/** Draws a path of up to `depth` names. @public */
export const drawPath = (random: Random, depth = 3): FilePath =>
  Array.from({ length: random.between(1, Math.max(1, depth)) }, () => drawName(random)).join("/") as FilePath
