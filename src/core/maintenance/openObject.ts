/** What a stored object holds, for those who look at objects one by one. */
import type { ObjectId } from "../../model/Ids.ts"
import { fromStored } from "../objects/storedForm.ts"

/** @internal */
export type Opened =
  | { readonly _tag: "Whole"; readonly content: Uint8Array }
  | { readonly _tag: "Chunks"; readonly chunks: ReadonlyArray<{ readonly id: ObjectId; readonly size: number }> }
  | { readonly _tag: "Unknown"; readonly detail: string }

/** Takes the stored form off. Whether the content is what the id promises is the caller's to check. @internal */
export const openObject = (bytes: Uint8Array): Opened => fromStored(bytes)
