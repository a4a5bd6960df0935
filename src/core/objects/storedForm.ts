/**
 * What object storage holds under an id: content that is `w`hole, or a list of `c`hunks, each an object of its own. Neither
 * the form nor the codec (see `payload.ts`) takes part in identity: ids are of the decoded content.
 */
import type { ObjectId } from "../../model/Ids.ts"
import { contentLimit, hasKnownHeader, type Payloads } from "./payload.ts"

const whole = 0x77
const chunked = 0x63

/** Content above this many bytes is kept in chunks. @internal */
export const wholeLimit = 1024 * 1024

/** One piece of a content: an object of its own. `size` is in bytes. @internal */
export interface Chunk {
  readonly id: ObjectId
  readonly size: number
}

/** The stored form of content that is kept whole. @internal */
export const packWhole = (content: Uint8Array, { pack }: Payloads): Uint8Array => pack(whole, content)

/** The stored form of content that is kept in chunks. @internal */
export const packList = (chunks: ReadonlyArray<Chunk>, { pack }: Payloads): Uint8Array =>
  pack(chunked, new TextEncoder().encode(chunks.map(({ id, size }) => `${id} ${size}\n`).join("")))

/** The form that a stored object's header names. Neither the payload nor the id is looked at. @internal */
export const formOf = (bytes: Uint8Array): "whole" | "chunked" | "unknown" => {
  if (!hasKnownHeader(bytes)) return "unknown"
  return bytes[1] === whole ? "whole" : bytes[1] === chunked ? "chunked" : "unknown"
}

/** What a stored object turned out to hold. @internal */
export type Stored =
  | { readonly _tag: "Whole"; readonly content: Uint8Array }
  | { readonly _tag: "Chunks"; readonly chunks: ReadonlyArray<Chunk> }
  | { readonly _tag: "Damaged"; readonly detail: string }
  | { readonly _tag: "Undecodable"; readonly codec: string }

/** Takes the header off. Whether the content is what the id promises is the caller's to check. @internal */
export const fromStored = (bytes: Uint8Array, { unpack }: Payloads): Stored => {
  const unpacked = unpack(bytes)
  if (unpacked._tag !== "Content") return unpacked
  const { content, form } = unpacked
  if (form === whole) return { _tag: "Whole", content }
  const damaged = (detail: string): Stored => ({ _tag: "Damaged", detail })
  if (form !== chunked) return damaged("it has a form that this Tidemark does not know")
  const chunks: Array<Chunk> = []
  for (const line of new TextDecoder().decode(content).split("\n")) {
    if (line === "") continue
    const match = /^([0-9a-f]{64}) ([0-9]{1,7})$/.exec(line)
    if (match === null || Number(match[2]) > contentLimit) return damaged("its list of chunks is malformed")
    chunks.push({ id: (match[1] ?? "") as ObjectId, size: Number(match[2]) })
  }
  return { _tag: "Chunks", chunks }
}
