/** What stands at a path of a project. */
import * as Schema from "effect/Schema"
import { BlobId } from "./Ids.ts"

/** A file, an executable file or a symlink (its target's bytes are its content). `size` is in bytes. @public */
export const StandingFile = Schema.Struct({
  kind: Schema.Literals(["file", "executable", "symlink"]),
  id: BlobId,
  size: Schema.Int
})
/** @public */
export interface StandingFile extends Schema.Schema.Type<typeof StandingFile> {}

/** A directory, named for itself: its content stands at paths of its own. @public */
export const StandingDirectory = Schema.Struct({ kind: Schema.Literal("directory") })
/** @public */
export interface StandingDirectory extends Schema.Schema.Type<typeof StandingDirectory> {}

/** What stands at a path: a file of some kind, or a directory. @public */
export const Standing = Schema.Union([StandingFile, StandingDirectory])
/** @public */
export type Standing = typeof Standing.Type
