/**
 * What the file of a stat cache holds: directories with their names, and for every file in them how it looked and what it
 * held. A file has no path of its own there: it is the n-th of its directory.
 */
import { crc32 } from "node:zlib"

const magic = 0x544d5343 // TMSC
const version = 4
const header = 32

/** Of a file, as doubles: size, mtime, ctime (to half a microsecond, far finer than any clock's tick), inode, mode. @internal */
export const fileNumbers = 5
/** Of a directory: mtime, ctime and inode, or `NaN` where its names are not vouched for; and the device of its files. @internal */
export const directoryNumbers = 4
/** @internal */
export const idBytes = 32

/** What is known of files, by their numbers; `NaN` for a size is a file of which nothing is. @internal */
export class FileColumns {
  numbers: Float64Array
  ids: Buffer
  length: number

  constructor(numbers: Float64Array = new Float64Array(0), ids: Buffer = Buffer.alloc(0)) {
    this.numbers = numbers
    this.ids = ids
    this.length = numbers.length / fileNumbers
  }

  id(file: number): string {
    return this.ids.toString("hex", file * idBytes, (file + 1) * idBytes)
  }

  setId(file: number, id: string): void {
    this.ids.write(id, file * idBytes, "hex")
  }

  /** Makes room for files of which nothing is known, and returns the first one's number. */
  add(count: number): number {
    const first = this.length
    const wanted = first + count
    if (wanted * fileNumbers > this.numbers.length) {
      const room = Math.max(wanted, this.length * 2, 64)
      const numbers = new Float64Array(room * fileNumbers)
      numbers.set(this.numbers)
      this.numbers = numbers
      this.ids = Buffer.concat([this.ids], room * idBytes)
    }
    this.numbers.fill(Number.NaN, first * fileNumbers, wanted * fileNumbers)
    this.length = wanted
    return first
  }

  copy(to: number, from: FileColumns, first: number, count: number): void {
    this.numbers.set(from.numbers.subarray(first * fileNumbers, (first + count) * fileNumbers), to * fileNumbers)
    from.ids.copy(this.ids, to * idBytes, first * idBytes, (first + count) * idBytes)
  }
}

/** Columns that only grow old: whoever asks for one id asks for most, so all are made text at once. */
class FixedColumns extends FileColumns {
  #hex: string | undefined

  override id(file: number): string {
    this.#hex ??= this.ids.toString("hex")
    return this.#hex.slice(file * idBytes * 2, (file + 1) * idBytes * 2)
  }
}

/** @internal */
export interface CacheTable {
  /** Paths and names by turns. */
  readonly texts: ReadonlyArray<string>
  readonly directories: Float64Array
  /** Which is each directory's first file; one more number ends the last one's. */
  readonly firsts: Uint32Array
  readonly files: FileColumns
}

/** @internal */
export const emptyTable = (): CacheTable => ({
  texts: [],
  directories: new Float64Array(0),
  firsts: new Uint32Array(1),
  files: new FileColumns()
})

/** One directory, on its way into a table. @internal */
export interface DirectoryRow {
  readonly path: string
  readonly names: string
  readonly numbers: ArrayLike<number>
  readonly from: FileColumns
  readonly first: number
  readonly count: number
}

/**
 * Layout: header, ids, numbers of files, numbers of directories, first files, then paths and names with NUL between. The
 * header: magic, version, how many files, a checksum over all that follows it, how many directories, the texts' length.
 *
 * @internal
 */
export const encodeTable = (rows: ReadonlyArray<DirectoryRow>): Buffer => {
  const files = rows.reduce((sum, { count }) => sum + count, 0)
  const texts: Array<string> = []
  for (const { names, path } of rows) texts.push(path, names)
  const text = Buffer.from(texts.join("\0"))
  const sizes = [header, files * idBytes, files * fileNumbers * 8, rows.length * directoryNumbers * 8]
  const [ids = 0, numbers = 0, directories = 0, firsts = 0] = sizes.map((_, i) =>
    sizes.slice(0, i + 1).reduce((a, b) => a + b)
  )
  const start = firsts + (rows.length + 1) * 4
  const bytes = Buffer.from(new ArrayBuffer(start + text.length))
  const columns = new FileColumns(
    new Float64Array(bytes.buffer, numbers, files * fileNumbers),
    bytes.subarray(ids, numbers)
  )
  const directoryColumn = new Float64Array(bytes.buffer, directories, rows.length * directoryNumbers)
  const firstColumn = new Uint32Array(bytes.buffer, firsts, rows.length + 1)
  let file = 0
  for (const [i, row] of rows.entries()) {
    directoryColumn.set(row.numbers, i * directoryNumbers)
    firstColumn[i] = file
    columns.copy(file, row.from, row.first, row.count)
    file += row.count
  }
  firstColumn[rows.length] = file
  text.copy(bytes, start)
  bytes.writeUInt32LE(magic, 0)
  bytes.writeUInt32LE(version, 4)
  bytes.writeUInt32LE(files, 8)
  bytes.writeUInt32LE(rows.length, 16)
  bytes.writeUInt32LE(text.length, 20)
  bytes.writeUInt32LE(crc32(bytes.subarray(16)), 12)
  return bytes
}

/** Reads what {@link encodeTable} wrote; `undefined` for anything else. @internal */
export const decodeTable = (read: Buffer): CacheTable | undefined => {
  if (read.length < header || read.readUInt32LE(0) !== magic || read.readUInt32LE(4) !== version) return undefined
  // Columns are views, which need an aligned start.
  const bytes = read.byteOffset % 8 === 0 ? read : Buffer.from(new Uint8Array(read).buffer)
  const [files, count] = [bytes.readUInt32LE(8), bytes.readUInt32LE(16)]
  const numbers = header + files * idBytes
  const directories = numbers + files * fileNumbers * 8
  const firsts = directories + count * directoryNumbers * 8
  const start = firsts + (count + 1) * 4
  if (bytes.length !== start + bytes.readUInt32LE(20)) return undefined
  if (bytes.readUInt32LE(12) !== crc32(bytes.subarray(16))) return undefined
  const texts = count === 0 ? [] : bytes.toString("utf8", start).split("\0")
  if (texts.length !== 2 * count) return undefined
  const column = (at: number, length: number) => new Float64Array(bytes.buffer, bytes.byteOffset + at, length)
  return {
    texts,
    directories: column(directories, count * directoryNumbers),
    firsts: new Uint32Array(bytes.buffer, bytes.byteOffset + firsts, count + 1),
    files: new FixedColumns(column(numbers, files * fileNumbers), bytes.subarray(header, numbers))
  }
}
