/** Which version brought each line of a file. */
import * as Effect from "effect/Effect"
import { countLines, type LineRun, passLines } from "../../algo/blame/passLines.ts"
import { Frontier } from "../../algo/graph/Frontier.ts"
import { PartialGraph } from "../../algo/graph/PartialGraph.ts"
import type { RenameCandidate } from "../../algo/merge/surveyTrees.ts"
import { isBinary } from "../../algo/text/isBinary.ts"
import type { FilePath, ObjectId, TreeId, VersionId } from "../../model/Ids.ts"
import { PathNotFound } from "../../model/Snapshot.ts"
import type { Entry } from "../../model/Tree.ts"
import type { Version, VersionNotFound } from "../../model/Version.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { joinParts } from "../catalog/names.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import type { ObjectsService } from "../objects/Objects.ts"
import { entryAt } from "../objects/treeWalk.ts"
import { Progress } from "../references/Progress.ts"
import { makeGraphReader } from "./GraphReader.ts"
import { renamedFrom } from "./renamedFrom.ts"
import { versionCodec } from "./versionRecord.ts"

/** Whose lines, and how far back to look. @public */
export interface BlameRequest {
  readonly version: VersionId
  readonly path: FilePath
  /** Looks at no more versions than this; lines that none of them brought are left open. 100,000, where it is not said. */
  readonly budget?: number | undefined
  /** Whether a file is followed to the name that it had before; it is, where it is not said. */
  readonly renames?: boolean | undefined
}

/**
 * Lines that one version brought: `count` lines from line `start` on (from 1), which stood at `sourceStart` of `path` in
 * that version. `version` is `null` where the budget ended before it was found; then they stood there in the last one
 * looked at.
 *
 * @public
 */
export interface BlamedLines {
  readonly start: number
  readonly count: number
  readonly version: VersionId | null
  readonly sourceStart: number
  readonly path: FilePath
}

/**
 * A file and who brought it.
 *
 * @remarks
 * `kind: "text"`: ranges in the order of lines, which cover the file. `kind: "whole"`: what has no lines (binary content, a
 * symlink, an open conflict); then `version` is the one that brought the content, at `path`. `examined` counts the versions looked at.
 *
 * @public
 */
export type Blame =
  | { readonly kind: "text"; readonly lines: ReadonlyArray<BlamedLines>; readonly examined: number }
  | {
      readonly kind: "whole"
      readonly version: VersionId | null
      readonly path: FilePath
      readonly examined: number
    }

const defaultBudget = 100_000
const cachedBytes = 16 * 1024 * 1024

/** The contents read last; a file's versions are compared one after the other. */
const makeContents = (objects: ObjectsService) => {
  const contents = new Map<ObjectId, Uint8Array>()
  let size = 0
  return Effect.fnUntraced(function* (id: ObjectId) {
    const known = contents.get(id)
    if (known !== undefined) {
      contents.delete(id)
      contents.set(id, known)
      return known
    }
    const bytes = (yield* objects.get([id])).get(id) ?? new Uint8Array()
    contents.set(id, bytes)
    size += bytes.length
    for (const [oldest, old] of contents) {
      if (size <= cachedBytes || oldest === id) break
      contents.delete(oldest)
      size -= old.length
    }
    return bytes
  })
}

/** Lines that a version still has to answer for, and the file of it that they stand in. */
interface Pending {
  readonly path: FilePath
  readonly entry: Entry
  readonly runs: Array<LineRun>
}

/** Lines that were answered for. */
interface Owned {
  readonly run: LineRun
  readonly version: VersionId | null
  readonly path: FilePath
}

/**
 * Walks down from a version, the newest first. A version passes to its parents the lines that they have too: all of them
 * to the first parent with the same content, else to each in turn what the diff finds there. What is left is its own. A
 * parent without a file of that name is asked for one that was renamed to it.
 *
 * @internal
 */
export const blameFile = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  objects: ObjectsService,
  request: BlameRequest
): Effect.fn.Return<Blame, PathNotFound | VersionNotFound | StorageError> {
  const { budget = defaultBudget, path, renames = true } = request
  const progress = yield* Progress
  const read = makeContents(objects)
  const graph = new PartialGraph()
  const reader = makeGraphReader(catalog, graph, { keepRecords: true })
  const [start = -1] = yield* reader.require([request.version])

  const recordOf = (slot: number): Effect.Effect<StoredRecord, StorageError> => {
    const record = reader.records.get(graph.id(slot))
    return record === undefined
      ? Effect.fail(corrupt("read", `version ${graph.id(slot)}`, "it is missing"))
      : Effect.succeed(record)
  }
  const versionOf = (slot: number) => Effect.flatMap(recordOf(slot), (record) => versionCodec.decode(record))

  const first = yield* versionOf(start)
  const top = yield* entryAt(objects, first.tree, path)
  if (top === null || top.kind === "directory") {
    return yield* Effect.fail(new PathNotFound({ path, within: `version ${request.version}` }))
  }
  const content = top.kind === "conflict" ? undefined : yield* read(top.id)
  const isWhole = content === undefined || top.kind === "symlink" || isBinary(content)
  // What has no lines counts as one.
  const total = isWhole ? 1 : countLines(content)

  const owners: Array<Owned> = []
  const pending = new Map<number, Array<Pending>>()
  const frontier = new Frontier(graph)
  const give = (slot: number, file: RenameCandidate, runs: ReadonlyArray<LineRun>, below: number) => {
    if (runs.length === 0) return
    const known = pending.get(slot)
    const same = known?.find((other) => other.path === file.path)
    if (same !== undefined) same.runs.push(...runs)
    else if (known !== undefined) known.push({ ...file, runs: [...runs] })
    else pending.set(slot, [{ ...file, runs: [...runs] }])
    frontier.add(slot, 1, below)
  }
  /** What only its parents can tell: whether the path is the same in them. */
  const untouched = ({ terms }: StoredRecord, version: Version, at: FilePath) =>
    version.parents.length === 1 &&
    !terms.includes(joinParts("artifact+path", version.artifact, at)) &&
    !terms.includes(joinParts("artifact+paths", version.artifact))

  /** What this file was in each parent: the one of that name, or one that was renamed to it, if no parent has it unchanged. */
  const filesBefore = Effect.fnUntraced(function* (version: Version, file: RenameCandidate) {
    const trees: Array<TreeId> = []
    const found: Array<RenameCandidate | undefined> = []
    for (const parent of version.parents) {
      const { tree } = yield* versionOf(graph.slot(parent))
      const entry = yield* entryAt(objects, tree, file.path)
      trees.push(tree)
      found.push(entry === null || entry.kind === "directory" ? undefined : { path: file.path, entry })
    }
    const isSame = found.some((before) => before?.entry.id === file.entry.id)
    if (!renames || isSame || file.entry.kind === "conflict") return found
    for (const [k, tree] of trees.entries()) {
      found[k] ??= yield* renamedFrom(objects, tree, version.tree, file.path, file.entry)
    }
    return found
  })

  /** Passes a file's lines on to the parents; what stays is the version's own. */
  const settle = Effect.fnUntraced(function* (version: Version, below: number, { runs, ...file }: Pending) {
    const found = yield* filesBefore(version, file)
    const parents = version.parents.flatMap((parent, k) => {
      const before = found[k]
      return before === undefined ? [] : [{ slot: graph.slot(parent), file: before }]
    })
    const same = parents.find((parent) => parent.file.entry.id === file.entry.id)
    if (same !== undefined) return give(same.slot, same.file, runs, below)
    let left: ReadonlyArray<LineRun> = runs
    if (!isWhole) {
      const later = yield* read(file.entry.id)
      for (const parent of parents) {
        if (left.length === 0) break
        const { id, kind } = parent.file.entry
        if (kind === "conflict" || kind === "symlink") continue
        const { kept, passed } = passLines(yield* read(id), later, left)
        give(parent.slot, parent.file, passed, below)
        left = kept
      }
    }
    for (const run of left) owners.push({ run, version: version.id, path: file.path })
  })

  if (total > 0) give(start, { path, entry: top }, [{ asked: 0, at: 0, count: total }], Number.POSITIVE_INFINITY)
  let examined = 0
  while (!frontier.isEmpty) {
    for (let need = frontier.need(); need !== undefined; need = frontier.need()) yield* reader.load(need)
    const slot = frontier.take()
    const files = pending.get(slot) ?? []
    pending.delete(slot)
    if (examined >= budget) {
      for (const { path, runs } of files) for (const run of runs) owners.push({ run, version: null, path })
      continue
    }
    examined++
    const record = yield* recordOf(slot)
    const version = yield* versionCodec.decode(record)
    reader.records.delete(version.id)
    const below = graph.at(slot) - 1
    for (const file of files) {
      if (untouched(record, version, file.path)) {
        give(graph.slot(version.parents[0] as VersionId), file, file.runs, below)
        continue
      }
      const unknown = version.parents.filter((parent) => !graph.isKnown(graph.slot(parent)))
      if (unknown.length > 0) yield* reader.load({ ids: unknown, below, visited: examined })
      yield* settle(version, below, file)
    }
    if (examined % 1000 === 0) progress({ phase: "blame", done: examined, total: 0 })
  }
  frontier.close()
  if (isWhole) return { kind: "whole", version: owners[0]?.version ?? null, path: owners[0]?.path ?? path, examined }
  return { kind: "text", lines: joined(owners), examined }
})

/** Ranges in the order of lines; neighbours that came together are one. */
const joined = (owners: ReadonlyArray<Owned>): ReadonlyArray<BlamedLines> => {
  const lines: Array<BlamedLines> = []
  for (const { path, run, version } of [...owners].sort((a, b) => a.run.asked - b.run.asked)) {
    const last = lines.at(-1)
    const start = run.asked + 1
    const sourceStart = run.at + 1
    const follows = last?.version === version && last.path === path && last.sourceStart + last.count === sourceStart
    if (last !== undefined && follows) lines[lines.length - 1] = { ...last, count: last.count + run.count }
    else lines.push({ start, count: run.count, version, sourceStart, path })
  }
  return lines
}
