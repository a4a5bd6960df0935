/** What is still sound in a damaged log: every frame whose checksum holds, wherever it stands. */
import * as fs from "node:fs"
import {
  decodeHeader,
  decodeMark,
  type FramePlace,
  frameHead,
  frameMagic,
  framesStart,
  headerLength,
  markLength,
  markStart,
  payloadLength,
  placeOf
} from "./frames.ts"

/** Bytes of a log, as it was before it was damaged. @internal */
export interface LogRange {
  readonly from: number
  readonly to: number
}

interface SoundFrame extends FramePlace {
  readonly payload: Buffer
}

/** How much is looked through at once. */
const windowLength = 1024 * 1024

const readAt = (fd: number, position: number, length: number): Buffer => {
  const bytes = Buffer.alloc(length)
  let done = 0
  for (let read = -1; done < length && read !== 0; done += read) {
    read = fs.readSync(fd, bytes, done, length - done, position + done)
  }
  return bytes.subarray(0, done)
}

/** The place of the next bytes that may begin a frame, from `start` on. */
const nextMagic = (fd: number, start: number, size: number): number | undefined => {
  // One frame follows the other, but where something is damaged.
  if (readAt(fd, start, frameMagic.length).equals(frameMagic)) return start
  for (let from = start; from < size; from += windowLength) {
    // A little more than the step: what begins a frame may stand across the border.
    const found = readAt(fd, from, Math.min(windowLength + frameMagic.length - 1, size - from)).indexOf(frameMagic)
    if (found >= 0) return from + found
  }
  return undefined
}

/** All frames that are sound, in the order in which they stand. Where one is not, the next is looked for byte by byte. */
function* framesIn(fd: number, size: number): Generator<SoundFrame> {
  for (let at = nextMagic(fd, 0, size); at !== undefined; ) {
    const length = payloadLength(readAt(fd, at, frameHead))
    const frame =
      length === undefined || at + frameHead + length > size ? undefined : readAt(fd, at, frameHead + length)
    const place = frame === undefined ? undefined : placeOf(frame)
    if (frame !== undefined && place !== undefined) yield { ...place, payload: frame.subarray(frameHead) }
    const next: number = frame !== undefined && place !== undefined ? at + frame.length : at + 1
    at = nextMagic(fd, next, size)
  }
}

/** The generation that most frames say: what a file system left of another file is less than the file's own. */
const mostFrequent = (fd: number, size: number): Buffer | undefined => {
  const bytes = new Map<string, number>()
  for (const { generation, payload } of framesIn(fd, size)) {
    const key = generation.toString("hex")
    bytes.set(key, (bytes.get(key) ?? 0) + frameHead + payload.length)
  }
  const [first] = [...bytes].sort(([, a], [, b]) => b - a)
  return first === undefined ? undefined : Buffer.from(first[0], "hex")
}

/**
 * Reads the sound frames of a damaged log in the order in which they were written, each once; gives how many there are, and
 * what is lost between and behind them.
 *
 * @internal
 */
export const readSoundFrames = (
  path: string,
  use: (payload: Buffer) => void
): { readonly frames: number; readonly lost: ReadonlyArray<LogRange> } => {
  const fd = fs.openSync(path, "r")
  try {
    const { size } = fs.fstatSync(fd)
    const generation = decodeHeader(readAt(fd, 0, headerLength))?.generation ?? mostFrequent(fd, size)
    const lost: Array<LogRange> = []
    let [end, frames] = [framesStart, 0]
    for (const frame of generation === undefined ? [] : framesIn(fd, size)) {
      if (generation === undefined || !frame.generation.equals(generation) || frame.position < end) continue
      if (frame.position > end) lost.push({ from: end, to: frame.position })
      use(frame.payload)
      frames += 1
      end = frame.position + frameHead + frame.payload.length
    }
    const mark = generation === undefined ? undefined : decodeMark(generation, readAt(fd, markStart, markLength))
    // Behind the mark only what was never committed. Without a mark nobody can tell that from what was.
    const last = mark?.end ?? size
    if (last > end) lost.push({ from: end, to: last })
    return { frames, lost }
  } finally {
    fs.closeSync(fd)
  }
}
