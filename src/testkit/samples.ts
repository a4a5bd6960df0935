/** Inputs that laws share: small, deterministic, and as unpleasant as what users have. */
import * as Effect from "effect/Effect"
import { MaxOpsBeforeYield } from "effect/References"
import { ObjectId, RefName } from "../model/Ids.ts"
import type { CatalogCommit, RefUpdate, StoredRecord } from "../storage/CatalogStorage.ts"
import type { StoredObject } from "../storage/ObjectStorage.ts"

/** Scatters a small number over 32 bits (the finaliser of MurmurHash3). @internal */
export const scatter = (seed: number): number => {
  let x = (seed + 0x9e3779b9) | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** The n-th of many ids that stand in no order. @internal */
export const objectId = (n: number): ObjectId => {
  const words = [0, 1, 2, 3, 4, 5, 6, 7].map((i) =>
    scatter(n * 8 + i)
      .toString(16)
      .padStart(8, "0")
  )
  return ObjectId.make(words.join(""))
}

/** Bytes that are different for each seed, and hold every value. @internal */
export const bytesOf = (length: number, seed: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  const step = (scatter(seed) % 251) * 2 + 1
  for (let i = 0, value = scatter(seed + 1); i < length; i++, value += step) bytes[i] = value
  return bytes
}

/** @internal */
export const object = (n: number, length = 20): StoredObject => ({ id: objectId(n), bytes: bytesOf(length, n) })

/** @internal */
export const range = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, i) => i)

/** @internal */
export const ref = (name: string): RefName => RefName.make(name)

/** @internal */
export const move = (name: string, expected: string | null, next: string | null): RefUpdate => ({
  name: ref(name),
  expected,
  next
})

/** A check that always holds, for commits that are about something else: it names a ref that no law makes. @internal */
export const noRef: CatalogCommit["refs"] = [move("absent", null, null)]

/** @internal */
export const record = (id: string, options: Partial<StoredRecord> = {}): StoredRecord => ({
  kind: "version",
  id,
  at: 1000,
  terms: ["all"],
  body: JSON.stringify({ id }),
  ...options
})

/** A record with its terms in one order: storage may give them in any. @internal */
export const settled = (stored: StoredRecord): StoredRecord => ({ ...stored, terms: [...stored.terms].sort() })

/** A long text that does not compress to a short one. @internal */
export const longText = (length: number): string => {
  let text = ""
  for (let i = 0; text.length < length; i++) text += scatter(i).toString(36)
  return text.slice(0, length)
}

/** Texts that have been mistaken for something else somewhere. Each is different from every other. @internal */
export const hostileTexts: ReadonlyArray<string> = [
  // differ only in case, or in a case that no simple rule maps back
  ...["case", "CASE", "Case", "straße", "strasse", "STRASSE", "ı", "i", "I", "İ"],
  // look alike: composed, decomposed, compatibility
  ...["caf\u00e9", "cafe\u0301", "\u212b", "\u00c5", "A\u030a", "ﬁ", "fi"],
  // patterns and escapes of SQL, globs, shells, URLs
  ...[
    "%",
    "_",
    "a%",
    "a_",
    "ab",
    "a*",
    "?",
    "[a]",
    "\\",
    "\\%",
    "'",
    "''",
    '"',
    "`",
    "$1",
    ":a",
    "--",
    ";",
    "%20",
    "+",
    "&"
  ],
  "'; DROP TABLE records; --",
  // paths, and names that some systems keep for themselves
  ...["..", "../..", "a/../b", "a/b", "a//b", "/", "/a", "a/", ".", "~", "-rf", "con", "nul.txt", "C:\\a", "a:b"],
  // white space and controls
  ...[" ", "a ", " a", "\t", "\n", "\r\n", "\u0001", "\u007f", "\u0085", "\u00a0", "\u2028"],
  // invisible, bidirectional, byte order mark, the end of the plane and beyond it
  ...["\u200b", "a\u200d", "\u202ea", "\ufeff", "\ufeffa", "\ud7ff", "\ue000", "\ufffd", "\uffff"],
  ...["😀", "👩‍👩‍👧", "\u{10000}", "\u{10ffff}"],
  // look like values of another type
  ...["null", "NULL", "undefined", "0", "00", "0.0", "1e3", "-1", "true", "{}", "[]", "__proto__", "constructor"],
  ...["漢字", "한글", "हिन्दी", "עברית", "العربية"],
  longText(4_096)
]

/** Has every fiber of an effect give way to the others after so few steps that they meet in the middle of things. @internal */
export const restless = <A, E, R>(effect: Effect.Effect<A, E, R>, steps = 5): Effect.Effect<A, E, R> =>
  Effect.provideService(effect, MaxOpsBeforeYield, steps)
