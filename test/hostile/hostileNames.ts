/** Names that have escaped, overwritten or broken something somewhere. */
import type { Random } from "../support/random.ts"

/** A name of 4 KiB, longer than file systems allow. */
export const longName = "n".repeat(4096)

/** Single segments of a path. Some are names everywhere, some nowhere, some are another name on some system. */
export const segments: ReadonlyArray<string> = [
  ...[
    "..",
    ".",
    "",
    "...",
    "....",
    " ..",
    ".. ",
    "..\\",
    "..\\..\\x",
    "\\\\..",
    "\\x2e\\x2e",
    "\\x2e.",
    "\\x2f",
    "\\x00",
    "\\xff"
  ],
  ...[
    "C:",
    "c:\\windows",
    "C:x",
    "\\\\server\\share",
    "\\\\?\\C:\\x",
    "a:stream",
    "a::$DATA",
    "/",
    "/etc",
    "//host",
    "~",
    "~root"
  ],
  ...["CON", "con", "PRN", "AUX", "aux.txt", "NUL", "nul.tar.gz", "COM1", "lpt9.log", "CONIN$", "CLOCK$"],
  ...["a.", "a..", "a ", " a", ".a", "a. .", "\t", "\n", "a\nb", "\r", "\u0001", "\u007f", "\u0085", "a\0b", "\0"],
  ...["A", "a", "É", "é", "e\u0301", "straße", "STRASSE", "ﬁ", "fi", "ı", "I", "İ", "K", "\u212a", "ſ"],
  ...["\u202etxt.exe", "\u200b", "\ufeff", "\uffff", "😀", "\u{10ffff}", "\ud800", "\udc00x", "\ud83d"],
  ...[
    "%2e%2e",
    "%2f",
    "..%2f",
    "%00",
    "$(touch x)",
    "`x`",
    ";rm",
    "|",
    "-rf",
    "--",
    "*",
    "?",
    "<",
    ">",
    '"',
    "'",
    "!x",
    "#x"
  ],
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "0", "-0", "NaN", "null"],
  ...[
    ".git",
    ".GIT",
    ".git\u200c",
    "git~1",
    ".gitignore",
    ".tidemark",
    ".TIDEMARK",
    ".Tidemark",
    ".tidemark ",
    "tidemark~1"
  ],
  ...[
    "n".repeat(255),
    "n".repeat(256),
    "é".repeat(127),
    "é".repeat(128),
    longName,
    "\\xff".repeat(255),
    "\\xff".repeat(256)
  ]
]

/** Something somebody may give as a path. */
export const hostilePath = (random: Random): string => {
  const depth = random.pick([1, 1, 2, 2, 3, 4, 30])
  const parts = Array.from({ length: depth }, () =>
    random.chance(0.3) ? random.pick(segments) : random.pick(["skills", "s", "d", "f"])
  )
  return (
    random.pick(["", "", "", "", "", "", "", "", "", "/", "./", "../"]) +
    parts.join(random.pick(["/", "/", "/", "/", "/", "/", "/", "/", "//", "\\"]))
  )
}
