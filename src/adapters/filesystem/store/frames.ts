/**
 * The bytes of a log: a header, a mark, then frames.
 *
 * - Header (32 bytes): `tidemark`, the format's number, a random generation, a checksum.
 * - Mark (24 bytes, from 64): where the last frame ends, where the last one ends that is certainly on the disk, a checksum.
 * - Frames, from 128: 4 bytes that begin each, the payload's length, generation, position, SHA-256 of all of that and the
 *   payload, payload.
 *
 * A frame is only one in the file and at the place that it says: bytes that a file system left behind from another file, or
 * that were copied from elsewhere, are no frame here. That it says so itself serves the salvage of a log that lost its header,
 * or bytes in the middle.
 */
import { createHash } from "node:crypto"

/** Where frames begin. @internal */
export const framesStart = 128
/** Where the mark is. @internal */
export const markStart = 64
/** @internal */
export const markLength = 24
/** @internal */
export const headerLength = 32
/** What a frame has before its payload. @internal */
export const frameHead = 64
const generationAt = 8
const positionAt = 24
const checksumAt = 32
/** The number of this format. @internal */
export const logFormat = 1

const magic = Buffer.from("tidemark")
/** What each frame begins with: not valid UTF-8, so that no text within a payload looks like it. @internal */
export const frameMagic: Buffer = Buffer.from([0xf5, 0x74, 0x6d, 0xc0])

const digest = (...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const numberBytes = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

/** @internal */
export const encodeHeader = (generation: Uint8Array): Buffer => {
  const header = Buffer.alloc(headerLength)
  magic.copy(header)
  header.writeUInt32LE(logFormat, 8)
  header.set(generation, 12)
  digest(header.subarray(0, 28)).copy(header, 28, 0, 4)
  return header
}

/** A header's format and generation; `undefined` when it is none. @internal */
export const decodeHeader = (header: Buffer): { readonly format: number; readonly generation: Buffer } | undefined => {
  if (header.length < headerLength || !header.subarray(0, 8).equals(magic)) return undefined
  if (!digest(header.subarray(0, 28)).subarray(0, 4).equals(header.subarray(28, 32))) return undefined
  return { format: header.readUInt32LE(8), generation: Buffer.from(header.subarray(12, 28)) }
}

/** How far a log goes, and how much of that is certainly on the disk. @internal */
export interface Mark {
  readonly end: number
  readonly durable: number
}

/** @internal */
export const encodeMark = (generation: Uint8Array, { durable, end }: Mark): Buffer => {
  const positions = Buffer.concat([numberBytes(end), numberBytes(durable)])
  return Buffer.concat([positions, digest(generation, positions).subarray(0, 8)])
}

/** @internal */
export const decodeMark = (generation: Uint8Array, mark: Buffer): Mark | undefined => {
  const positions = mark.subarray(0, 16)
  if (!digest(generation, positions).subarray(0, 8).equals(mark.subarray(16, markLength))) return undefined
  return { end: Number(positions.readBigUInt64LE()), durable: Number(positions.readBigUInt64LE(8)) }
}

const checksum = (generation: Uint8Array, position: number, payload: Uint8Array) =>
  digest(generation, numberBytes(position), numberBytes(payload.length), payload)

/** @internal */
export const encodeFrame = (generation: Uint8Array, position: number, payload: Uint8Array): Buffer => {
  const frame = Buffer.allocUnsafe(frameHead + payload.length)
  frameMagic.copy(frame)
  frame.writeUInt32LE(payload.length, 4)
  frame.set(generation, generationAt)
  frame.set(numberBytes(position), positionAt)
  checksum(generation, position, payload).copy(frame, checksumAt)
  frame.set(payload, frameHead)
  return frame
}

/** The length of a frame's payload, by the frame's first bytes; `undefined` when they begin none. @internal */
export const payloadLength = (head: Buffer): number | undefined =>
  head.length >= frameHead && head.subarray(0, 4).equals(frameMagic) ? head.readUInt32LE(4) : undefined

/** Where a frame says that it belongs. @internal */
export interface FramePlace {
  readonly generation: Buffer
  readonly position: number
}

/** Where a frame was written, if it is as it was written: it may stand elsewhere now. @internal */
export const placeOf = (frame: Buffer): FramePlace | undefined => {
  const generation = frame.subarray(generationAt, positionAt)
  const position = Number(frame.readBigUInt64LE(positionAt))
  if (!Number.isSafeInteger(position)) return undefined
  const isSound = checksum(generation, position, frame.subarray(frameHead)).equals(
    frame.subarray(checksumAt, frameHead)
  )
  return isSound ? { generation: Buffer.from(generation), position } : undefined
}

/** Whether a frame of that position is as it was written. @internal */
export const isWhole = (generation: Uint8Array, position: number, frame: Buffer): boolean => {
  const place = placeOf(frame)
  return place !== undefined && place.position === position && place.generation.equals(generation)
}
