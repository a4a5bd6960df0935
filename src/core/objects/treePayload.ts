/**
 * Trees as they are stored: half of a tree's text is ids in hexadecimal, which no general codec makes as small as the bytes
 * that they stand for, and trees are too many and too small for one that has to be set up for each.
 *
 * Per entry: the kind's letter, the id in 32 bytes, the size and the length of the name (seven bits a byte, the lowest
 * first), the name. The text is made again to the byte; what is not exactly a tree's text is not kept so.
 */
const header = new TextEncoder().encode("tidemark tree 1\n")
const [space, colon, newline, zero] = [0x20, 0x3a, 0x0a, 0x30]
const idBytes = 32

const isLetter = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x61 && byte <= 0x7a

const nibble = (byte: number | undefined): number => {
  if (byte === undefined) return -1
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1
}
const digits = new TextEncoder().encode("0123456789abcdef")

/** Where bytes are read from, or written to. */
interface Cursor {
  readonly bytes: Uint8Array
  at: number
}

/** Reads a decimal number and what ends it; -1 where none is written as numbers are. */
const decimal = (from: Cursor, end: number): number => {
  const start = from.at
  let value = 0
  for (; from.bytes[from.at] !== end; from.at++) {
    const digit = (from.bytes[from.at] ?? 0) - zero
    if (digit < 0 || digit > 9 || from.at - start >= 16) return -1
    value = value * 10 + digit
  }
  if (from.at === start || value > Number.MAX_SAFE_INTEGER || (from.bytes[start] === zero && from.at > start + 1))
    return -1
  from.at++
  return value
}

const putDecimal = (to: Cursor, value: number): void => {
  for (const digit of String(value)) to.bytes[to.at++] = digit.charCodeAt(0)
}

const varint = (from: Cursor): number => {
  let [value, factor] = [0, 1]
  for (let n = 0; n < 8; n++) {
    const byte = from.bytes[from.at++]
    if (byte === undefined) return -1
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return value
    factor *= 128
  }
  return -1
}

const putVarint = (to: Cursor, value: number): void => {
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) to.bytes[to.at++] = (rest % 128) | 0x80
  to.bytes[to.at++] = rest
}

/** The short form of a tree's text; `undefined` for anything else. @internal */
export const packTree = (content: Uint8Array): Uint8Array | undefined => {
  if (content.length < header.length) return undefined
  for (let i = 0; i < header.length; i++) if (content[i] !== header[i]) return undefined
  const from: Cursor = { bytes: content, at: header.length }
  // An entry's text is longer than its short form by more than 32 bytes.
  const to: Cursor = { bytes: new Uint8Array(content.length), at: 0 }
  while (from.at < content.length) {
    const letter = content[from.at]
    if (letter === undefined || !isLetter(letter) || content[from.at + 1] !== space) return undefined
    to.bytes[to.at++] = letter
    from.at += 2
    for (let i = 0; i < idBytes; i++, from.at += 2) {
      const [high, low] = [nibble(content[from.at]), nibble(content[from.at + 1])]
      if (high < 0 || low < 0) return undefined
      to.bytes[to.at++] = high * 16 + low
    }
    if (content[from.at++] !== space) return undefined
    const size = decimal(from, space)
    const length = size < 0 ? -1 : decimal(from, colon)
    if (length < 0 || content[from.at + length] !== newline) return undefined
    putVarint(to, size)
    putVarint(to, length)
    to.bytes.set(content.subarray(from.at, from.at + length), to.at)
    to.at += length
    from.at += length + 1
  }
  return to.bytes.subarray(0, to.at)
}

/** The text of `size` bytes that {@link packTree} made short; `undefined` where it is none. @internal */
export const unpackTree = (packed: Uint8Array, size: number): Uint8Array | undefined => {
  const from: Cursor = { bytes: packed, at: 0 }
  const to: Cursor = { bytes: new Uint8Array(size), at: header.length }
  if (size < header.length) return undefined
  to.bytes.set(header)
  while (from.at < packed.length) {
    const letter = packed[from.at++] ?? 0
    const id = from.at
    from.at += idBytes
    const bytes = varint(from)
    const length = varint(from)
    if (bytes < 0 || length < 0 || from.at + length > packed.length) return undefined
    // What does not fit is found out before it is written: typed arrays drop it without a word.
    const written = 2 + idBytes * 2 + 1 + String(bytes).length + 1 + String(length).length + 1 + length + 1
    if (to.at + written > size) return undefined
    to.bytes[to.at++] = letter
    to.bytes[to.at++] = space
    for (let i = id; i < id + idBytes; i++) {
      const byte = packed[i] ?? 0
      to.bytes[to.at++] = digits[byte >> 4] ?? 0
      to.bytes[to.at++] = digits[byte & 15] ?? 0
    }
    to.bytes[to.at++] = space
    putDecimal(to, bytes)
    to.bytes[to.at++] = space
    putDecimal(to, length)
    to.bytes[to.at++] = colon
    to.bytes.set(packed.subarray(from.at, from.at + length), to.at)
    to.at += length
    from.at += length
    to.bytes[to.at++] = newline
  }
  return to.at === size ? to.bytes : undefined
}
