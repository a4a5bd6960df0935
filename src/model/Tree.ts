/** What stands at one name of a directory. */
import * as Schema from "effect/Schema"
import { ObjectId, Text } from "./Ids.ts"

/** The kinds of things that a directory can hold. @public */
export const EntryKind = Schema.Literals(["file", "executable", "symlink", "directory", "conflict"])
/** @public */
export type EntryKind = typeof EntryKind.Type

/**
 * A kind and the id of its content: a blob for files, executables and symlinks (the target's bytes), a tree for
 * directories, a conflict for conflicts. `size` is the content's length in bytes for files and executables, else 0.
 *
 * @public
 */
export const Entry = Schema.Struct({ kind: EntryKind, id: ObjectId, size: Schema.Int })
/** @public */
export interface Entry extends Schema.Schema.Type<typeof Entry> {}

/** An {@link Entry} under its name. The name is one segment of a `FilePath`. @public */
export const TreeEntry = Schema.Struct({ name: Text.check(Schema.isNonEmpty()), ...Entry.fields })
/** @public */
export interface TreeEntry extends Schema.Schema.Type<typeof TreeEntry> {}
