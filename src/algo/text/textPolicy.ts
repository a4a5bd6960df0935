/**
 * When two files with different bytes are the same text.
 *
 * The question stands beside identity, never inside it: ids are always of the bytes as they are.
 */
import { isBinary } from "./isBinary.ts"
import { isUtf8 } from "./utf8.ts"

/**
 * Which differences between files do not count.
 *
 * @remarks
 * `"none"`: every byte counts. `"line-endings"`, the default for projects: a text whose lines all end in CRLF is
 * compared as if they ended in LF. Mixed endings, byte order marks and a missing last newline always count.
 *
 * @public
 */
export type TextPolicy = "none" | "line-endings"

/**
 * How the lines of a file end; `"none"` for a file without any newline, and for what is no text.
 *
 * @public
 */
export type LineEnding = "lf" | "crlf" | "mixed" | "none"

/**
 * The rule that a text policy applied to a merge: base and theirs were converted to the line ending of ours.
 *
 * @public
 */
export interface TextPolicyRule {
  readonly policy: "line-endings"
  /** The ending of ours, which the result has. */
  readonly ending: "lf" | "crlf"
  /** The sides that had the other ending and were converted. */
  readonly converted: ReadonlyArray<"base" | "theirs">
}

/**
 * The inputs of a merge after the policy has been applied.
 *
 * @public
 */
export interface PolicyInputs {
  readonly base: Uint8Array
  readonly ours: Uint8Array
  readonly theirs: Uint8Array
  readonly rule: TextPolicyRule | undefined
}

const CR = 0x0d
const LF = 0x0a

/**
 * Tells how the lines of a file end.
 *
 * @remarks
 * Only for what is text: no NUL among the first 8000 bytes, and well-formed UTF-8.
 *
 * @public
 */
export const lineEnding = (bytes: Uint8Array): LineEnding => {
  if (isBinary(bytes)) return "none"
  let lf = false
  let crlf = false
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if (at > 0 && bytes[at - 1] === CR) crlf = true
    else lf = true
    if (lf && crlf) break
  }
  if ((!lf && !crlf) || !isUtf8(bytes)) return "none"
  if (lf && crlf) return "mixed"
  return lf ? "lf" : "crlf"
}

/**
 * Gives every line of a text the ending asked for; the same array where nothing changes.
 *
 * @remarks
 * A CR that does not stand before a newline is content and stays.
 *
 * @public
 */
export const toEnding = (bytes: Uint8Array, ending: "lf" | "crlf"): Uint8Array => {
  let wrong = 0
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    if ((at > 0 && bytes[at - 1] === CR) !== (ending === "crlf")) wrong++
  }
  if (wrong === 0) return bytes
  const result = new Uint8Array(ending === "crlf" ? bytes.length + wrong : bytes.length - wrong)
  let to = 0
  let from = 0
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    const end = at > from && bytes[at - 1] === CR ? at - 1 : at
    result.set(bytes.subarray(from, end), to)
    to += end - from
    if (ending === "crlf") result[to++] = CR
    result[to++] = LF
    from = at + 1
  }
  result.set(bytes.subarray(from), to)
  return result
}

/**
 * The bytes to compare a file by: under `"line-endings"` a text whose lines all end in CRLF is given LF; anything else
 * is returned as it is.
 *
 * @public
 */
export const canonicalBytes = (bytes: Uint8Array, policy: TextPolicy): Uint8Array =>
  policy === "line-endings" && lineEnding(bytes) === "crlf" ? toEnding(bytes, "lf") : bytes

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/**
 * Tells whether two files are the same text under a policy.
 *
 * @public
 */
export const sameText = (a: Uint8Array, b: Uint8Array, policy: TextPolicy): boolean =>
  sameBytes(a, b) || (policy !== "none" && sameBytes(canonicalBytes(a, policy), canonicalBytes(b, policy)))

/**
 * Prepares the inputs of a merge: under `"line-endings"`, base and theirs get the ending of ours.
 *
 * @remarks
 * Applies only where ours ends all its lines alike and base and theirs are text that does not mix endings; otherwise
 * the bytes are merged as they are.
 *
 * @public
 */
export const applyTextPolicy = (
  base: Uint8Array,
  ours: Uint8Array,
  theirs: Uint8Array,
  policy: TextPolicy
): PolicyInputs => {
  const unchanged: PolicyInputs = { base, ours, theirs, rule: undefined }
  if (policy === "none") return unchanged
  const ending = lineEnding(ours)
  if (ending === "none" || ending === "mixed") return unchanged
  const baseEnding = lineEnding(base)
  const theirEnding = lineEnding(theirs)
  for (const [side, its] of [
    [base, baseEnding],
    [theirs, theirEnding]
  ] as const) {
    // Newlines without an ending to speak of: the side is no text.
    if (its === "mixed" || (its === "none" && side.includes(LF))) return unchanged
  }
  const converted: Array<"base" | "theirs"> = []
  if (baseEnding !== "none" && baseEnding !== ending) converted.push("base")
  if (theirEnding !== "none" && theirEnding !== ending) converted.push("theirs")
  if (converted.length === 0) return unchanged
  return {
    base: converted.includes("base") ? toEnding(base, ending) : base,
    ours,
    theirs: converted.includes("theirs") ? toEnding(theirs, ending) : theirs,
    rule: { policy, ending, converted }
  }
}
