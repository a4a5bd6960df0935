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
