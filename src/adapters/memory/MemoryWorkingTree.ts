/** A working tree in this process's memory: for tests, previews, and hosts whose files are not on a disk. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import {
  type ApplyHooks,
  type ApplyStep,
  type Recovered,
  RecoveryBlocked,
  type RecoveryOracle,
  streamedAbove,
  WorkingTree,
  WorkingTreeError,
  type WorkingTreeFailure,
  type WorkingTreeService
} from "../../core/WorkingTree.ts"
import type { BlobId, FilePath } from "../../model/Ids.ts"
import { PlanStale } from "../../model/Plan.ts"
import {
  blockedBy,
  changesOf,
  completeSteps,
  idsOf,
  makeChanges,
  Problem,
  refuseUnfit,
  staleOf,
  undoChanges
} from "./memoryApply.ts"
import { type FileNode, fileNode, MemoryRoot, parentOf, refusal } from "./memoryFiles.ts"
import { scanMemory } from "./memoryScan.ts"

/** The files that a working tree in memory starts with: root → path → content. @public */
export interface MemoryWorkingTreeFiles {
  readonly [root: string]: { readonly [path: string]: string | Uint8Array }
}

/** What stands at a path in memory; a symlink's bytes are its target. @public */
export type MemoryFile =
  | { readonly kind: "file" | "executable" | "symlink"; readonly bytes: Uint8Array }
  | { readonly kind: "directory" }

/**
 * A working tree in memory, and the hands of somebody who edits its files.
 *
 * @remarks
 * A root exists once something was put into it (`mkdir(root, "")` makes an empty one). Missing folders are made. A path
 * that no file could have, or one below a file or a symlink, is a defect.
 *
 * @public
 */
export interface MemoryWorkingTree {
  readonly service: WorkingTreeService
  readonly layer: Layer.Layer<WorkingTree>
  readonly write: (
    root: string,
    path: string,
    content: string | Uint8Array,
    options?: { readonly executable?: boolean | undefined }
  ) => void
  readonly symlink: (root: string, path: string, target: string) => void
  readonly mkdir: (root: string, path: string) => void
  /** Removes what stands at or below a path. */
  readonly remove: (root: string, path: string) => void
  /** The bytes of a file (of a symlink: its target); `undefined` where there is none. */
  readonly read: (root: string, path: string) => Uint8Array | undefined
  /** Everything that stands in a root, by path. */
  readonly files: (root: string) => ReadonlyMap<FilePath, MemoryFile>
}

interface Site {
  readonly root: string
  readonly operation: string
}

const failed = ({ root, operation }: Site, path: string, failure: WorkingTreeFailure, detail = "") =>
  new WorkingTreeError({ root, path, operation, failure, detail })

const attempt = <A>(site: Site, f: () => A): Effect.Effect<A, WorkingTreeError> =>
  Effect.try({
    try: f,
    catch: (error) =>
      error instanceof Problem
        ? failed(site, error.path, error.failure, error.message)
        : new WorkingTreeError({ ...site, path: "", failure: "io", detail: String(error), cause: error })
  })

/** Finishes or puts back an apply of which nobody could say whether it was committed. */
const settle = Effect.fnUntraced(function* <E, R>(
  site: Site,
  state: MemoryRoot,
  oracle: RecoveryOracle<E, R>
): Effect.fn.Return<Recovered, E | RecoveryBlocked, R> {
  const { pending } = state
  if (pending === undefined) return { outcome: "nothing", copies: [] }
  if (pending.store !== oracle.store) {
    return yield* new RecoveryBlocked({ root: site.root, applyId: pending.applyId, why: "other-store" })
  }
  const happened = yield* oracle.happened(pending.applyId)
  state.pending = undefined
  if (happened) return { outcome: "finished", copies: [] }
  return { outcome: "put-back", copies: undoChanges(state, pending.changes, pending.applyId) }
})

/** Runs `use` while nobody else changes the root. */
const withLock = <A, E, R>(
  site: Site,
  state: MemoryRoot,
  use: Effect.Effect<A, E, R>
): Effect.Effect<A, E | WorkingTreeError, R> =>
  Effect.acquireUseRelease(
    Effect.suspend(() => {
      if (state.locked) return Effect.fail(failed(site, "", "locked"))
      state.locked = true
      return Effect.void
    }),
    () => use,
    () =>
      Effect.sync(() => {
        state.locked = false
      })
  )

/** Asks for what steps will place: large content in pieces, where there are any, the rest at once. */
const readContents = Effect.fnUntraced(function* <A, E, R>(
  steps: ReadonlyArray<ApplyStep>,
  { content, stream }: ApplyHooks<A, E, R>
): Effect.fn.Return<ReadonlyMap<BlobId, Uint8Array>, E, R> {
  const small = steps.filter((step) => stream === undefined || !isLarge(step))
  const ids = idsOf(small)
  const contents = new Map(ids.length === 0 ? [] : yield* content(ids))
  if (stream === undefined) return contents
  for (const id of idsOf(steps.filter(isLarge))) {
    contents.set(id, new Uint8Array(Buffer.concat(yield* Stream.runCollect(stream(id)))))
  }
  return contents
})

const isLarge = ({ after }: ApplyStep): boolean =>
  after !== null && after.kind !== "directory" && after.size > streamedAbove

const pieceBytes = 1 << 20

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.slice(at, at + pieceBytes)
}

const makeApply =
  (open: (site: Site) => Effect.Effect<MemoryRoot, WorkingTreeError>): WorkingTreeService["apply"] =>
  (root, request, hooks, oracle) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const site: Site = { root, operation: "apply" }
        const state = yield* open(site)
        return yield* withLock(
          site,
          state,
          Effect.gen(function* () {
            const { copies } = yield* restore(settle(site, state, oracle))
            const check = Effect.fnUntraced(function* (steps: ReadonlyArray<ApplyStep>) {
              const paths = [...staleOf(state, request), ...blockedBy(state, steps)]
              if (paths.length > 0) return yield* new PlanStale({ paths, names: [], kept: [] })
            })
            yield* attempt(site, () => refuseUnfit(request))
            yield* check([])
            const steps = yield* attempt(site, () => completeSteps(state, request))
            yield* restore(hooks.prepare)
            const contents = yield* restore(readContents(steps, hooks))
            // Other fibers may have edited the root while the hooks ran.
            yield* check(steps)
            const changes = yield* attempt(site, () => changesOf(state, steps, contents))
            const stuck = makeChanges(state, changes)
            if (stuck !== undefined) return yield* new PlanStale({ paths: [stuck], names: [], kept: [] })
            const committed = yield* Effect.exit(
              Effect.andThen(
                attempt(site, () => hooks.onProgress?.(steps.length, steps.length)),
                hooks.commit
              )
            )
            if (Exit.isSuccess(committed)) return { value: committed.value, copies }
            // An answer may be lost on its way back: only the ledger knows whether the operation is there.
            const { applyId, store } = request
            const happened = yield* Effect.exit(oracle.happened(applyId))
            if (Exit.isFailure(happened)) state.pending = { applyId, store, changes }
            else if (!happened.value) undoChanges(state, changes, applyId)
            return yield* Effect.failCause(committed.cause)
          })
        )
      })
    ).pipe(Effect.withSpan("WorkingTree.apply"))

const makeService = (roots: ReadonlyMap<string, MemoryRoot>): WorkingTreeService => {
  const open = (site: Site) =>
    Effect.suspend(() => {
      const state = roots.get(site.root)
      return state === undefined ? Effect.fail(failed(site, "", "not-found")) : Effect.succeed(state)
    })
  const bytesAt = Effect.fnUntraced(function* (site: Site, state: MemoryRoot, path: FilePath) {
    const refused = refusal(path)
    if (refused !== undefined) return yield* failed(site, path, refused.failure, refused.why)
    for (let at = parentOf(path); at !== ""; at = parentOf(at)) {
      if (state.get(at)?.kind === "symlink") return yield* failed(site, path, "escapes-root", `${at} is a link`)
    }
    const node = state.get(path)
    return node === undefined || node.kind === "directory" ? undefined : node.bytes
  })
  return {
    scan: Effect.fn("WorkingTree.scan")(function* (root, options) {
      return scanMemory(yield* open({ root, operation: "scan" }), options)
    }),
    read: Effect.fn("WorkingTree.read")(function* (root, paths) {
      const site: Site = { root, operation: "read" }
      const out = new Map<FilePath, Uint8Array>()
      const state = yield* open(site)
      for (const path of paths) {
        const bytes = yield* bytesAt(site, state, path)
        if (bytes !== undefined) out.set(path, bytes.slice())
      }
      return out
    }),
    stream: (root, path) => {
      const site: Site = { root, operation: "read" }
      return Stream.unwrap(
        Effect.gen(function* () {
          const bytes = yield* bytesAt(site, yield* open(site), path)
          return bytes === undefined
            ? Stream.fail(failed(site, path, "not-found"))
            : Stream.fromIterable(piecesOf(bytes))
        })
      )
    },
    apply: makeApply(open),
    recover: (root, oracle) => {
      const site: Site = { root, operation: "recover" }
      return Effect.gen(function* () {
        const state = yield* open(site)
        return yield* withLock(site, state, settle(site, state, oracle))
      }).pipe(Effect.withSpan("WorkingTree.recover"))
    }
  }
}

const toBytes = (content: string | Uint8Array): Uint8Array =>
  typeof content === "string" ? new TextEncoder().encode(content) : content

/**
 * Makes a working tree in memory, with these files.
 *
 * @public
 */
export const makeWorkingTree = (initial: MemoryWorkingTreeFiles = {}): MemoryWorkingTree => {
  const roots = new Map<string, MemoryRoot>()
  const open = (name: string): MemoryRoot => {
    const state = roots.get(name) ?? new MemoryRoot()
    roots.set(name, state)
    return state
  }
  const put = (root: string, path: string, node: FileNode | { readonly kind: "directory" }) => {
    const state = open(root)
    const refused = refusal(path)
    if (refused !== undefined) throw new TypeError(`${JSON.stringify(path)}: ${refused.why}`)
    const there = state.get(path)?.kind
    const clash = there !== undefined && (there === "directory") !== (node.kind === "directory")
    const inTheWay = clash ? path : state.addParents(path)
    if (inTheWay !== undefined)
      throw new TypeError(`${JSON.stringify(path)}: ${JSON.stringify(inTheWay)} is in the way`)
    if (node.kind !== "directory" || !state.isFolder(path)) state.set(path, node)
  }
  const handle: Omit<MemoryWorkingTree, "service" | "layer"> = {
    write: (root, path, content, options) =>
      put(root, path, fileNode(options?.executable === true ? "executable" : "file", toBytes(content))),
    symlink: (root, path, target) => put(root, path, fileNode("symlink", toBytes(target))),
    mkdir: (root, path) => {
      if (path === "") open(root)
      else put(root, path, { kind: "directory" })
    },
    remove: (root, path) => {
      const state = open(root)
      for (const at of state.paths()) if (at === path || at.startsWith(`${path}/`)) state.delete(at)
    },
    read: (root, path) => {
      const node = roots.get(root)?.get(path as FilePath)
      return node === undefined || node.kind === "directory" ? undefined : node.bytes.slice()
    },
    files: (root) => {
      const state = roots.get(root)
      const out = new Map<FilePath, MemoryFile>()
      for (const path of state?.paths() ?? []) {
        const node = state?.get(path)
        if (node === undefined) continue
        out.set(path, node.kind === "directory" ? node : { kind: node.kind, bytes: node.bytes.slice() })
      }
      return out
    }
  }
  for (const [root, files] of Object.entries(initial)) {
    open(root)
    for (const [path, content] of Object.entries(files)) handle.write(root, path, content)
  }
  const service = makeService(roots)
  return { service, layer: Layer.succeed(WorkingTree, service), ...handle }
}

/**
 * A {@link WorkingTree} in memory with these files: a fresh one for each build of the layer.
 *
 * @public
 */
export const layerWorkingTree = (initial: MemoryWorkingTreeFiles = {}): Layer.Layer<WorkingTree> =>
  Layer.sync(WorkingTree, () => makeWorkingTree(initial).service)
