/**
 * The bytes of a backup: the line `tidemark backup 1`, then frames. A frame is a letter, the length of its payload in four
 * bytes (the lowest first), the SHA-256 of the frame before, of the letter and of the payload, and the payload. So no frame can be
 * changed, left out, repeated or moved, and the last one vouches for all.
 *
 * `o`: an object, its id in 32 bytes and what is stored under it. `r`: records, as JSON. `n`: refs, as JSON. `e`: the end.
 */
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"

/** @internal */
export const archiveHeader: Uint8Array = new TextEncoder().encode("tidemark backup 1\n")
/** @internal */
export type FrameKind = "o" | "r" | "n" | "e"
/** What a frame has before its payload. @internal */
export const frameHead = 37
/** No frame's payload is longer. @internal */
export const payloadLimit: number = 64 * 1024 * 1024

const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16))
const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

const isFrameKind = (letter: string): letter is FrameKind => ["o", "r", "n", "e"].includes(letter)

/** Chains frames by their checksums; one for each backup that is written or read. @internal */
export const makeFrameChain = (sha256: Sha256Function) => {
  let last = new Uint8Array(32)
  const sumOf = (letter: number, payload: Uint8Array): Uint8Array => {
    const covered = new Uint8Array(33 + payload.length)
    covered.set(last)
    covered[32] = letter
    covered.set(payload, 33)
    return fromHex(sha256(covered))
  }
  return {
    /** The bytes of the next frame. */
    encode: (kind: FrameKind, payload: Uint8Array): Uint8Array => {
      const frame = new Uint8Array(frameHead + payload.length)
      const letter = kind.charCodeAt(0)
      frame[0] = letter
      new DataView(frame.buffer).setUint32(1, payload.length, true)
      const sum = sumOf(letter, payload)
      frame.set(sum, 5)
      frame.set(payload, frameHead)
      last = new Uint8Array(sum)
      return frame
    },
    /** What the next frame says; `undefined` when it is not the one that was written there. */
    decode: (head: Uint8Array, payload: Uint8Array): FrameKind | undefined => {
      const letter = String.fromCharCode(head[0] ?? 0)
      const sum = sumOf(head[0] ?? 0, payload)
      if (!isFrameKind(letter) || toHex(sum) !== toHex(head.subarray(5, frameHead))) return undefined
      last = new Uint8Array(sum)
      return letter
    }
  }
}

/** @internal */
export const encodeObject = (id: string, bytes: Uint8Array): Uint8Array => {
  const payload = new Uint8Array(32 + bytes.length)
  payload.set(fromHex(id))
  payload.set(bytes, 32)
  return payload
}

/** @internal */
export const decodeObject = (payload: Uint8Array): { readonly id: string; readonly bytes: Uint8Array } => ({
  id: toHex(payload.subarray(0, 32)),
  bytes: payload.slice(32)
})
