/** Snapshots as they go from store to store: a text of one form, which its hash names. */
import * as Schema from "effect/Schema"
import { canonicalJson } from "../../algo/encoding/canonicalJson.ts"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { ObjectId } from "../../model/Ids.ts"
import { Snapshot } from "../../model/Snapshot.ts"
import type { Content } from "../objects/Objects.ts"

const header = "tidemark snapshot 1\n"
const decode = Schema.decodeUnknownExit(Snapshot)

/** The text of a snapshot, under its hash. @internal */
export const snapshotText = (snapshot: Snapshot, sha256: Sha256Function): Content => {
  const bytes = new TextEncoder().encode(header + canonicalJson(snapshot))
  return { id: sha256(bytes) as ObjectId, bytes }
}

/** The snapshot that a text is of; `undefined` where it is of none, or not in the one form. @internal */
export const readSnapshotText = (bytes: Uint8Array): Snapshot | undefined => {
  const text = new TextDecoder().decode(bytes)
  if (!text.startsWith(header)) return undefined
  let json: unknown
  try {
    json = JSON.parse(text.slice(header.length))
  } catch {
    return undefined
  }
  const decoded = decode(json)
  if (decoded._tag === "Failure") return undefined
  return header + canonicalJson(decoded.value) === text ? decoded.value : undefined
}
