/** The hash of a text, without an array of bytes for each: an import hashes three texts a version. */
import type { Sha256Function } from "./Sha256Function.ts"

const encoder = new TextEncoder()
const scratch = new Uint8Array(1 << 16)

/** SHA-256 of a text's UTF-8 bytes. The function is done with the bytes when it returns: hashing is synchronous. @internal */
export const hashText = (text: string, sha256: Sha256Function): string =>
  // A unit takes three bytes at most.
  text.length * 3 > scratch.length
    ? sha256(encoder.encode(text))
    : sha256(scratch.subarray(0, encoder.encodeInto(text, scratch).written))
