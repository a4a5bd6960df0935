/** What vouches, without reading a directory again, that it still holds the names that it held. */
import { type Stats, statfsSync } from "node:fs"
import type { Kind, Name } from "./names.ts"
import type { OsPath } from "./osPath.ts"

// Per directory, four numbers of 64 bits.
const numbers = 4

const letters: { readonly [letter: string]: Kind } = { f: "file", d: "directory", l: "symlink" }
const letterOf = new Map(Object.entries(letters).map(([letter, kind]) => [kind, letter]))

/**
 * File systems of Linux that stamp a directory whenever a name in it is made, removed or replaced (statfs(2) has their
 * numbers): ext, XFS, Btrfs, F2FS, ZFS, tmpfs, overlayfs. Others, those of networks above all, are read every time.
 */
const stamping = new Set([0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0x01021994, 0x794c7630])

/** Whether a root's file system tells by a directory's times that its names are the same. @internal */
export const stampsDirectories = (root: OsPath): boolean => {
  if (process.platform !== "linux") return false
  try {
    return stamping.has(statfsSync(root).type)
  } catch {
    return false
  }
}

/** The text that keeps a directory's names; `undefined` where they are not worth it: bytes, or things never read. */
const written = (names: ReadonlyArray<Name>): string | undefined => {
  let text = ""
  for (const { kind, raw } of names) {
    const letter = letterOf.get(kind)
    if (letter === undefined || typeof raw !== "string" || raw.includes("\\")) return undefined
    text += text === "" ? `${letter}${raw}` : `/${letter}${raw}`
  }
  return text
}

const read = (text: string): ReadonlyArray<Name> =>
  text === ""
    ? []
    : text.split("/").map((entry) => {
        const name = entry.slice(1)
        return { text: name, raw: name, kind: letters[entry[0] ?? ""] ?? "unknown" }
      })

/** The names of one root's directories, as the cache's file keeps them. @internal */
export class DirectoryCache {
  readonly #index = new Map<string, number>()
  readonly #numbers: Float64Array
  /** Paths and names by turns. */
  readonly #texts: ReadonlyArray<string>
  readonly #hits: Uint8Array
  #hitCount = 0
  /** Paths and names by turns, and the numbers of each. */
  readonly #fresh = { texts: [] as string[], numbers: [] as number[] }

  readonly #bytes: Buffer

  constructor(bytes: Buffer, count: number) {
    this.#bytes = bytes
    this.#numbers = new Float64Array(count * numbers)
    new Uint8Array(this.#numbers.buffer).set(bytes.subarray(0, this.#numbers.byteLength))
    this.#texts = count === 0 ? [] : bytes.toString("utf8", this.#numbers.byteLength).split("\0")
    for (let i = 0; i < count; i++) this.#index.set(this.#texts[2 * i] ?? "", i)
    this.#hits = new Uint8Array(count)
  }

  /** The names of a directory with these stats, if they are known; sorted as they were. */
  get(path: string, stats: Stats): ReadonlyArray<Name> | undefined {
    const i = this.#index.get(path)
    if (i === undefined) return undefined
    const at = i * numbers
    if (
      this.#numbers[at] !== stats.mtimeMs ||
      this.#numbers[at + 1] !== stats.ctimeMs ||
      this.#numbers[at + 2] !== stats.ino ||
      this.#numbers[at + 3] !== stats.dev
    ) {
      return undefined
    }
    if (this.#hits[i] === 0) this.#hitCount++
    this.#hits[i] = 1
    return read(this.#texts[2 * i + 1] ?? "")
  }

  /** Remembers names; the stats were taken before they were read, so that whatever came meanwhile shows later. */
  set(path: string, stats: Stats, names: ReadonlyArray<Name>): void {
    const text = written(names)
    if (text === undefined) return
    this.#fresh.texts.push(path, text)
    this.#fresh.numbers.push(stats.mtimeMs, stats.ctimeMs, stats.ino, stats.dev)
  }

  /** Whether there is anything to write. */
  changes(keeps: (path: string) => boolean): boolean {
    if (this.#fresh.texts.length > 0) return true
    if (this.#hitCount === this.#index.size) return false
    for (const [path, i] of this.#index) if (this.#hits[i] === 0 && !keeps(path)) return true
    return false
  }

  /** What is known now, and how many directories that are. */
  encode(keeps: (path: string) => boolean): { readonly count: number; readonly bytes: Buffer } {
    if (!this.changes(keeps)) return { count: this.#index.size, bytes: this.#bytes }
    const kept = [...this.#index].filter(([path, i]) => this.#hits[i] === 1 || keeps(path))
    const count = kept.length + this.#fresh.texts.length / 2
    const column = new Float64Array(count * numbers)
    const texts: Array<string> = []
    for (const [path, i] of kept) {
      column.set(this.#numbers.subarray(i * numbers, (i + 1) * numbers), (texts.length / 2) * numbers)
      texts.push(path, this.#texts[2 * i + 1] ?? "")
    }
    column.set(this.#fresh.numbers, kept.length * numbers)
    for (const text of this.#fresh.texts) texts.push(text)
    return { count, bytes: Buffer.concat([Buffer.from(column.buffer), Buffer.from(texts.join("\0"))]) }
  }
}
