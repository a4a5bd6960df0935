/** The one order of ids, names and terms: by UTF-8 bytes. */

/**
 * Compares two well-formed strings by their UTF-8 bytes, without encoding them.
 *
 * @remarks
 * UTF-16 order differs from UTF-8 order only where a surrogate meets a unit above the surrogates (U+E000 to U+FFFF), so
 * those are lifted past each other.
 *
 * @public
 */
export const compareUtf8 = (a: string, b: string): number => {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i)
    let y = b.charCodeAt(i)
    if (x === y) continue
    if (x >= 0xd800 && y >= 0xd800) {
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000
    }
    return x - y
  }
  return a.length - b.length
}
