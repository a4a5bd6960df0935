/** How stored content is made smaller: the functions of the runtime, or a host's own. */
import * as Context from "effect/Context"

/** Makes bytes smaller, and gives them back. Both throw where they cannot. @public */
export interface Codec {
  readonly compress: (bytes: Uint8Array) => Uint8Array
  /** Gives back exactly `size` bytes. Must never produce, nor hold, much more than that, whatever `bytes` are. */
  readonly decompress: (bytes: Uint8Array, size: number) => Uint8Array
}

/** The codecs that a runtime has: raw deflate (RFC 1951) and Zstandard (RFC 8878). @public */
export interface CodecsShape {
  readonly deflate?: Codec | undefined
  readonly zstd?: Codec | undefined
}

type Compress = (bytes: Uint8Array, options: object) => Uint8Array
interface Zlib {
  readonly constants: { readonly [name: string]: number }
  readonly deflateRawSync: Compress
  readonly inflateRawSync: Compress
  readonly zstdCompressSync?: Compress
  readonly zstdDecompressSync?: Compress
}
type Builtins = { readonly getBuiltinModule?: (name: string) => Zlib | undefined }

/** Asks the runtime, instead of importing: the core must load where there is no `node:zlib`. */
const native = (globalThis as { readonly process?: Builtins }).process?.getBuiltinModule?.("node:zlib")

/** What comes out goes into one buffer of the right size, and nothing that would be larger comes out at all. */
const bounded = (size: number) => ({ chunkSize: Math.max(64, size), maxOutputLength: Math.max(1, size) })

const deflateOf = ({ deflateRawSync, inflateRawSync }: Zlib): Codec => ({
  compress: (bytes) => deflateRawSync(bytes, { level: 1, chunkSize: bytes.length + 64 }),
  decompress: (bytes, size) => inflateRawSync(bytes, bounded(size))
})

const zstdOf = ({ constants, zstdCompressSync, zstdDecompressSync }: Zlib): Codec | undefined => {
  // Node before 22.15 has none.
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return undefined
  const { ZSTD_c_compressionLevel: level = 100, ZSTD_d_windowLogMax: windowLogMax = 100 } = constants
  return {
    compress: (bytes) => zstdCompressSync(bytes, { chunkSize: bytes.length + 64, params: { [level]: 5 } }),
    // A hostile frame may ask for a window of 128 MiB. No content needs more than the 4 MiB of a stored object.
    decompress: (bytes, size) => zstdDecompressSync(bytes, { ...bounded(size), params: { [windowLogMax]: 22 } })
  }
}

/**
 * The functions that compress what is stored. The default asks the runtime for its native ones.
 *
 * @public
 */
export const Codecs = Context.Reference<CodecsShape>("tidemark/core/Codecs", {
  defaultValue: () => (native === undefined ? {} : { deflate: deflateOf(native), zstd: zstdOf(native) })
})
