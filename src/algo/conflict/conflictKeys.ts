/** What a decision is remembered by: the contents that disagreed, whichever side was whose. */
import type { Conflict, Term } from "../../model/Conflict.ts"
import { joinBytes } from "../../model/joinBytes.ts"
import { canonicalJson } from "../encoding/canonicalJson.ts"
import type { Hunk } from "./hunks.ts"

const encoder = new TextEncoder()

const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** The bytes whose hash names a hunk: base, then both sides in the order of their bytes, each with its length. @public */
export const hunkKeyBytes = ({ baseBytes, ourBytes, theirBytes }: Hunk): Uint8Array =>
  joinBytes([
    encoder.encode("tidemark hunk 1\n"),
    ...[baseBytes, ...[ourBytes, theirBytes].sort(compareBytes)].flatMap((text) => [
      encoder.encode(`${text.length}\n`),
      text
    ])
  ])

const termKey = (term: Term | null) => (term === null ? "" : `${term.kind} ${term.id}`)

/** The bytes whose hash names a whole conflict: its terms, in either order of the sides. @public */
export const conflictKeyBytes = ({ bases, sides }: Conflict): Uint8Array =>
  encoder.encode(
    `tidemark conflict key 1\n${canonicalJson({ bases: bases.map(termKey).sort(), sides: sides.map(termKey).sort() })}`
  )
