/** Trees of files as unpleasant as what users have, and edits of them. */
import type { SourceFile } from "../../core/snapshots/sourceFiles.ts"
import type { FilePath } from "../../model/Ids.ts"
import type { Random } from "../Random.ts"
import { drawContent, editContent } from "./contents.ts"
import { drawName, twinOf } from "./names.ts"

/** What stands at a path of a drawn tree. Of a symlink, the bytes are its target. A directory is named where it is empty. @public */
export type DrawnEntry =
  | { readonly kind: "file" | "executable" | "symlink"; readonly bytes: Uint8Array }
  | { readonly kind: "directory" }

/** Everything in a tree, by path. No path stands below another one that is no directory. @public */
export type DrawnTree = ReadonlyMap<FilePath, DrawnEntry>

/** A tree's files as `SnapshotStore.capture` takes them: empty directories are left out. @public */
export const sourceFilesOf = (tree: DrawnTree): ReadonlyArray<SourceFile> =>
  [...tree].flatMap(([path, entry]) => (entry.kind === "directory" ? [] : [{ path, ...entry }]))

const encoder = new TextEncoder()

const drawEntry = (random: Random, size: number): DrawnEntry => {
  const kind = random.pick(["file", "file", "file", "file", "file", "executable", "symlink", "directory"] as const)
  if (kind === "directory") return { kind }
  if (kind !== "symlink") return { kind, bytes: drawContent(random, size) }
  // Targets are never followed, so they may say anything.
  return { kind, bytes: encoder.encode(random.pick(["a", "../..", "/etc/passwd", ".", "a/b", "missing", "é"])) }
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")))

/** Puts something at a path, and takes away what cannot stand beside it. */
const put = (tree: Map<FilePath, DrawnEntry>, path: FilePath, entry: DrawnEntry): void => {
  for (const other of [...tree.keys()]) {
    if (other.startsWith(`${path}/`)) tree.delete(other)
  }
  for (let at = parentOf(path); at !== ""; at = parentOf(at)) tree.delete(at as FilePath)
  tree.set(path, entry)
}

/** A path of which some part may be there, or nearly. */
const drawPathIn = (random: Random, tree: DrawnTree, depth: number): FilePath => {
  const [directories, names] = [new Set<string>([""]), new Set<string>()]
  for (const path of tree.keys()) {
    for (let at = parentOf(path); at !== ""; at = parentOf(at)) directories.add(at)
    for (const name of path.split("/")) names.add(name)
  }
  const beside = random.chance(0.2) ? random.pick([...tree.keys(), "" as FilePath]) : ""
  if (beside !== "") {
    const parent = parentOf(beside)
    const twin = twinOf(random, beside.slice(parent === "" ? 0 : parent.length + 1))
    return (parent === "" ? twin : `${parent}/${twin}`) as FilePath
  }
  let path = random.pick([...directories])
  for (let more = random.between(1, depth); more > 0; more--) {
    const name = drawName(random, [...names])
    path = path === "" ? name : `${path}/${name}`
  }
  return path as FilePath
}

/**
 * Draws a tree of about `size` paths with contents of about as many lines: nasty names and contents, twins in letter case, executables,
 * symlinks that lead anywhere, empty directories.
 *
 * @public
 */
export const drawTree = (random: Random, size: number): DrawnTree => {
  const tree = new Map<FilePath, DrawnEntry>()
  for (let n = random.between(size === 0 ? 0 : 1, size); n > 0; n--) {
    put(tree, drawPathIn(random, tree, 3), drawEntry(random, size))
  }
  return tree
}

const editOnce = (random: Random, tree: Map<FilePath, DrawnEntry>, size: number): void => {
  const path = tree.size === 0 ? undefined : random.pick([...tree.keys()])
  const entry = path === undefined ? undefined : tree.get(path)
  const what = random.below(10)
  if (path === undefined || entry === undefined || what <= 1) {
    put(tree, drawPathIn(random, tree, 2), drawEntry(random, size))
  } else if (what <= 5 && entry.kind !== "directory" && entry.kind !== "symlink") {
    tree.set(path, { ...entry, bytes: editContent(random, entry.bytes) })
  } else if (what === 6) {
    tree.delete(path)
  } else if (what === 7) {
    // It moves: sometimes only its letter case changes, sometimes it is edited as well.
    tree.delete(path)
    const upper = path.toUpperCase()
    const to = random.chance(0.3) && !path.includes("\\") ? (upper as FilePath) : drawPathIn(random, tree, 2)
    const edited = entry.kind === "file" && random.chance(0.5) ? editContent(random, entry.bytes) : undefined
    put(tree, to, edited === undefined ? entry : { kind: "file", bytes: edited })
  } else if (what === 8 && (entry.kind === "file" || entry.kind === "executable")) {
    tree.set(path, { ...entry, kind: entry.kind === "file" ? "executable" : "file" })
  } else if (random.chance(0.5)) {
    // A file becomes a directory, or a directory a file.
    put(tree, `${path}/${drawName(random)}` as FilePath, drawEntry(random, size))
  } else {
    put(tree, (parentOf(path) || path) as FilePath, drawEntry(random, size))
  }
}

/**
 * Draws what a tree becomes by up to `size` edits: files are edited, added, removed, moved, made executable, become links and
 * directories, and directories become files.
 *
 * @public
 */
export const editTree = (random: Random, tree: DrawnTree, size: number): DrawnTree => {
  const edited = new Map(tree)
  for (let n = random.between(size === 0 ? 0 : 1, size); n > 0; n--) editOnce(random, edited, size)
  return edited
}

/** A base and two sides that were made from it. @public */
export interface DrawnTriple<A> {
  readonly base: A
  readonly ours: A
  readonly theirs: A
}

/** Draws three trees to merge. @public */
export const drawTreeTriple = (random: Random, size: number): DrawnTriple<DrawnTree> => {
  const base = drawTree(random, size)
  return { base, ours: editTree(random, base, size), theirs: editTree(random, base, size) }
}

/** Draws three contents to merge: often the sides do the same, or one does nothing. @public */
export const drawContentTriple = (random: Random, size: number): DrawnTriple<Uint8Array> => {
  const base = drawContent(random, size)
  const side = () => {
    let bytes = base
    for (let n = random.below(4); n > 0; n--) bytes = editContent(random, bytes)
    return bytes
  }
  const ours = side()
  return { base, ours, theirs: random.chance(0.1) ? ours : side() }
}
