/**
 * How much of one file is in another, estimated from the pieces both are made of: lines, and of long lines stretches of
 * 64 bytes. Order does not count.
 */
import { isBinary } from "../../text/isBinary.ts"

/** What is kept of a file to compare it: hashes of its pieces, ascending, and how many bytes fall on each. @public */
export interface Fingerprint {
  readonly size: number
  readonly hashes: Uint32Array
  readonly bytes: Uint32Array
}

/** The score of equal files. Scores are whole numbers, so that what differs by less than a step is a tie. @public */
export const FULL_SCORE = 60_000

const LF = 0x0a
const CR = 0x0d
const PIECE = 64

/**
 * Cuts a file into pieces and counts them. In a text, the CR of a CRLF is no part of its line.
 *
 * @public
 */
export const fingerprint = (content: Uint8Array): Fingerprint => {
  const text = !isBinary(content)
  const counts = new Map<number, number>()
  let hash = 0x811c9dc5
  let length = 0
  const cut = () => {
    counts.set(hash, (counts.get(hash) ?? 0) + length)
    hash = 0x811c9dc5
    length = 0
  }
  for (let i = 0; i < content.length; i++) {
    const byte = content[i] as number
    if (text && byte === CR && content[i + 1] === LF) continue
    // FNV-1a.
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
    length++
    if (byte === LF || length === PIECE) cut()
  }
  if (length > 0) cut()
  const hashes = Uint32Array.from(counts.keys()).sort()
  return { size: content.length, hashes, bytes: hashes.map((key) => counts.get(key) as number) }
}

/** Whether files of these sizes are too different to reach a score, whatever they hold. @public */
export const tooDifferent = (a: number, b: number, least: number): boolean => {
  const larger = Math.max(a, b)
  return larger * (FULL_SCORE - least) < (larger - Math.min(a, b)) * FULL_SCORE
}

/**
 * Estimates, from 0 to {@link FULL_SCORE}, how much of the larger file is in the smaller one.
 *
 * @public
 */
export const similarity = (a: Fingerprint, b: Fingerprint): number => {
  let shared = 0
  let i = 0
  let j = 0
  while (i < a.hashes.length && j < b.hashes.length) {
    const x = a.hashes[i] as number
    const y = b.hashes[j] as number
    if (x === y) shared += Math.min(a.bytes[i++] as number, b.bytes[j++] as number)
    else if (x < y) i++
    else j++
  }
  const larger = Math.max(a.size, b.size)
  return larger === 0 ? 0 : Math.floor((shared * FULL_SCORE) / larger)
}
