/**
 * Telling UTF-8 from other bytes, without decoding.
 */

/** Whether `bytes[at]` continues a character. */
const continues = (bytes: Uint8Array, at: number): boolean =>
  at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80

/** The length of the well-formed character at `at`, zero where there is none. Unicode 15, table 3-7. */
const characterLength = (bytes: Uint8Array, at: number): number => {
  const lead = bytes[at] as number
  if (lead < 0x80) return 1
  if (lead < 0xc2 || !continues(bytes, at + 1)) return 0
  if (lead < 0xe0) return 2
  const second = bytes[at + 1] as number
  if (!continues(bytes, at + 2)) return 0
  // No overlong forms, no surrogates.
  if (lead < 0xf0) return (lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f) ? 0 : 3
  if (lead > 0xf4 || !continues(bytes, at + 3)) return 0
  return (lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f) ? 0 : 4
}

/**
 * Tells whether bytes are well-formed UTF-8. Linear.
 *
 * @public
 */
export const isUtf8 = (bytes: Uint8Array): boolean => {
  let at = 0
  while (at < bytes.length) {
    const length = (bytes[at] as number) < 0x80 ? 1 : characterLength(bytes, at)
    if (length === 0) return false
    at += length
  }
  return true
}
