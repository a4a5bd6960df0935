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
import type { BlobId } from "../../model/Ids.ts"
import type { StandingFile } from "../../model/Standing.ts"
import {
  type CacheTable,
  type DirectoryRow,
  decodeTable,
  directoryNumbers,
  emptyTable,
  encodeTable,
  FileColumns,
  fileNumbers
} from "./cacheTable.ts"
import { allNames, fileNames, readFileNames, readNames, stampsDirectories } from "./directoryNames.ts"
import { kindOf, sha256 } from "./inspect.ts"
import type { Name } from "./names.ts"
import { baseOf, type OsPath, parentOf } from "./osPath.ts"

const quietly = <A>(f: () => A): A | undefined => {
  try {
    return f()
  } catch {
    // A cache that cannot be read or written costs time, nothing else.
    return undefined
  }
}

/**
 * The racy-timestamp rule (git's Documentation/technical/racy-git.txt): a file changed in the same tick of the clock in
 * which it was read looks unchanged for ever, so only a file that was last changed in an earlier tick than the one in
 * which the reading began is remembered. A file system that counts whole seconds gets two of them.
 */
const isRacy = ({ mtimeMs, ctimeMs }: Stats, began: number): boolean =>
  Math.max(mtimeMs, ctimeMs) + (Number.isInteger(ctimeMs) ? 2_000 : 0) >= began

/** What is known of a directory's files, each by its place among the files of the directory's names. @internal */
export interface KnownFiles {
  /** What a file with these stats holds, if it is known. */
  readonly get: (file: number, stats: Stats) => StandingFile | undefined
  /** Remembers what was read, unless it could still be changed without a trace. */
  readonly set: (file: number, stats: Stats, standing: StandingFile) => void
}

/** A directory's names, and what is known of the files among them. @internal */
export interface KnownDirectory {
  readonly names: ReadonlyArray<Name>
  readonly files: KnownFiles
}

const recall = (from: FileColumns, file: number, dev: number, stats: Stats): StandingFile | undefined => {
  const { numbers } = from
  const at = file * fileNumbers
  if (
    numbers[at] !== stats.size ||
    numbers[at + 1] !== stats.mtimeMs ||
    numbers[at + 2] !== stats.ctimeMs ||
    numbers[at + 3] !== stats.ino ||
    numbers[at + 4] !== stats.mode ||
    dev !== stats.dev
  ) {
    return undefined
  }
  return { kind: kindOf(stats.mode), id: from.id(file) as BlobId, size: stats.size }
}

/** One scan's cache. @internal */
export class StatCache {
  readonly #directory: string
  readonly #name: string
  readonly #known: CacheTable
  readonly #index = new Map<string, number>()
  /** The directories of the table that stand there still. */
  readonly #seen: Uint8Array
  /** What this scan learned: directories whole, and files of others by their names; numbers and ids in columns. */
  readonly #learned = new Map<string, DirectoryRow>()
  readonly #single = new Map<string, Map<string, { readonly file: number; readonly dev: number }>>()
  readonly #fresh = new FileColumns()
  /** For paths that are asked for one by one: where a directory's files are in the table. */
  readonly #places = new Map<string, ReadonlyMap<string, number>>()
  /** The root's device, where directories are known by their times; else none is. */
  readonly #stamped: number | undefined
  /** The file to write, and when reading began, by the clock of the file system that holds the cache. */
  #writing: { readonly path: string; readonly fd: number | undefined; readonly began: number } | undefined

  private constructor(directory: string, name: string, known: CacheTable, stamped: number | undefined) {
    this.#directory = directory
    this.#name = name
    this.#known = known
    this.#stamped = stamped
    this.#seen = new Uint8Array(known.texts.length / 2)
    for (let i = 0; 2 * i < known.texts.length; i++) this.#index.set(known.texts[2 * i] ?? "", i)
  }

  /** Loads what is known of a root, if anything is. */
  static open(
    directory: string,
    root: { readonly real: OsPath; readonly dev: bigint; readonly ino: bigint }
  ): StatCache {
    const name = sha256(Buffer.from(`${root.real.toString("hex")}\0${root.dev}\0${root.ino}`)).slice(0, 40)
    const stamped = stampsDirectories(root.real) ? Number(root.dev) : undefined
    const known = quietly(() => decodeTable(readFileSync(join(directory, `${name}.scan`))))
    return new StatCache(directory, name, known ?? emptyTable(), stamped)
  }

  /** Whether nothing is known: then a look at each file before reading it is wasted. */
  get isEmpty(): boolean {
    return this.#known.texts.length === 0
  }

  /**
   * Notes the time. Whoever will remember something calls this before it is read: a scan that finds everything as it was
   * then makes no file at all.
   */
  begin(): void {
    this.#writing ??= this.#open()
  }

  #open(): { readonly path: string; readonly fd: number | undefined; readonly began: number } {
    const path = join(this.#directory, `${this.#name}.${randomUUID()}.tmp`)
    quietly(() => mkdirSync(this.#directory, { recursive: true }))
    const fd = quietly(() => openSync(path, "wx", 0o600))
    return { path, fd, began: fd === undefined ? 0 : (quietly(() => fstatSync(fd).mtimeMs) ?? 0) }
  }

  /** Whether the names of the directory with these stats are known. */
  vouches(path: string, stats: Stats): boolean {
    const i = this.#index.get(path)
    if (i === undefined || stats.dev !== this.#stamped) return false
    const { directories } = this.#known
    const at = i * directoryNumbers
    return (
      directories[at] === stats.mtimeMs &&
      directories[at + 1] === stats.ctimeMs &&
      directories[at + 2] === stats.ino &&
      directories[at + 3] === stats.dev
    )
  }

  /** The names of the directory with these stats, if they are known. */
  names(path: string, stats: Stats): KnownDirectory | undefined {
    const i = this.#index.get(path)
    if (i === undefined || !this.vouches(path, stats)) return undefined
    return { names: readNames(this.#known.texts[2 * i + 1] ?? ""), files: this.#files(path, i) }
  }

  /** Remembers names that were just read; the directory's stats were taken after {@link begin} and before that. */
  setNames(path: string, stats: Stats, names: ReadonlyArray<Name>): KnownFiles {
    const vouched = stats.dev === this.#stamped && !isRacy(stats, this.#writing?.began ?? 0)
    const whole = vouched ? allNames(names) : undefined
    const text = whole ?? fileNames(names)
    const numbers =
      whole === undefined
        ? [Number.NaN, Number.NaN, Number.NaN, stats.dev]
        : [stats.mtimeMs, stats.ctimeMs, stats.ino, stats.dev]
    const i = this.#index.get(path)
    if (i !== undefined && this.#known.texts[2 * i + 1] === text) {
      const same = (value: number, n: number) => Object.is(this.#known.directories[i * directoryNumbers + n], value)
      if (numbers.every(same)) return this.#files(path, i)
    }
    const files = readFileNames(text)
    const first = this.#fresh.add(files.length)
    if (i !== undefined && this.#known.directories[i * directoryNumbers + 3] === stats.dev) {
      const places = this.#placesOf(path, i)
      for (const [n, name] of files.entries()) {
        const place = places.get(name)
        if (place !== undefined) this.#fresh.copy(first + n, this.#known.files, place, 1)
      }
    }
    const row = { path, names: text, numbers, from: this.#fresh, first, count: files.length }
    this.#learned.set(path, row)
    return this.#freshFiles(row, stats.dev)
  }

  /** What a file with these stats holds, if it is known. */
  get(path: string, stats: Stats): StandingFile | undefined {
    const directory = parentOf(path)
    const i = this.#index.get(directory)
    const file = i === undefined ? undefined : this.#placesOf(directory, i).get(baseOf(path))
    if (i === undefined || file === undefined) return undefined
    const dev = this.#known.directories[i * directoryNumbers + 3] ?? Number.NaN
    return recall(this.#known.files, file, dev, stats)
  }

  /** Remembers what was read since {@link begin}, unless it could still be changed without a trace. */
  set(path: string, stats: Stats, standing: StandingFile): void {
    const directory = parentOf(path)
    const file = this.#fresh.add(1)
    if (!this.#write(file, stats, standing)) return
    let names = this.#single.get(directory)
    if (names === undefined) {
      names = new Map()
      this.#single.set(directory, names)
    }
    names.set(baseOf(path), { file, dev: stats.dev })
  }

  /** Writes what is known now; `keeps` tells of a directory that was not looked at whether it stays known. */
  save(keeps: (path: string) => boolean): void {
    const isGone = (path: string, i: number) => this.#seen[i] === 0 && !this.#learned.has(path) && !keeps(path)
    const gone = new Set<number>()
    for (const [path, i] of this.#index) if (isGone(path, i)) gone.add(i)
    if (this.#learned.size === 0 && this.#single.size === 0 && gone.size === 0) return
    this.begin()
    const { fd, path: writing } = this.#writing ?? {}
    if (fd === undefined || writing === undefined) return
    quietly(() => {
      const rows = new Map<string, DirectoryRow>()
      for (const [path, i] of this.#index) if (!gone.has(i)) rows.set(path, this.#row(path, i))
      for (const [path, row] of this.#learned) rows.set(path, row)
      for (const [path, singles] of this.#single) rows.set(path, this.#withSingles(path, rows.get(path), singles))
      const bytes = encodeTable([...rows.values()])
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
      renameSync(writing, join(this.#directory, `${this.#name}.scan`))
      closeSync(fd)
      this.#writing = undefined
    })
  }

  /** Forgets this scan. */
  close(): void {
    const { fd, path } = this.#writing ?? {}
    this.#writing = undefined
    if (fd === undefined || path === undefined) return
    quietly(() => closeSync(fd))
    quietly(() => rmSync(path, { force: true }))
  }

  #row(path: string, i: number): DirectoryRow {
    const { directories, files, firsts, texts } = this.#known
    const first = firsts[i] ?? 0
    const numbers = directories.subarray(i * directoryNumbers, (i + 1) * directoryNumbers)
    return { path, names: texts[2 * i + 1] ?? "", numbers, from: files, first, count: (firsts[i + 1] ?? first) - first }
  }

  #placesOf(path: string, i: number): ReadonlyMap<string, number> {
    let places = this.#places.get(path)
    if (places === undefined) {
      const { first, names } = this.#row(path, i)
      places = new Map(readFileNames(names).map((name, n) => [name, first + n]))
      this.#places.set(path, places)
    }
    return places
  }

  /** Files of a directory that is as it was. With the first that is not, its row is copied. */
  #files(path: string, i: number): KnownFiles {
    this.#seen[i] = 1
    const { directories, files, firsts } = this.#known
    const first = firsts[i] ?? 0
    const dev = directories[i * directoryNumbers + 3] ?? Number.NaN
    let learned: KnownFiles | undefined
    return {
      get: (file, stats) => recall(files, first + file, dev, stats),
      set: (file, stats, standing) => {
        if (learned === undefined) {
          const row = this.#row(path, i)
          const copy = { ...row, from: this.#fresh, first: this.#fresh.add(row.count) }
          this.#fresh.copy(copy.first, row.from, row.first, row.count)
          this.#learned.set(path, copy)
          learned = this.#freshFiles(copy, dev)
        }
        learned.set(file, stats, standing)
      }
    }
  }

  #freshFiles({ count, first }: DirectoryRow, dev: number): KnownFiles {
    return {
      get: (file, stats) => recall(this.#fresh, first + file, dev, stats),
      set: (file, stats, standing) => {
        if (file < 0 || file >= count) return
        // What was known is of another state; a file of another device than its directory's is rare, and not kept.
        if (stats.dev !== dev || !this.#write(first + file, stats, standing)) {
          this.#fresh.numbers[(first + file) * fileNumbers] = Number.NaN
        }
      }
    }
  }

  #write(file: number, stats: Stats, standing: StandingFile): boolean {
    if (stats.size !== standing.size || isRacy(stats, this.#writing?.began ?? 0)) return false
    this.#fresh.numbers.set([stats.size, stats.mtimeMs, stats.ctimeMs, stats.ino, stats.mode], file * fileNumbers)
    this.#fresh.setId(file, standing.id)
    return true
  }

  /** A directory of which single files were looked at: a name that was not known says that its names are others now. */
  #withSingles(
    path: string,
    known: DirectoryRow | undefined,
    singles: ReadonlyMap<string, { readonly file: number; readonly dev: number }>
  ): DirectoryRow {
    const dev = [...singles.values()].at(-1)?.dev ?? Number.NaN
    const before = known !== undefined && known.numbers[directoryNumbers - 1] === dev ? known : undefined
    const old = before === undefined ? [] : readFileNames(before.names)
    const isKnown = new Set(old)
    const added = [...singles.keys()].filter((name) => !isKnown.has(name))
    const files = [...old, ...added]
    const first = this.#fresh.add(files.length)
    if (before !== undefined) this.#fresh.copy(first, before.from, before.first, before.count)
    for (const [n, name] of files.entries()) {
      const single = singles.get(name)
      if (single?.dev === dev) this.#fresh.copy(first + n, this.#fresh, single.file, 1)
    }
    const isSame = before !== undefined && added.length === 0
    const names = isSame ? before.names : fileNames(files.map((text) => ({ kind: "file" as const, text })))
    const numbers = isSame ? before.numbers : [Number.NaN, Number.NaN, Number.NaN, dev]
    return { path, names, numbers, from: this.#fresh, first, count: files.length }
  }
}
