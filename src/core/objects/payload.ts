/**
 * The innermost part of what is stored: content, compressed where that makes it smaller.
 *
 * Three header bytes come first: `T`, the form, the codec. Codec `0` is the content as it is; `1` (raw deflate) and `2`
 * (zstd) are followed by the size of the content, in three bytes, the lowest first, by a sum of one byte, and then by what was
 * compressed; so is `3`, a tree in its short form (see `treePayload.ts`), which every runtime can read.
 *
 * The sum (CRC-8 of all other bytes) is for those who check a store: many bytes can give the same content, and a flip that
 * changes none of it is damage, too. Whoever reads goes by the content's hash alone.
 */
import type { Codec, CodecsShape } from "../references/Codecs.ts"
import type { CompressionChoice } from "../references/Compression.ts"
import { packTree, unpackTree } from "./treePayload.ts"

const mark = 0x54
const identity = 0x30
const tree = 0x33
const numbers = { deflate: 0x31, zstd: 0x32 } as const
type CodecName = keyof typeof numbers

/** No stored object holds content of more bytes than this, however small it was made. @internal */
export const contentLimit = 4 * 1024 * 1024

/** Below this many bytes, compressing gains less than a look at it costs. */
const worthwhile = 256
/** From this many bytes on, samples of the content are tried first. */
const sampledFrom = 64 * 1024
const sampleBytes = 4096

/** What a stored object's bytes turned out to be. @internal */
export type Unpacked =
  | { readonly _tag: "Content"; readonly form: number; readonly content: Uint8Array }
  | { readonly _tag: "Damaged"; readonly detail: string }
  | { readonly _tag: "Undecodable"; readonly codec: string }

/** Wraps and unwraps content. @internal */
export interface Payloads {
  readonly pack: (form: number, content: Uint8Array) => Uint8Array
  readonly unpack: (bytes: Uint8Array) => Unpacked
}

/** Pieces from the beginning, the middle and the end: enough to tell archives and pictures from text. */
const sampleOf = (content: Uint8Array): Uint8Array => {
  const sample = new Uint8Array(3 * sampleBytes)
  for (let i = 0; i < 3; i++) {
    const start = Math.floor(((content.length - sampleBytes) * i) / 2)
    sample.set(content.subarray(start, start + sampleBytes), i * sampleBytes)
  }
  return sample
}

const nameOf = (codec: number | undefined): CodecName | undefined =>
  codec === numbers.zstd ? "zstd" : codec === numbers.deflate ? "deflate" : undefined

/** Whether a stored object begins like one of ours, with a codec that is known. @internal */
export const hasKnownHeader = (bytes: Uint8Array): boolean =>
  bytes.length >= 3 &&
  bytes[0] === mark &&
  (bytes[2] === identity || bytes[2] === tree || nameOf(bytes[2]) !== undefined)

const sumAt = 6
/** The remainders of a byte by x⁸ + x² + x + 1. */
const remainders = Uint8Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) remainder = (remainder << 1) ^ (remainder & 0x80 ? 0x107 : 0)
  return remainder
})

/** The sum of all bytes but the one that it stands in. No change of a single byte keeps it. */
const sumOf = (bytes: Uint8Array): number => {
  let sum = 0
  for (let i = 0; i < bytes.length; i++) if (i !== sumAt) sum = remainders[sum ^ (bytes[i] as number)] as number
  return sum
}

/** Whether the bytes of a stored object are those that were stored, as far as they can tell themselves. @internal */
export const isAsPacked = (bytes: Uint8Array): boolean => bytes[2] === identity || bytes[sumAt] === sumOf(bytes)

/** The bytes that are stored of what was made smaller. */
const wrapped = (form: number, codec: number, size: number, small: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(small.length + 7)
  bytes[0] = mark
  bytes[1] = form
  bytes[2] = codec
  new DataView(bytes.buffer).setUint32(3, size, true)
  bytes.set(small, 7)
  bytes[sumAt] = sumOf(bytes)
  return bytes
}

const packWith = (form: number, name: CodecName, codec: Codec, content: Uint8Array): Uint8Array | undefined => {
  const short = packTree(content)
  if (short !== undefined) return wrapped(form, tree, content.length, short)
  if (content.length < worthwhile) return undefined
  if (content.length >= sampledFrom && codec.compress(sampleOf(content)).length > 0.95 * 3 * sampleBytes)
    return undefined
  const small = codec.compress(content)
  if (small.length + 7 >= content.length + 3) return undefined
  return wrapped(form, numbers[name], content.length, small)
}

const unpackWith = (
  form: number,
  decompress: (bytes: Uint8Array, size: number) => Uint8Array | undefined,
  bytes: Uint8Array
): Unpacked => {
  const damaged = (detail: string): Unpacked => ({ _tag: "Damaged", detail })
  if (bytes.length < 7) return damaged("it ends within its header")
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(3, true) & 0xff_ffff
  if (size > contentLimit)
    return damaged(`it says that it holds ${size} bytes, and none holds more than ${contentLimit}`)
  try {
    const content = decompress(bytes.subarray(7), size)
    if (content === undefined) return damaged("what it holds is no tree")
    return content.length === size
      ? { _tag: "Content", form, content }
      : damaged(`it holds ${content.length} bytes in place of ${size}`)
  } catch {
    return damaged("what it holds cannot be decompressed")
  }
}

const chosen = (codecs: CodecsShape, choice: CompressionChoice): readonly [CodecName, Codec] | undefined => {
  if (choice === "none") return undefined
  const names: ReadonlyArray<CodecName> = choice === "auto" ? ["zstd", "deflate"] : [choice]
  for (const name of names) {
    const codec = codecs[name]
    if (codec !== undefined) return [name, codec]
  }
  if (choice === "auto") return undefined
  throw new TypeError(`Compression is "${choice}", which this runtime does not have. Choose "auto", or provide Codecs.`)
}

/** Makes the two functions from what a runtime can decode and what is to be written. @internal */
export const makePayloads = (codecs: CodecsShape, choice: CompressionChoice): Payloads => {
  const codec = chosen(codecs, choice)
  return {
    pack: (form, content) => {
      const packed = codec === undefined ? undefined : packWith(form, ...codec, content)
      if (packed !== undefined) return packed
      const bytes = new Uint8Array(content.length + 3)
      bytes[0] = mark
      bytes[1] = form
      bytes[2] = identity
      bytes.set(content, 3)
      return bytes
    },
    unpack: (bytes) => {
      const form = bytes[1] ?? 0
      if (bytes[0] !== mark || bytes.length < 3) {
        return { _tag: "Damaged", detail: "it has no header that this Tidemark knows" }
      }
      if (bytes[2] === identity) return { _tag: "Content", form, content: bytes.subarray(3) }
      if (bytes[2] === tree) return unpackWith(form, unpackTree, bytes)
      const name = nameOf(bytes[2])
      if (name === undefined) return { _tag: "Damaged", detail: "it has a codec that this Tidemark does not know" }
      const known = codecs[name]
      return known === undefined ? { _tag: "Undecodable", codec: name } : unpackWith(form, known.decompress, bytes)
    }
  }
}
