/** What a stored object holds, for those who look at objects one by one. */
import * as Effect from "effect/Effect"
import type { ObjectId } from "../../model/Ids.ts"
import { makePayloads, type Payloads } from "../objects/payload.ts"
import { fromStored } from "../objects/storedForm.ts"
import { Codecs } from "../references/Codecs.ts"

/** @internal */
export type Opened =
  | { readonly _tag: "Whole"; readonly content: Uint8Array }
  | { readonly _tag: "Chunks"; readonly chunks: ReadonlyArray<{ readonly id: ObjectId; readonly size: number }> }
  /** `isForeign`: it may be sound, and only this runtime cannot read it. */
  | { readonly _tag: "Unknown"; readonly detail: string; readonly isForeign: boolean }

/** Takes the stored form off. Whether the content is what the id promises is the caller's to check. */
const openWith = (payloads: Payloads, bytes: Uint8Array): Opened => {
  const stored = fromStored(bytes, payloads)
  if (stored._tag === "Damaged") return { _tag: "Unknown", detail: stored.detail, isForeign: false }
  if (stored._tag === "Undecodable") {
    const detail = `it is compressed with ${stored.codec}, which this runtime cannot undo`
    return { _tag: "Unknown", detail, isForeign: true }
  }
  return stored
}

/** What opens objects with the codecs of the host. @internal */
export type OpenObject = (bytes: Uint8Array) => Opened

/** Makes what opens objects: with `Codecs`, which are the runtime's own where the host gives no others. @internal */
export const objectOpener: Effect.Effect<OpenObject> = Effect.map(Codecs, (codecs) => {
  const payloads = makePayloads(codecs, "none")
  return (bytes) => openWith(payloads, bytes)
})
