/** What stands for a term in the rows that records are found by: few bytes, whatever the term's length. */
import { hash } from "node:crypto"

const keyBytes = 16
const nameBytes = 4
const idDigits = 64
const isId = /^[0-9a-f]{64}$/
/** So many keys are remembered; then it begins with none. */
const remembered = 10_000

const digestOf = (text: string): Buffer => hash("sha256", text, "buffer")

/** Half of an id is as much as all of another term's key. */
const keyOfId = (name: Buffer, id: string): Uint8Array => {
  const key = Buffer.allocUnsafe(nameBytes + keyBytes)
  name.copy(key, 0, 0, nameBytes)
  key.write(id.slice(0, 2 * keyBytes), nameBytes, "hex")
  return key
}

/**
 * Makes the function that gives a term's key: 16 bytes of its SHA-256. A term that ends in an id has 20: the id is a digest
 * already, and a digest of it costs an import more than all its other keys.
 *
 * @internal
 */
export const makeTermKey = (): ((term: string) => Uint8Array) => {
  const known = new Map<string, Buffer>()
  const digest = (text: string): Buffer => {
    let found = known.get(text)
    if (found === undefined) {
      found = digestOf(text)
      if (known.size >= remembered) known.clear()
      known.set(text, found)
    }
    return found
  }
  return (term) => {
    const name = term.length - idDigits
    return name > 0 && isId.test(term.slice(name))
      ? keyOfId(digest(term.slice(0, name)), term.slice(name))
      : digest(term).subarray(0, keyBytes)
  }
}
