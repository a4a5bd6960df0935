/** The index of the version graph in a file beside the store. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs"
import { resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { StorageError, StorageUnavailable } from "../../storage/StorageError.ts"
import { VersionIndexStorage, type VersionIndexStorageService } from "../../storage/VersionIndexStorage.ts"

/** Where the index is kept. @public */
export interface VersionIndexOptions {
  /** The index's file, in a directory that is there. One for each store; several processes may share it. */
  readonly file: string
}

const attempt = <A>(operation: string, f: () => A): Effect.Effect<A, StorageError> =>
  Effect.try({
    try: f,
    catch: (cause) => {
      const detail = cause instanceof Error ? cause.message : String(cause)
      return new StorageError({ reason: new StorageUnavailable({ operation, detail, cause }) })
    }
  })

const isAbsent = (cause: unknown) => cause instanceof Error && "code" in cause && cause.code === "ENOENT"

const load = (file: string): Uint8Array | null => {
  try {
    return readFileSync(file)
  } catch (cause) {
    if (isAbsent(cause)) return null
    throw cause
  }
}

/** The new file takes the old one's place only once it is whole and on the disk. */
const save = (file: string, bytes: Uint8Array): void => {
  const staged = `${file}.${process.pid}.new`
  try {
    const fd = openSync(staged, "w")
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(staged, file)
  } catch (cause) {
    rmSync(staged, { force: true })
    throw cause
  }
}

const indexFile = (file: string): VersionIndexStorageService => ({
  load: attempt("load", () => load(file)),
  save: (bytes) => attempt("save", () => save(file, bytes))
})

/**
 * Turns the index of the version graph on, and keeps it in a file.
 *
 * @remarks
 * With it, questions about ancestry that reach far are answered in milliseconds, for some 60 bytes of memory a version. It
 * is made from the store when first needed, brought up to date before each question, and made anew where the file is
 * damaged or another store's.
 *
 * @example
 * ```ts no-run
 * import * as Layer from "effect/Layer"
 * import { layer } from "tidemark"
 * import { layerVersionIndex, layerWorkingTree } from "tidemark/filesystem"
 * import * as Sqlite from "tidemark/sqlite"
 *
 * const engine = layer.pipe(
 *   Layer.provide([
 *     Sqlite.layer({ file: "tidemark.db" }),
 *     layerWorkingTree(),
 *     layerVersionIndex({ file: "tidemark.versions" })
 *   ])
 * )
 * ```
 *
 * @public
 */
export const layerVersionIndex = ({ file }: VersionIndexOptions): Layer.Layer<never> =>
  Layer.succeed(VersionIndexStorage, indexFile(resolve(file)))
