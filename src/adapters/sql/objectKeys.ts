/** Ids of objects as tables have them: 32 bytes in place of 64 digits, in the same order. */
import type { ObjectId } from "../../model/Ids.ts"

const isHash = /^[0-9a-f]{64}$/

/** Misuse is a defect: what is no id was given that name by nobody. @internal */
export const keyOfObject = (id: ObjectId): Uint8Array => {
  if (!isHash.test(id)) throw new TypeError(`${JSON.stringify(id)} is no id of an object`)
  return Buffer.from(id, "hex")
}

const digits = 64

/** The greatest key that is not above a text, and whether its own id is: a list may begin anywhere, not only at an id. @internal */
export const keyBelow = (text: string): { readonly key: Uint8Array; readonly isAbove: boolean } => {
  const [hex = ""] = /^[0-9a-f]{0,64}/.exec(text) ?? []
  const next = text.charAt(hex.length)
  // What begins as the text does is above it where the text ends, or goes on with something that is below all digits.
  const isAbove = hex.length < digits && next < "0"
  const isBetween = hex.length < digits && next > "9" && next < "a"
  const id = isBetween ? `${hex}9`.padEnd(digits, "f") : hex.padEnd(digits, isAbove ? "0" : "f")
  return { key: Buffer.from(id, "hex"), isAbove }
}

/** The id that a key stands for; damage may have left any bytes there. @internal */
export const objectOfKey = (key: Uint8Array): ObjectId =>
  Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("hex") as ObjectId

/** Those that can be stored at all, as keys. @internal */
export const keysOfObjects = (ids: ReadonlyArray<ObjectId>): ReadonlyArray<Uint8Array> =>
  ids.flatMap((id) => (isHash.test(id) ? [keyOfObject(id)] : []))
