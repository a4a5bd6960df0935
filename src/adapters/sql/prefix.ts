/** Prefixes as ranges, so that an index answers them. */

/**
 * The least text above every text that starts with `prefix`, in the order of UTF-8 bytes; `null` if there is none.
 *
 * @internal
 */
export const afterPrefix = (prefix: string): string | null => {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0)
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue
    // Surrogates are no characters of their own.
    const next = last === 0xd7ff ? 0xe000 : last + 1
    return String.fromCodePoint(...points, next)
  }
  return null
}
