/** What becomes of one name in a three-way merge of trees, before any content is read. */
import type { ConflictKind } from "../../model/Conflict.ts"
import type { Entry } from "../../model/Tree.ts"
import { plainSides, type SideNames } from "./SideNames.ts"

/** Whether two files are the same text though their bytes differ (a text policy's answer). @public */
export type SameContent = (a: Entry, b: Entry) => boolean

/**
 * A decision. `take` is settled; `recurse` looks into directories; `content` asks the bytes; `replace` is a directory on
 * one side and something else on the other, settled by what is left of the directory; `conflict` is for people.
 *
 * @public
 */
export type Decision =
  | {
      readonly _tag: "Take"
      readonly side: "base" | "ours" | "theirs" | "both"
      readonly entry: Entry | null
      readonly reason: string
    }
  | { readonly _tag: "Recurse" }
  | { readonly _tag: "Content"; readonly kind: "file" | "executable"; readonly modeConflict: boolean }
  | { readonly _tag: "Replace"; readonly directory: "ours" | "theirs" }
  | { readonly _tag: "Conflict"; readonly kind: ConflictKind; readonly reason: string }

/** Why something stands that both sides made alike. @public */
export const sameChange = "both sides made the same change"

const exact = (a: Entry | null, b: Entry | null): boolean =>
  a === b || (a !== null && b !== null && a.kind === b.kind && a.id === b.id)

const isFile = (entry: Entry | null): entry is Entry & { readonly kind: "file" | "executable" } =>
  entry !== null && (entry.kind === "file" || entry.kind === "executable")

const isDirectory = (entry: Entry | null): boolean => entry !== null && entry.kind === "directory"

/** The three-way merge of the executable bit; without a base, two different bits conflict and ours stands. */
const mergeMode = (
  base: Entry | null,
  ours: Entry,
  theirs: Entry
): { kind: "file" | "executable"; conflict: boolean } => {
  const kind = (entry: Entry) => (entry.kind === "executable" ? ("executable" as const) : ("file" as const))
  if (ours.kind === theirs.kind) return { kind: kind(ours), conflict: false }
  if (!isFile(base)) return { kind: kind(ours), conflict: true }
  return { kind: kind(base.kind === ours.kind ? theirs : ours), conflict: false }
}

/**
 * Decides one name. The reasons are sentences that plans show to people, in which the sides are called by `names`.
 *
 * @public
 */
export const decide = (
  base: Entry | null,
  ours: Entry | null,
  theirs: Entry | null,
  same: SameContent,
  names: SideNames = plainSides
): Decision => {
  const alike = (a: Entry | null, b: Entry | null) =>
    exact(a, b) || (isFile(a) && isFile(b) && a.kind === b.kind && same(a, b))
  const take = (side: "ours" | "theirs" | "both", entry: Entry | null, reason: string): Decision => ({
    _tag: "Take",
    side,
    entry,
    reason
  })
  const conflict = (kind: ConflictKind, reason: string): Decision => ({ _tag: "Conflict", kind, reason })

  if (exact(ours, theirs)) {
    if (exact(base, ours)) return take("both", ours, "nobody changed it")
    return take("both", ours, ours === null ? "both sides removed it" : sameChange)
  }
  if (exact(base, ours)) {
    if (theirs === null) return take("theirs", null, `${names.theirs} removed it; ${names.ours} had not changed it`)
    return take("theirs", theirs, base === null ? `${names.theirs} added it` : `only ${names.theirs} changed it`)
  }
  if (exact(base, theirs)) {
    if (ours === null) return take("ours", null, `${names.ours} removed it; ${names.theirs} had not changed it`)
    return take("ours", ours, base === null ? `${names.ours} added it` : `only ${names.ours} changed it`)
  }
  if (alike(ours, theirs))
    return take("ours", ours, `both sides hold the same text; ${names.ours} keeps its line endings`)

  if (isDirectory(ours) || isDirectory(theirs)) {
    if (isDirectory(ours) && isDirectory(theirs)) return { _tag: "Recurse" }
    if (ours === null || theirs === null) {
      if (isDirectory(base)) return { _tag: "Recurse" }
      // The base's file is gone on both sides; one of them put a directory in its place.
      return ours === null
        ? take("theirs", theirs, `${names.theirs} put a directory where ${names.ours} removed a file`)
        : take("ours", ours, `${names.ours} put a directory where ${names.theirs} removed a file`)
    }
    if (isDirectory(base)) return { _tag: "Replace", directory: isDirectory(ours) ? "ours" : "theirs" }
    return conflict("directory/file", "one side has a directory here and the other a file")
  }
  if (ours === null || theirs === null) {
    const [left, who, other] = ours === null ? [theirs, names.theirs, names.ours] : [ours, names.ours, names.theirs]
    // Nothing of the directory is left on either side, so the file is simply new.
    if (isDirectory(base)) {
      return take(ours === null ? "theirs" : "ours", left, `${who} put a file where ${other} removed a directory`)
    }
    if (alike(base, left))
      return take(ours === null ? "ours" : "theirs", null, `${other} removed it; ${who} changed its line endings alone`)
    return conflict("modify/delete", `${who} changed it and ${other} removed it`)
  }
  if (isFile(ours) && isFile(theirs)) {
    const mode = mergeMode(base, ours, theirs)
    if (ours.id === theirs.id && !mode.conflict) {
      return take("both", { ...ours, kind: mode.kind }, "one side changed the executable bit alone")
    }
    if (ours.id === theirs.id) return conflict("mode", "both sides added it, executable on one of them only")
    if (isFile(base) && (base.id === ours.id || base.id === theirs.id)) {
      const changed = base.id === ours.id ? theirs : ours
      return take("both", { ...changed, kind: mode.kind }, "one side changed its content, the other its executable bit")
    }
    return { _tag: "Content", kind: mode.kind, modeConflict: mode.conflict }
  }
  if (ours.kind === "symlink" && theirs.kind === "symlink") {
    return conflict("symlink", "both sides point the link elsewhere")
  }
  return conflict("type", `it is a ${ours.kind} in ${names.ours} and a ${theirs.kind} in ${names.theirs}`)
}
