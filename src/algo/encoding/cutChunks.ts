/**
 * Content-defined chunks: where a cut falls depends on the bytes around it alone, so an edit moves the cuts near it and no
 * others.
 *
 * A cut falls behind a byte whose rolling hash is the greatest of all within {@link reach} before and after it (Bjørner, Blass,
 * Gurevich: "Content-dependent chunking for differential compression, the local maximum approach", 2010). Unlike with a
 * cut where the hash first fits a mask, a least size need not be counted from the cut before: two greatest ones are never
 * nearer than that. So no cut depends on the one before it, and cuts that differ meet again at once.
 *
 * The rolling hash is Gear (Xia et al., "FastCDC", USENIX ATC 2016), which knows the last 32 bytes.
 */

/** How far a cut's hash must reign, each way: the least size of a chunk, and half of their average. */
const reach = 512 * 1024
const maximum = 4 * 1024 * 1024 - 64

/**
 * Only the greatest 256th of hashes are looked at: among a mebibyte of varied content there are thousands of them, and
 * the greatest of all is one of them. Nearly every byte costs one comparison.
 */
const least = 0x7effffff

/** A fixed table of 256 random words. Part of the format: another table cuts elsewhere and shares nothing with old stores. */
const gear: Int32Array = (() => {
  const table = new Int32Array(256)
  // splitmix32 from a fixed seed
  let state = 0x9e3779b9 | 0
  for (let i = 0; i < 256; i++) {
    state = (state + 0x9e3779b9) | 0
    let z = state ^ (state >>> 16)
    z = Math.imul(z, 0x21f0aaad)
    z ^= z >>> 15
    z = Math.imul(z, 0x735a2d97)
    table[i] = z ^ (z >>> 15)
  }
  return table
})()

/** Finds cuts in bytes that come in order. Places are counted from the beginning of the content. */
class Scanner {
  /** Where the chunk begins whose end is sought. */
  start = 0
  #scanned = 0
  #hash = 0
  /** Great hashes within reach, each greater than those after it, and their places. */
  #places: Array<number> = []
  #values: Array<number> = []
  /** Whether the first of those had no greater one, nor a cut that had to be, within reach before it. */
  #reigns = false
  /** The last of the greatest hashes where this chunk may end. */
  #best = 0
  #bestAt = 0

  /**
   * The end of the chunk, if it is certain from the bytes up to `end`; -1 if not. `bytes[0]` is at the place `origin`. Where
   * nothing follows them, it is certain.
   */
  next(bytes: Uint8Array, origin: number, end: number, isLast: boolean): number {
    if (this.start === end) return -1
    const limit = Math.min(end, this.start + maximum + reach)
    const to = limit - origin
    for (let i = this.#scanned - origin; ; i++) {
      i = this.#skip(bytes, i, to)
      if (i === to) break
      const cut = this.#meet(origin + i, this.#hash)
      if (cut < 0) continue
      this.#scanned = origin + i + 1
      return cut
    }
    this.#scanned = limit
    const settled = this.#settle(limit)
    if (settled >= 0) return settled
    if (limit - this.start < maximum + reach && !isLast) return -1
    if (isLast && limit === end && end - this.start <= maximum) return this.#restart(end)
    // Content that repeats itself: a place that looks like the one before it gives chunks that are alike.
    return this.#restart(this.#bestAt > 0 ? this.#bestAt : this.start + maximum)
  }

  /** The next byte whose hash is great, or `to`. Nothing else looks at every byte. */
  #skip(bytes: Uint8Array, from: number, to: number): number {
    const table = gear
    let hash = this.#hash
    let i = from
    for (; i < to; i++) {
      hash = ((hash << 1) + (table[bytes[i] as number] as number)) | 0
      if (hash > least) break
    }
    this.#hash = hash
    return i
  }

  /** A great hash: whom it ends the reign of, and whether it begins one. */
  #meet(place: number, hash: number): number {
    const cut = this.#settle(place)
    const places = this.#places
    const values = this.#values
    let gone = 0
    while (gone < places.length && (places[gone] as number) + reach < place) gone++
    if (gone > 0) {
      places.splice(0, gone)
      values.splice(0, gone)
    }
    while (values.length > 0 && (values[values.length - 1] as number) < hash) {
      values.pop()
      places.pop()
      if (values.length === 0) this.#reigns = false
    }
    const last = values.length - 1
    if (last >= 0 && values[last] === hash && !(last === 0 && this.#reigns)) places[last] = place
    else {
      if (last < 0) this.#reigns = place + 1 >= this.start + reach
      places.push(place)
      values.push(hash)
    }
    const after = place + 1
    if (hash >= this.#best && after >= this.start + reach && after <= this.start + maximum) {
      this.#best = hash
      this.#bestAt = after
    }
    return cut
  }

  /** The cut behind a hash that has reigned as far as `place`, if there is one. */
  #settle(place: number): number {
    const first = this.#places[0]
    if (!this.#reigns || first === undefined || first + reach >= place) return -1
    this.#reigns = false
    return this.#begin(first + 1)
  }

  #begin(start: number): number {
    this.start = start
    this.#best = 0
    this.#bestAt = 0
    return start
  }

  /** Cuts where no hash reigns, and begins anew there. */
  #restart(start: number): number {
    this.#scanned = start
    this.#hash = 0
    this.#places = []
    this.#values = []
    this.#reigns = false
    return this.#begin(start)
  }
}

/**
 * Cuts content into chunks of 512 KiB to 4 MiB, about 1 MiB on average; the last may be smaller. They are views of `bytes`,
 * in order.
 *
 * @public
 */
export const cutChunks = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  const scanner = new Scanner()
  for (let start = 0; start < bytes.length; ) {
    const end = scanner.next(bytes, 0, bytes.length, true)
    chunks.push(bytes.subarray(start, end))
    start = end
  }
  return chunks
}

/** Cuts content that comes in pieces; holds little more than one chunk of it. @public */
export interface ChunkCutter {
  /** Takes the next piece; gives the chunks that are certain by now. Each is good only until the next one is asked for. */
  readonly push: (piece: Uint8Array) => Iterable<Uint8Array>
  /** Gives the last chunks, which are good until more is pushed. */
  readonly end: () => ReadonlyArray<Uint8Array>
}

/**
 * Makes a cutter that cuts pieces exactly as {@link cutChunks} cuts the whole of them, however it is divided.
 *
 * @public
 */
export const makeChunkCutter = (): ChunkCutter => {
  const held = new Uint8Array(maximum + 2 * reach)
  const scanner = new Scanner()
  /** The place of the first held byte, and how many are held. */
  let origin = 0
  let end = 0
  function* drain(isLast: boolean): Generator<Uint8Array> {
    for (;;) {
      const start = scanner.start - origin
      const next = scanner.next(held, origin, origin + end, isLast)
      if (next < 0) return
      yield held.subarray(start, next - origin)
    }
  }
  return {
    *push(piece) {
      for (let at = 0; at < piece.length; ) {
        if (end === held.length) {
          const start = scanner.start - origin
          held.copyWithin(0, start, end)
          end -= start
          origin += start
        }
        const part = piece.subarray(at, at + held.length - end)
        held.set(part, end)
        end += part.length
        at += part.length
        yield* drain(false)
      }
    },
    end: () => [...drain(true)]
  }
}
