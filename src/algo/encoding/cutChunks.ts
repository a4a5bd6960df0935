/**
 * Content-defined chunks: where a cut falls depends on the bytes around it alone, so an insertion moves the cuts near it
 * and no others.
 *
 * The rolling hash is Gear with normalised chunking (Xia et al., "FastCDC: a Fast and Efficient Content-Defined Chunking
 * Approach for Data Deduplication", USENIX ATC 2016): a stricter mask before the average size, a laxer one after it.
 */

const minimum = 256 * 1024
const average = 1024 * 1024
const maximum = 4 * 1024 * 1024 - 64

// 20 bits ± 2 around the average of 1 MiB. High bits, because Gear shifts left: those have seen the most bytes.
const strict = 0xfffffc00 | 0
const lax = 0xffffc000 | 0

/** A fixed table of 256 random words. Part of the format: another table cuts elsewhere and shares nothing with old stores. */
const gear: Int32Array = (() => {
  const table = new Int32Array(256)
  // splitmix32 from a fixed seed
  let state = 0x9e3779b9 | 0
  for (let i = 0; i < 256; i++) {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    table[i] = z ^ (z >>> 15)
  }
  return table
})()

/** The end of the chunk that starts at `start`. */
const cut = (bytes: Uint8Array, start: number): number => {
  const rest = bytes.length - start
  if (rest <= minimum) return bytes.length
  const middle = start + Math.min(average, rest)
  const end = start + Math.min(maximum, rest)
  let hash = 0
  let i = start + minimum
  for (; i < middle; i++) {
    hash = ((hash << 1) + (gear[bytes[i] as number] as number)) | 0
    if ((hash & strict) === 0) return i + 1
  }
  for (; i < end; i++) {
    hash = ((hash << 1) + (gear[bytes[i] as number] as number)) | 0
    if ((hash & lax) === 0) return i + 1
  }
  return end
}

/**
 * Cuts content into chunks of 256 KiB to 4 MiB, about 1 MiB on average. The chunks are views of `bytes`, in order.
 *
 * @public
 */
export const cutChunks = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  for (let start = 0; start < bytes.length; ) {
    const end = cut(bytes, start)
    chunks.push(bytes.subarray(start, end))
    start = end
  }
  return chunks
}

/** Cuts content that comes in pieces; holds little more than one chunk of it. @public */
export interface ChunkCutter {
  /** Takes the next piece; gives the chunks that are certain by now. Each is good only until the next one is asked for. */
  readonly push: (piece: Uint8Array) => Iterable<Uint8Array>
  /** Gives the last chunks, which are good until more is pushed. */
  readonly end: () => ReadonlyArray<Uint8Array>
}

/**
 * Makes a cutter that cuts pieces exactly as {@link cutChunks} cuts the whole of them, however it is divided.
 *
 * @public
 */
export const makeChunkCutter = (): ChunkCutter => {
  const held = new Uint8Array(maximum + average)
  let start = 0
  let end = 0
  /** Cuts while what follows cannot change where the cut falls. */
  function* drain(atLeast: number): Generator<Uint8Array> {
    while (end - start >= atLeast) {
      const next = cut(held.subarray(0, end), start)
      const chunk = held.subarray(start, next)
      start = next
      yield chunk
    }
  }
  return {
    *push(piece) {
      for (let at = 0; at < piece.length; ) {
        if (end === held.length) {
          held.copyWithin(0, start, end)
          end -= start
          start = 0
        }
        const part = piece.subarray(at, at + held.length - end)
        held.set(part, end)
        end += part.length
        at += part.length
        yield* drain(maximum)
      }
    },
    end: () => [...drain(1)]
  }
}
