/**
 * One append-only file of checksummed frames, read by any number of processes and written by one at a time.
 *
 * A writer appends a frame, makes it durable, and then moves the mark behind it. Readers read to the mark, so they see
 * a frame only when it is whole, and wait for nobody. What stands behind the mark was left by a writer
 * that died: the next one takes what is whole, and cuts off what is torn.
 */
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import { dirname } from "node:path"
import { StorageSchemaNewer } from "../../../storage/StorageError.ts"
import { codeOf } from "../failures.ts"
import {
  decodeHeader,
  decodeMark,
  encodeFrame,
  encodeHeader,
  encodeMark,
  frameHead,
  frameMagic,
  framesStart,
  headerLength,
  isWhole,
  logFormat,
  type Mark,
  markLength,
  markStart,
  payloadLength,
  placeOf
} from "./frames.ts"
import type { StoreDisk } from "./StoreDisk.ts"
import { Damaged, Refused } from "./storeErrors.ts"

/** Who is told what the log holds. `reset`: what was told before is told again from the start. @internal */
export interface LogReader {
  readonly reset: () => void
  readonly frame: (payload: Buffer) => void
}

interface Opened {
  readonly fd: number
  readonly inode: bigint
  readonly generation: Buffer
}

/** How much is read at once. */
const windowLength = 1024 * 1024

/** @internal */
export class FrameLog {
  readonly #disk: StoreDisk
  readonly #path: string
  readonly #readonly: boolean
  readonly #reader: LogReader
  #opened: Opened | undefined
  #end = framesStart
  #durable = framesStart
  /** Where a frame may stand that was said to have failed, and could not be taken back. */
  #failedAt: number | undefined

  constructor(disk: StoreDisk, path: string, readonly: boolean, reader: LogReader) {
    this.#disk = disk
    this.#path = path
    this.#readonly = readonly
    this.#reader = reader
  }

  /** How long the log is, as far as it was read. */
  get length(): number {
    return this.#end
  }

  /** Makes the log with these payloads, in place of whatever it was before. */
  write(payloads: Iterable<Uint8Array>): void {
    const generation = randomBytes(16)
    const writing = `${this.#path}.new`
    const fd = this.#disk.create(writing)
    let end = framesStart
    try {
      for (const payload of payloads) {
        const frame = encodeFrame(generation, end, payload)
        this.#disk.write(fd, frame, end, writing)
        end += frame.length
      }
      const head = Buffer.alloc(framesStart)
      encodeHeader(generation).copy(head)
      encodeMark(generation, { end, durable: end }).copy(head, markStart)
      this.#disk.write(fd, head, 0, writing)
      this.#disk.sync(fd, writing)
      this.#disk.rename(writing, this.#path)
    } catch (error) {
      fs.closeSync(fd)
      throw error
    }
    this.close()
    // The reader knows what the log holds: it is what was just written.
    this.#opened = { fd, inode: fs.fstatSync(fd, { bigint: true }).ino, generation }
    this.#end = end
    this.#durable = end
    this.#disk.syncDirectoryNow(dirname(this.#path))
  }

  /** Tells the reader what was committed since it was last asked. Whether the mark, that says how much it is, could be read. */
  refresh(): boolean {
    const opened = this.#open()
    const mark = this.#mark(opened)
    if (mark === undefined) return false
    if (mark.end > this.#end) this.#read(opened, mark.end)
    // What was not made durable may have been lost with the power, though the mark was not.
    if (this.#end < mark.durable) throw this.#damaged(this.#end)
    this.#durable = mark.durable
    return true
  }

  /**
   * The same, and what stands behind the mark: what is whole is taken, what is torn is cut off. For the one who holds
   * the lock; with `readonly`, nothing is cut.
   */
  recover(): void {
    const isMarked = this.refresh()
    const opened = this.#open()
    if (this.#failedAt === this.#end) this.#disk.truncate(opened.fd, this.#end, this.#path)
    this.#failedAt = undefined
    const length = fs.fstatSync(opened.fd).size
    if (length <= this.#end) {
      if (length < this.#end) throw this.#damage(`it ends at byte ${length}, before its last commit does`)
      return
    }
    this.#read(opened, length)
    if (this.#end < length) {
      // A write that was torn leaves the mark as it was: without one, what is not whole may have been committed.
      if (!isMarked || this.#hasFrameAfter(opened, this.#end, length)) throw this.#damaged(this.#end)
    }
    if (this.#readonly) return
    if (this.#end < length) this.#disk.truncate(opened.fd, this.#end, this.#path)
    this.#disk.sync(opened.fd, this.#path)
    this.#moveMark(opened, { end: this.#end, durable: this.#end })
  }

  /**
   * Appends one frame: all of it or nothing, and visible to others once this returns. Without `durable` it may be lost
   * with the machine's power.
   */
  append(payload: Uint8Array, durable: boolean): void {
    const opened = this.#open()
    const frame = encodeFrame(opened.generation, this.#end, payload)
    const end = this.#end + frame.length
    const after: Mark = { end, durable: durable ? end : this.#durable }
    try {
      this.#disk.write(opened.fd, frame, this.#end, this.#path)
      if (durable) this.#disk.sync(opened.fd, this.#path)
      this.#moveMark(opened, after)
    } catch (error) {
      // What cannot be taken back now is, before this writer writes again. Should another one be first, it takes what is whole.
      this.#failedAt = this.#end
      try {
        this.#disk.truncate(opened.fd, this.#end, this.#path)
        this.#moveMark(opened, { end: this.#end, durable: this.#durable })
        this.#failedAt = undefined
      } catch {}
      throw error
    }
    this.#end = after.end
    this.#durable = after.durable
  }

  close(): void {
    if (this.#opened !== undefined) fs.closeSync(this.#opened.fd)
    this.#opened = undefined
  }

  /** A log that was rewritten is another file under the same name; who still reads the old one finds it whole. */
  #open(): Opened {
    const inode = fs.statSync(this.#path, { bigint: true }).ino
    if (this.#opened?.inode === inode) return this.#opened
    const fd = fs.openSync(this.#path, this.#readonly ? "r" : "r+")
    try {
      const head = Buffer.alloc(headerLength)
      fs.readSync(fd, head, 0, headerLength, 0)
      const header = decodeHeader(head)
      if (header === undefined) throw this.#damage("it has no header of a log")
      if (header.format > logFormat) {
        const found = { operation: "open", found: header.format, supported: logFormat }
        throw new Refused(new StorageSchemaNewer(found))
      }
      this.close()
      this.#opened = { fd, inode: fs.fstatSync(fd, { bigint: true }).ino, generation: header.generation }
    } catch (error) {
      fs.closeSync(fd)
      throw error
    }
    this.#end = framesStart
    this.#durable = framesStart
    this.#failedAt = undefined
    this.#reader.reset()
    return this.#opened
  }

  /** A mark that is just being written may be read in halves: it is there again at once. */
  #mark({ fd, generation }: Opened): Mark | undefined {
    const bytes = Buffer.alloc(markLength)
    for (let tries = 0; tries < 8; tries++) {
      fs.readSync(fd, bytes, 0, markLength, markStart)
      const mark = decodeMark(generation, bytes)
      if (mark !== undefined) return mark
    }
    return undefined
  }

  #moveMark({ fd, generation }: Opened, mark: Mark): void {
    this.#disk.write(fd, encodeMark(generation, mark), markStart, this.#path)
  }

  #damaged(position: number): Damaged {
    return this.#damage(`what was written at byte ${position} is not what stands there`)
  }

  #damage(detail: string): Damaged {
    return new Damaged(this.#path, `${detail}; the salvage of tidemark/filesystem saves what is sound`)
  }

  /** Tells the reader each frame up to `limit`; stops before the first that is not whole. */
  #read({ fd, generation }: Opened, limit: number): void {
    let window: Buffer = Buffer.alloc(0)
    let from = this.#end
    const need = (position: number, length: number): Buffer | undefined => {
      if (position + length > limit) return undefined
      if (position < from || position + length > from + window.length) {
        window = readAt(fd, position, Math.min(Math.max(length, windowLength), limit - position))
        from = position
      }
      const part = window.subarray(position - from, position - from + length)
      return part.length < length ? undefined : part
    }
    for (;;) {
      const head = need(this.#end, frameHead)
      const length = head === undefined ? undefined : payloadLength(head)
      if (length === undefined) return
      const frame = need(this.#end, frameHead + length)
      if (frame === undefined || !isWhole(generation, this.#end, frame)) return
      this.#reader.frame(frame.subarray(frameHead))
      this.#end += frame.length
    }
  }

  /** Whether a sound frame stands behind one that is not whole: then something was damaged, and not the last write torn. */
  #hasFrameAfter({ fd, generation }: Opened, position: number, limit: number): boolean {
    const rest = readAt(fd, position, limit - position)
    for (let at = rest.indexOf(frameMagic, 1); at >= 0; at = rest.indexOf(frameMagic, at + 1)) {
      const length = payloadLength(rest.subarray(at, at + frameHead))
      if (length === undefined || at + frameHead + length > rest.length) continue
      if (placeOf(rest.subarray(at, at + frameHead + length))?.generation.equals(generation) === true) return true
    }
    return false
  }
}

const readAt = (fd: number, position: number, length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const read = fs.readSync(fd, bytes, done, length - done, position + done)
    if (read === 0) break
    done += read
  }
  return bytes.subarray(0, done)
}

/** Whether a log is there. @internal */
export const hasLog = (path: string): boolean => {
  try {
    return fs.statSync(path).isFile()
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false
    throw error
  }
}
