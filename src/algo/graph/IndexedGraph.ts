/** A whole version graph in typed arrays, found by id: some 60 bytes a version, in memory as in a file. */
import type { Sha256Function } from "../encoding/Sha256Function.ts"
import type { Dag } from "./Dag.ts"
import { grow, IdTable } from "./IdTable.ts"

const words = 8
/** A loaded index is large, and seldom grows by much. */
const factor = 1.5
const magic = "tidemark versions 1\n"
/** Magic, then the SHA-256 of all that follows, in hex. */
const headerBytes = 88
/** A number that reads otherwise on a machine with another order of bytes. */
const orderMark = 0x01020304

/**
 * Versions by number: every parent has a lower one than its child. Only ever added to.
 *
 * @internal
 */
export class IndexedGraph {
  #ids = new IdTable(factor)
  #ats: Float64Array<ArrayBuffer> = new Float64Array(64)
  #offsets: Uint32Array<ArrayBuffer> = new Uint32Array(65)
  #parents: Uint32Array<ArrayBuffer> = new Uint32Array(64)

  get size(): number {
    return this.#ids.size
  }

  /** The number of an id; -1 where it has none. */
  find(id: string): number {
    return this.#ids.find(id)
  }

  id(number: number): string {
    return this.#ids.id(number)
  }

  /** The version's place in the order. */
  at(number: number): number {
    return this.#ats[number] as number
  }

  /** The ids of a version's parents, the first parent first. */
  parents(number: number): ReadonlyArray<string> {
    return Array.from(this.#parents.subarray(this.#offsets[number], this.#offsets[number + 1]), (k) => this.id(k))
  }

  /** Adds a version. False where one of its parents was not added before; then nothing changes. */
  add(id: string, at: number, parents: ReadonlyArray<string>): boolean {
    const numbers = parents.map((parent) => this.find(parent))
    if (numbers.includes(-1)) return false
    if (this.find(id) !== -1) return true
    const number = this.#ids.add(id)
    this.#ats = grow(this.#ats, this.size, factor)
    this.#ats[number] = at
    const start = this.#offsets[number] as number
    this.#parents = grow(this.#parents, start + numbers.length, factor)
    this.#parents.set(numbers, start)
    this.#offsets = grow(this.#offsets, this.size + 1, factor)
    this.#offsets[this.size] = start + numbers.length
    return true
  }

  /** The graph as it is now; a view, good until something is added. */
  dag(): Dag {
    const offsets = this.#offsets.subarray(0, this.size + 1)
    return { size: this.size, offsets, parents: this.#parents.subarray(0, offsets[this.size]) }
  }

  /** All of it as bytes, with a note of up to 2^16 bytes. */
  encode(note: string, sha256: Sha256Function): Uint8Array {
    const noteBytes = new TextEncoder().encode(note)
    const { offsets, parents, size } = this.dag()
    const noteEnd = headerBytes + 16 + Math.ceil(noteBytes.length / 8) * 8
    const atsEnd = noteEnd + size * 8
    const idsEnd = atsEnd + size * words * 4
    const offsetsEnd = idsEnd + offsets.length * 4
    const bytes = new Uint8Array(offsetsEnd + parents.length * 4)
    new Uint32Array(bytes.buffer, headerBytes, 4).set([orderMark, size, parents.length, noteBytes.length])
    bytes.set(noteBytes, headerBytes + 16)
    new Float64Array(bytes.buffer, noteEnd, size).set(this.#ats.subarray(0, size))
    new Uint32Array(bytes.buffer, atsEnd, size * words).set(this.#ids.words)
    new Uint32Array(bytes.buffer, idsEnd, offsets.length).set(offsets)
    new Uint32Array(bytes.buffer, offsetsEnd, parents.length).set(parents)
    bytes.set(new TextEncoder().encode(magic + sha256(bytes.subarray(headerBytes)).padEnd(headerBytes - magic.length)))
    return bytes
  }

  /** Reads what {@link encode} wrote; `undefined` for anything else. The graph may share the bytes. */
  static decode(
    given: Uint8Array,
    sha256: Sha256Function
  ): { readonly graph: IndexedGraph; readonly note: string } | undefined {
    if (given.length < headerBytes + 16) return undefined
    const head = new TextDecoder().decode(given.subarray(0, headerBytes))
    if (head !== magic + sha256(given.subarray(headerBytes)).padEnd(headerBytes - magic.length)) return undefined
    const aligned = given.byteOffset % 8 === 0 && given.buffer instanceof ArrayBuffer
    const bytes = aligned ? (given as Uint8Array<ArrayBuffer>) : new Uint8Array(given)
    const { buffer, byteOffset } = bytes
    const [mark, size = 0, parentCount = 0, noteLength = 0] = new Uint32Array(buffer, byteOffset + headerBytes, 4)
    const noteEnd = headerBytes + 16 + Math.ceil(noteLength / 8) * 8
    const atsEnd = noteEnd + size * 8
    const idsEnd = atsEnd + size * words * 4
    const offsetsEnd = idsEnd + (size + 1) * 4
    if (mark !== orderMark || bytes.length !== offsetsEnd + parentCount * 4) return undefined
    const graph = new IndexedGraph()
    graph.#ats = new Float64Array(buffer, byteOffset + noteEnd, size)
    graph.#ids = IdTable.of(new Uint32Array(buffer, byteOffset + atsEnd, size * words), factor)
    graph.#offsets = new Uint32Array(buffer, byteOffset + idsEnd, size + 1)
    graph.#parents = new Uint32Array(buffer, byteOffset + offsetsEnd, parentCount)
    if (!graph.#isSound(parentCount)) return undefined
    const noteStart = headerBytes + 16
    return { graph, note: new TextDecoder().decode(bytes.subarray(noteStart, noteStart + noteLength)) }
  }

  /** Whether every parent comes before its child: a walk down then ends. */
  #isSound(parentCount: number): boolean {
    if (this.#offsets[0] !== 0 || this.#offsets[this.size] !== parentCount) return false
    for (let i = 0; i < this.size; i++) {
      const end = this.#offsets[i + 1] as number
      const start = this.#offsets[i] as number
      if (end < start || end > parentCount) return false
      for (let k = start; k < end; k++) if ((this.#parents[k] as number) >= i) return false
    }
    return true
  }
}
