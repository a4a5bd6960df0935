/** What a capture reads: a directory through the working tree, or files that the host has in memory. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { FlatEntry } from "../../algo/tree/buildTrees.ts"
import type { Oddity } from "../../model/Drift.ts"
import { FilePath, type ObjectId } from "../../model/Ids.ts"
import { InvalidPath } from "../../model/Snapshot.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { depthLimit, WorkingTreeError, type WorkingTreeService } from "../WorkingTree.ts"

/** A file that a host has in memory. `symlink`: the bytes are the link's target. @public */
export interface SourceFile {
  readonly path: string
  readonly bytes: Uint8Array
  readonly kind?: "file" | "executable" | "symlink" | undefined
}

/** Files with their ids, and a way to read the bytes of some of them. @internal */
export interface SourceFiles<E> {
  readonly flat: ReadonlyMap<FilePath, FlatEntry>
  readonly oddities: ReadonlyArray<Oddity>
  /** The bytes at these paths. A path whose bytes are no longer those of its id is left out. */
  readonly read: (paths: ReadonlyArray<FilePath>) => Effect.Effect<ReadonlyMap<FilePath, Uint8Array>, E>
  /** The bytes at one path, in pieces. Whether they are still those of its id is the caller's to check. */
  readonly stream: (path: FilePath) => Stream.Stream<Uint8Array, E>
}

const decodePath = Schema.decodeUnknownExit(FilePath)

/** Checks a path that a caller gave. @internal */
export const checkPath = (path: string): Effect.Effect<FilePath, InvalidPath> => {
  const decoded = decodePath(path)
  if (decoded._tag === "Failure") {
    return Effect.fail(
      new InvalidPath({ path, reason: "a relative path without empty, `.` or `..` segments is needed" })
    )
  }
  if (path.split("/").length > depthLimit) {
    return Effect.fail(
      new InvalidPath({ path: path.slice(0, 200), reason: `it is deeper than ${depthLimit} directories` })
    )
  }
  return Effect.succeed(decoded.value)
}

/** Files that are in memory. @internal */
export const fromMemory = Effect.fnUntraced(function* (
  objects: ObjectsService,
  files: Iterable<SourceFile>
): Effect.fn.Return<SourceFiles<never>, InvalidPath> {
  const flat = new Map<FilePath, FlatEntry>()
  const contents = new Map<FilePath, Uint8Array>()
  for (const { bytes, kind = "file", path } of files) {
    const checked = yield* checkPath(path)
    if (flat.has(checked)) return yield* Effect.fail(new InvalidPath({ path, reason: "it is given twice" }))
    const size = kind === "symlink" ? 0 : bytes.length
    flat.set(checked, { kind, id: objects.identify(bytes) as ObjectId, size })
    contents.set(checked, bytes)
  }
  for (const path of flat.keys()) {
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      if (flat.has(path.slice(0, at) as FilePath)) {
        return yield* Effect.fail(new InvalidPath({ path, reason: `${path.slice(0, at)} is a file` }))
      }
    }
  }
  const read = (paths: ReadonlyArray<FilePath>) =>
    Effect.succeed(
      new Map(paths.flatMap((path) => (contents.has(path) ? [[path, contents.get(path) as Uint8Array]] : [])))
    )
  return { flat, oddities: [], read, stream: (path) => Stream.make(contents.get(path) ?? new Uint8Array()) }
})

/** Files of a directory. An unreadable one fails the whole: a snapshot never leaves a file out in silence. @internal */
export const fromWorkingTree = Effect.fnUntraced(function* (
  objects: ObjectsService,
  workingTree: WorkingTreeService,
  root: string,
  ignore: ReadonlyArray<string>
): Effect.fn.Return<SourceFiles<WorkingTreeError>, WorkingTreeError> {
  const scan = yield* workingTree.scan(root, { ignore })
  const unreadable = scan.oddities.find((oddity) => oddity.what === "unreadable")
  if (unreadable !== undefined) {
    const { path, reason } = unreadable
    return yield* Effect.fail(
      new WorkingTreeError({ root, path, operation: "capture", failure: "permission-denied", detail: reason })
    )
  }
  // Each name takes two characters with its slash: hardly any path is worth counting.
  const deep = scan.entries.find(({ path }) => path.length >= 2 * depthLimit && path.split("/").length > depthLimit)
  if (deep !== undefined) {
    const detail = `it is deeper than ${depthLimit} directories`
    const path = deep.path.slice(0, 200)
    return yield* Effect.fail(
      new WorkingTreeError({ root, path, operation: "capture", failure: "unsupported", detail })
    )
  }
  const flat = new Map<FilePath, FlatEntry>()
  const parents = new Set<string>()
  let last = ""
  for (const { path } of scan.entries) {
    const at = path.lastIndexOf("/")
    // As a rule, a file stands beside the one before it.
    if (at <= 0 || (at === last.length && path.startsWith(last))) continue
    last = path.slice(0, at)
    parents.add(last)
  }
  for (const { path, standing } of scan.entries) {
    if (standing.kind !== "directory") flat.set(path, standing.kind === "symlink" ? { ...standing, size: 0 } : standing)
    else if (!parents.has(path)) flat.set(path, { kind: "directory" })
  }
  const read = Effect.fnUntraced(function* (paths: ReadonlyArray<FilePath>) {
    const found = new Map<FilePath, Uint8Array>()
    for (const [path, bytes] of yield* workingTree.read(root, paths)) {
      const entry = flat.get(path)
      if (entry !== undefined && "id" in entry && objects.identify(bytes) === entry.id) found.set(path, bytes)
    }
    return found
  })
  const oddities = scan.oddities.filter((oddity) => oddity.what !== "unreadable")
  return { flat, oddities, read, stream: (path) => workingTree.stream(root, path) }
})
