/**
 * Collecting pieces of bytes and copying them once.
 */
import type { TextLines } from "./textLines.ts"

/**
 * A list of pieces; neighbours that are neighbours in their source too become one piece.
 *
 * @public
 */
export class Output {
  private readonly sources: Array<Uint8Array> = []
  private readonly from: Array<number> = []
  private readonly to: Array<number> = []
  private length = 0

  /** Appends the lines `[start, end)` of a text. */
  lines(lines: TextLines, start: number, end: number): void {
    this.piece(lines.bytes, lines.starts[start] as number, lines.starts[end] as number)
  }

  /** Appends bytes. */
  bytes(bytes: Uint8Array): void {
    this.piece(bytes, 0, bytes.length)
  }

  /** Everything appended so far, in an array of its own. */
  finish(): Uint8Array {
    const result = new Uint8Array(this.length)
    let at = 0
    for (let i = 0; i < this.sources.length; i++) {
      const piece = (this.sources[i] as Uint8Array).subarray(this.from[i], this.to[i])
      result.set(piece, at)
      at += piece.length
    }
    return result
  }

  private piece(source: Uint8Array, from: number, to: number): void {
    if (from === to) return
    this.length += to - from
    const last = this.sources.length - 1
    if (last >= 0 && this.sources[last] === source && this.to[last] === from) {
      this.to[last] = to
      return
    }
    this.sources.push(source)
    this.from.push(from)
    this.to.push(to)
  }
}
