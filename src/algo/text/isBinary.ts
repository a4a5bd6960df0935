/**
 * Telling text from other content.
 */

/** How far git looks. */
const LOOKED_AT = 8000

/**
 * Tells whether bytes are taken for something other than text: git's rule, a NUL among the first 8000 bytes.
 *
 * @public
 */
export const isBinary = (bytes: Uint8Array): boolean => {
  const nul = bytes.subarray(0, LOOKED_AT).indexOf(0)
  return nul >= 0
}
