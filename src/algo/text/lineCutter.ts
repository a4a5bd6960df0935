/**
 * Finding and hashing lines, four bytes at a time.
 */

/** Its lowest bit is the top bit of the first byte that is a newline (Mycroft's test for a zero byte); zero if none is. */
const newlineMask = (word: number): number => {
  const zeroed = word ^ 0x0a0a0a0a
  return (zeroed - 0x01010101) & ~zeroed & 0x80808080
}

const mixed = (hash: number, word: number): number => {
  const product = Math.imul(hash ^ word, 0x01000193)
  return product ^ (product >>> 15)
}

/**
 * A text being cut into lines; keeps the end and the hash of the line it has looked at last.
 *
 * @public
 */
export class LineCutter {
  /** Where the last line ends: past its newline. */
  end = 0
  /** A hash of all bytes of the last line. */
  hash = 0
  readonly bytes: Uint8Array
  private readonly words: DataView

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Finds the end of the line at `start`, and hashes it on the way. */
  scan(start: number): void {
    const { words } = this
    const length = this.bytes.length
    let at = start
    // Two independent chains, since each waits for its last multiplication.
    let even = 0x811c9dc5 | 0
    let odd = 0x9e3779b9 | 0
    for (; at + 8 <= length; at += 8) {
      const first = words.getInt32(at, true)
      const second = words.getInt32(at + 4, true)
      if ((newlineMask(first) | newlineMask(second)) !== 0) break
      even = mixed(even, first)
      odd = mixed(odd, second)
    }
    let word = this.word(at)
    let mask = newlineMask(word)
    if (mask === 0 && at + 4 < length) {
      even = mixed(even, word)
      at += 4
      word = this.word(at)
      mask = newlineMask(word)
    }
    if (mask === 0) this.end = length
    else {
      // The bits below the mask's lowest are those of the line; bit 31 is that of a whole word.
      const lowest = mask & -mask
      word &= lowest | (lowest - 1)
      this.end = at + 4 - (Math.clz32(lowest) >>> 3)
    }
    // The last step of MurmurHash3: every bit of the input has a part in the low bits, which choose the slot.
    let hash = even ^ Math.imul(mixed(odd, word), 0x5bd1e995)
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    this.hash = hash ^ (hash >>> 16)
  }

  /** How many bytes from `start` on are those that `other` has from `otherStart` on. */
  common(start: number, other: LineCutter, otherStart: number): number {
    const { bytes, words } = this
    const { bytes: otherBytes, words: otherWords } = other
    const size = Math.min(bytes.length - start, otherBytes.length - otherStart)
    const shift = otherStart - start
    const end = start + size
    let at = start
    while (at + 4 <= end && words.getInt32(at, true) === otherWords.getInt32(at + shift, true)) at += 4
    while (at < end && bytes[at] === otherBytes[at + shift]) at++
    return at - start
  }

  /** The four bytes at `at`, the first in the lowest place; zeros where there are fewer. */
  private word(at: number): number {
    const { bytes } = this
    if (at + 4 <= bytes.length) return this.words.getInt32(at, true)
    let word = 0
    for (let i = bytes.length - 1; i >= at; i--) word = (word << 8) | (bytes[i] as number)
    return word
  }
}
