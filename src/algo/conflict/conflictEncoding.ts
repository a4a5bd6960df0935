/** The canonical encoding of a conflict: a header line with the scheme's number, then canonical JSON. */
import type { Conflict, Term } from "../../model/Conflict.ts"
import type { ObjectId } from "../../model/Ids.ts"
import { canonicalJson } from "../encoding/canonicalJson.ts"

const header = "tidemark conflict 1\n"

/**
 * Encodes a conflict. Its id is the SHA-256 of these bytes. What is settled is in them only where something is, so that
 * most conflicts keep the id they had before there was such a thing.
 *
 * @public
 */
export const encodeConflict = ({ bases, kind, settled, sides }: Conflict): Uint8Array =>
  new TextEncoder().encode(
    header + canonicalJson({ kind, bases, sides, ...(settled === undefined ? {} : { settled }) })
  )

/** The objects that a conflict names beside its terms: texts of what is settled. @public */
export const settledObjects = ({ settled }: Conflict): ReadonlyArray<ObjectId> =>
  settled === undefined ? [] : [...settled.hunks, ...settled.edits].map(({ text }) => text)

/**
 * Takes the header off, leaving JSON for a schema to check; `undefined` where this is no conflict that this Tidemark knows.
 *
 * @public
 */
export const decodeConflict = (bytes: Uint8Array): unknown => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    return text.startsWith(header) ? JSON.parse(text.slice(header.length)) : undefined
  } catch {
    return undefined
  }
}

/** Whether two terms are the same thing (or both nothing). @public */
export const sameTerm = (a: Term | null, b: Term | null): boolean =>
  a === b || (a !== null && b !== null && a.kind === b.kind && a.id === b.id && a.path === b.path)
