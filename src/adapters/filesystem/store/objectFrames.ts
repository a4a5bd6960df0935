/** What one frame of the objects' log says: what was stored or made fresh, what was removed, and what is unsettled. */
import type { ObjectId } from "../../../model/Ids.ts"
import type { ObjectInfo } from "../../../storage/ObjectStorage.ts"

/** @internal */
export interface ObjectChange {
  readonly stored: ReadonlyArray<ObjectInfo>
  readonly removed: ReadonlyArray<ObjectId>
  /** Whose files may be there though the objects are not, until the next change. */
  readonly unsettled: ReadonlyArray<ObjectId>
}

const idLength = 32
/** How long a stored object's entry is. @internal */
export const entryLength: number = idLength + 4 + 8
const headLength = 12

/** @internal */
export const encodeObjects = ({ removed, stored, unsettled }: ObjectChange): Buffer => {
  const bytes = Buffer.allocUnsafe(
    headLength + stored.length * entryLength + (removed.length + unsettled.length) * idLength
  )
  for (const [i, { length }] of [stored, removed, unsettled].entries()) bytes.writeUInt32LE(length, i * 4)
  let at = headLength
  const writeId = (id: ObjectId) => {
    at += bytes.write(id, at, idLength, "hex")
  }
  for (const { id, size, storedAt } of stored) {
    writeId(id)
    bytes.writeUInt32LE(size, at)
    bytes.writeDoubleLE(storedAt, at + 4)
    at += 12
  }
  for (const id of removed) writeId(id)
  for (const id of unsettled) writeId(id)
  return bytes
}

/** The frame's checksum says that it is what {@link encodeObjects} made. @internal */
export const decodeObjects = (bytes: Buffer): ObjectChange => {
  let at = headLength
  const readId = () => {
    at += idLength
    return bytes.toString("hex", at - idLength, at) as ObjectId
  }
  const several = <A>(which: number, read: () => A) => Array.from({ length: bytes.readUInt32LE(which * 4) }, read)
  const stored = several(0, () => {
    const id = readId()
    at += 12
    return { id, size: bytes.readUInt32LE(at - 12), storedAt: bytes.readDoubleLE(at - 8) }
  })
  return { stored, removed: several(1, readId), unsettled: several(2, readId) }
}
