/**
 * What object storage holds under an id: three header bytes, then the payload. `T`, the form (`w`hole or a list of
 * `c`hunks), the codec (`0`: as it is). Neither takes part in identity: ids are of the decoded content.
 */
import { cutChunks } from "../../algo/encoding/cutChunks.ts"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { ObjectId } from "../../model/Ids.ts"
import type { StoredObject } from "../../storage/ObjectStorage.ts"

const mark = 0x54
const whole = 0x77
const chunked = 0x63
const identity = 0x30

/** Content above this many bytes is kept in chunks. @internal */
export const wholeLimit = 1024 * 1024

const wrap = (form: number, payload: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(payload.length + 3)
  bytes[0] = mark
  bytes[1] = form
  bytes[2] = identity
  bytes.set(payload, 3)
  return bytes
}

/** The objects that keep this content: one, or its chunks and the list that names them. @internal */
export const toStored = (id: ObjectId, content: Uint8Array, sha256: Sha256Function): ReadonlyArray<StoredObject> => {
  const chunks = content.length <= wholeLimit ? [content] : cutChunks(content)
  // A single chunk is the content itself, under the same id: there must not be two forms of one object.
  if (chunks.length <= 1) return [{ id, bytes: wrap(whole, content) }]
  let list = ""
  const objects: Array<StoredObject> = []
  for (const chunk of chunks) {
    const chunkId = sha256(chunk) as ObjectId
    list += `${chunkId} ${chunk.length}\n`
    objects.push({ id: chunkId, bytes: wrap(whole, chunk) })
  }
  objects.push({ id, bytes: wrap(chunked, new TextEncoder().encode(list)) })
  return objects
}

/** What a stored object turned out to hold. @internal */
export type Stored =
  | { readonly _tag: "Whole"; readonly content: Uint8Array }
  | { readonly _tag: "Chunks"; readonly chunks: ReadonlyArray<{ readonly id: ObjectId; readonly size: number }> }
  | { readonly _tag: "Unknown"; readonly detail: string }

/** Takes the header off. Whether the content is what the id promises is the caller's to check. @internal */
export const fromStored = (bytes: Uint8Array): Stored => {
  if (bytes[0] !== mark || bytes[2] !== identity)
    return { _tag: "Unknown", detail: "it has no header that this Tidemark knows" }
  const payload = bytes.subarray(3)
  if (bytes[1] === whole) return { _tag: "Whole", content: payload }
  if (bytes[1] !== chunked) return { _tag: "Unknown", detail: "it has a form that this Tidemark does not know" }
  const chunks: Array<{ readonly id: ObjectId; readonly size: number }> = []
  for (const line of new TextDecoder().decode(payload).split("\n")) {
    if (line === "") continue
    const match = /^([0-9a-f]{64}) ([0-9]{1,10})$/.exec(line)
    if (match === null) return { _tag: "Unknown", detail: "its list of chunks is malformed" }
    chunks.push({ id: (match[1] ?? "") as ObjectId, size: Number(match[2]) })
  }
  return { _tag: "Chunks", chunks }
}
