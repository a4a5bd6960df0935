/** The stat cache: what vouches, without reading, that a file still holds what it held. */

import { randomUUID } from "node:crypto"
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync
} from "node:fs"
import { join } from "node:path"
import { crc32 } from "node:zlib"
import type { BlobId } from "../../model/Ids.ts"
import type { StandingFile } from "../../model/Standing.ts"
import { DirectoryCache, stampsDirectories } from "./directoryCache.ts"
import { kindOf, sha256 } from "./inspect.ts"
import type { Name } from "./names.ts"
import type { OsPath } from "./osPath.ts"

const magic = 0x544d5343 // TMSC
const version = 3
// Per entry, six numbers of 64 bits (as doubles: times to half a microsecond, which is far finer than any clock's tick
// that the rule below relies on) and an id of 32 bytes.
const numbers = 6
const idBytes = 32
const header = 24

interface Entries {
  readonly index: ReadonlyMap<string, number>
  readonly numbers: Float64Array
  readonly ids: Buffer
  /** The ids as text, one after the other. */
  readonly hex: string
  readonly directories: DirectoryCache
}

const none = (): Entries => ({
  index: new Map(),
  numbers: new Float64Array(0),
  ids: Buffer.alloc(0),
  hex: "",
  directories: new DirectoryCache(Buffer.alloc(0), 0)
})

const quietly = <A>(f: () => A): A | undefined => {
  try {
    return f()
  } catch {
    // A cache that cannot be read or written costs time, nothing else.
    return undefined
  }
}

/**
 * Layout: header, numbers, ids, then the paths with NUL between them, then the directories; a checksum over all that
 * follows it. The header's last two numbers are the length of the paths and how many directories there are.
 */
const decode = (bytes: Buffer): Entries | undefined => {
  if (bytes.length < header || bytes.readUInt32LE(0) !== magic || bytes.readUInt32LE(4) !== version) return undefined
  const count = bytes.readUInt32LE(8)
  const paths = header + count * (numbers * 8 + idBytes)
  const directories = paths + bytes.readUInt32LE(16)
  if (bytes.length < directories || bytes.readUInt32LE(12) !== crc32(bytes.subarray(16))) return undefined
  const names = count === 0 ? [] : bytes.toString("utf8", paths, directories).split("\0")
  if (names.length !== count) return undefined
  const index = new Map<string, number>()
  for (const [i, name] of names.entries()) index.set(name, i)
  // Copied, because a view needs an aligned start.
  const column = new Float64Array(count * numbers)
  new Uint8Array(column.buffer).set(bytes.subarray(header, header + column.byteLength))
  const ids = bytes.subarray(header + column.byteLength, paths)
  return {
    index,
    numbers: column,
    ids,
    hex: ids.toString("hex"),
    directories: new DirectoryCache(bytes.subarray(directories), bytes.readUInt32LE(20))
  }
}

/**
 * The racy-timestamp rule (git's Documentation/technical/racy-git.txt): a file changed in the same tick of the clock in
 * which it was read looks unchanged for ever, so only a file that was last changed in an earlier tick than the one in
 * which the scan began is remembered. A file system that counts whole seconds gets two of them.
 */
const isRacy = ({ mtimeMs, ctimeMs }: Stats, began: number): boolean =>
  Math.max(mtimeMs, ctimeMs) + (Number.isInteger(ctimeMs) ? 2_000 : 0) >= began

/** One scan's cache. @internal */
export class StatCache {
  readonly #file: string
  readonly #writing: string
  readonly #entries: Entries
  #fd: number | undefined
  /** The time at which the scan began, by the clock of the file system that holds the cache. */
  readonly #began: number
  /** What this scan read: paths, ids, and the numbers of each, without an object for every file. */
  readonly #fresh = { paths: [] as string[], ids: [] as BlobId[], numbers: [] as number[] }
  readonly #hits: Uint8Array
  #hitCount = 0
  /** The root's device, where directories are known by their times; else none is. */
  readonly #stamped: number | undefined

  private constructor(
    file: string,
    writing: string,
    entries: Entries,
    fd: number | undefined,
    began: number,
    stamped: number | undefined
  ) {
    this.#stamped = stamped
    this.#file = file
    this.#writing = writing
    this.#entries = entries
    this.#fd = fd
    this.#began = began
    this.#hits = new Uint8Array(entries.index.size)
  }

  /** Loads what is known of a root, if anything is. */
  static open(
    directory: string,
    root: { readonly real: OsPath; readonly dev: bigint; readonly ino: bigint }
  ): StatCache {
    const name = sha256(Buffer.from(`${root.real.toString("hex")}\0${root.dev}\0${root.ino}`)).slice(0, 40)
    const file = join(directory, `${name}.scan`)
    const writing = join(directory, `${name}.${randomUUID()}.tmp`)
    quietly(() => mkdirSync(directory, { recursive: true }))
    const fd = quietly(() => openSync(writing, "wx", 0o600))
    const began = fd === undefined ? 0 : (quietly(() => fstatSync(fd).mtimeMs) ?? 0)
    const stamped = stampsDirectories(root.real) ? Number(root.dev) : undefined
    return new StatCache(file, writing, quietly(() => decode(readFileSync(file))) ?? none(), fd, began, stamped)
  }

  /** Whether nothing is known: then a look at each file before reading it is wasted. */
  get isEmpty(): boolean {
    return this.#entries.index.size === 0
  }

  /** What a file with these stats holds, if it is known. */
  get(path: string, stats: Stats): StandingFile | undefined {
    const { hex, index, numbers: column } = this.#entries
    const i = index.get(path)
    if (i === undefined) return undefined
    const at = i * numbers
    if (
      column[at] !== stats.size ||
      column[at + 1] !== stats.mtimeMs ||
      column[at + 2] !== stats.ctimeMs ||
      column[at + 3] !== stats.ino ||
      column[at + 4] !== stats.dev ||
      column[at + 5] !== stats.mode
    ) {
      return undefined
    }
    if (this.#hits[i] === 0) this.#hitCount++
    this.#hits[i] = 1
    const id = hex.slice(i * idBytes * 2, (i + 1) * idBytes * 2) as BlobId
    return { kind: kindOf(stats.mode), id, size: stats.size }
  }

  /** Remembers what was read, unless it could still be changed without a trace. */
  set(path: string, stats: Stats, standing: StandingFile): void {
    if (stats.size !== standing.size || isRacy(stats, this.#began)) return
    this.#fresh.paths.push(path)
    this.#fresh.ids.push(standing.id)
    this.#fresh.numbers.push(stats.size, stats.mtimeMs, stats.ctimeMs, stats.ino, stats.dev, stats.mode)
  }

  /** The names of the directory with these stats, if they are known. */
  names(path: string, stats: Stats): ReadonlyArray<Name> | undefined {
    return stats.dev === this.#stamped ? this.#entries.directories.get(path, stats) : undefined
  }

  /** Remembers the names of a directory whose stats were taken before they were read; the same rule holds for them. */
  setNames(path: string, stats: Stats, names: ReadonlyArray<Name>): void {
    if (stats.dev !== this.#stamped || isRacy(stats, this.#began)) return
    this.#entries.directories.set(path, stats, names)
  }

  /** Writes what is known now; `keeps` tells of a path that was not scanned whether it stays known. */
  save(keeps: (path: string) => boolean): void {
    const { directories, ids, index, numbers: column } = this.#entries
    const fd = this.#fd
    if (fd === undefined) return
    const files = this.#fresh.paths.length > 0 || this.#hitCount < index.size
    if (!files && !directories.changes(keeps)) return
    const kept = [...index].filter(([path, i]) => this.#hits[i] === 1 || keeps(path))
    if (this.#fresh.paths.length === 0 && kept.length === index.size && !directories.changes(keeps)) return
    quietly(() => {
      const count = kept.length + this.#fresh.paths.length
      const numbersOut = new Float64Array(count * numbers)
      const idsOut = Buffer.allocUnsafe(count * idBytes)
      const paths: Array<string> = []
      // What is kept stands mostly in runs as long as the distance to the next change.
      for (let from = 0; from < kept.length; ) {
        const first = kept[from]?.[1] ?? 0
        let end = from
        while (end < kept.length && kept[end]?.[1] === first + end - from) paths.push(kept[end++]?.[0] ?? "")
        const last = first + end - from
        numbersOut.set(column.subarray(first * numbers, last * numbers), from * numbers)
        ids.copy(idsOut, from * idBytes, first * idBytes, last * idBytes)
        from = end
      }
      numbersOut.set(this.#fresh.numbers, kept.length * numbers)
      for (const [i, path] of this.#fresh.paths.entries()) {
        idsOut.write(this.#fresh.ids[i] ?? "", paths.length * idBytes, "hex")
        paths.push(path)
      }
      const top = Buffer.alloc(header)
      const text = Buffer.from(paths.join("\0"))
      const known = directories.encode(keeps)
      const bytes = Buffer.concat([top, Buffer.from(numbersOut.buffer), idsOut, text, known.bytes])
      bytes.writeUInt32LE(magic, 0)
      bytes.writeUInt32LE(version, 4)
      bytes.writeUInt32LE(count, 8)
      bytes.writeUInt32LE(text.length, 16)
      bytes.writeUInt32LE(known.count, 20)
      bytes.writeUInt32LE(crc32(bytes.subarray(16)), 12)
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
      renameSync(this.#writing, this.#file)
    })
  }

  /** Forgets this scan. */
  close(): void {
    const fd = this.#fd
    if (fd === undefined) return
    this.#fd = undefined
    quietly(() => closeSync(fd))
    quietly(() => rmSync(this.#writing, { force: true }))
  }
}
