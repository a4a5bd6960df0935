/** A hash function handed in from outside: algorithms name things, but compute no digests of their own. */

/** SHA-256 of the bytes, in lower-case hex. @public */
export type Sha256Function = (bytes: Uint8Array) => string
