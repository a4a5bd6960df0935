/**
 * A whole engine for scenarios, over strict memory or over SQLite and directories, with counted ids and the test clock,
 * and the hands of somebody who writes collections and edits projects.
 */
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { TestClock } from "effect/testing"
import { layerWorkingTree } from "../../src/adapters/filesystem/index.ts"
import { joinOs } from "../../src/adapters/filesystem/osPath.ts"
import { makeWorkingTree } from "../../src/adapters/memory/index.ts"
import * as Sqlite from "../../src/adapters/sqlite/index.ts"
import { Conflicts } from "../../src/core/conflicts/Conflicts.ts"
import { DeploymentTracker, type DeployOptions } from "../../src/core/deployments/DeploymentTracker.ts"
import { DriftDetector } from "../../src/core/drift/DriftDetector.ts"
import { VersionGraph } from "../../src/core/graph/VersionGraph.ts"
import { layer } from "../../src/core/layer.ts"
import { Ledger } from "../../src/core/ledger/Ledger.ts"
import { OperationLog } from "../../src/core/ledger/OperationLog.ts"
import { Maintenance } from "../../src/core/maintenance/Maintenance.ts"
import { MergeEngine } from "../../src/core/merge/MergeEngine.ts"
import { Objects } from "../../src/core/objects/Objects.ts"
import type { Selection } from "../../src/core/projects/Place.ts"
import type { Resolution } from "../../src/core/projects/planResolve.ts"
import { IdSource } from "../../src/core/references/IdSource.ts"
import { Rollback, type RollbackOptions } from "../../src/core/rollback/Rollback.ts"
import { type CaptureRequest, SnapshotStore } from "../../src/core/snapshots/SnapshotStore.ts"
import { Sync, type UpdateOptions } from "../../src/core/sync/Sync.ts"
import { WorkingTree } from "../../src/core/WorkingTree.ts"
import type { ArtifactId, CollectionId, FilePath, ObjectId, OperationId, ProjectId } from "../../src/model/Ids.ts"
import { pathFromBytes, pathToBytes } from "../../src/model/pathText.ts"
import { CatalogStorage } from "../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../src/storage/StorageError.ts"
import { makeStrictMemory } from "../../src/testkit/index.ts"

/** What stands at a path: text, bytes, or something that is no plain file. */
export type Content =
  | string
  | Uint8Array
  | { readonly executable: string | Uint8Array }
  | { readonly link: string }
  | { readonly directory: true }

/** Content by path; `null` takes away what stands there. */
export type Files = Readonly<Record<string, Content>>
export type Edits = Readonly<Record<string, Content | null>>

export const exe = (content: string | Uint8Array): Content => ({ executable: content })
export const link = (target: string): Content => ({ link: target })
export const dir: Content = { directory: true }

export const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === "string" ? new TextEncoder().encode(content) : content

const latin = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1")

/** One line for what stands at a path: its kind, and its bytes as Latin-1. */
export const show = (content: Content): string => {
  if (typeof content === "string" || content instanceof Uint8Array) return `f ${latin(bytesOf(content))}`
  if ("executable" in content) return `x ${latin(bytesOf(content.executable))}`
  return "link" in content ? `l ${latin(pathToBytes(content.link))}` : "d"
}

/** What stands in a root, as {@link show} writes it; directories are named where they are empty. */
export type Shown = Readonly<Record<string, string>>

export const shown = (files: Files): Shown =>
  sorted(Object.fromEntries(Object.entries(files).map(([path, content]) => [path, show(content)])))

const sorted = (files: Record<string, string>): Shown =>
  Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)))

/** Roots and the hands that edit them. */
interface Hands {
  readonly root: (name: string) => string
  readonly edit: (root: string, edits: Edits) => void
  readonly list: (root: string) => Shown
  /** Replaces everything that stands in a root. */
  readonly put: (root: string, files: Files) => void
}

const emptyOnly = (all: ReadonlyMap<string, string>): Shown => {
  const parents = new Set([...all.keys()].map((path) => path.slice(0, Math.max(0, path.lastIndexOf("/")))))
  return sorted(Object.fromEntries([...all].filter(([path, what]) => what !== "d" || !parents.has(path))))
}

const memoryHands = (tree: ReturnType<typeof makeWorkingTree>): Hands => {
  const edit = (root: string, edits: Edits) => {
    for (const [path, content] of Object.entries(edits)) if (content === null) tree.remove(root, path)
    for (const [path, content] of Object.entries(edits)) {
      if (content === null) continue
      const directory = typeof content === "object" && "directory" in content
      if (!directory || tree.files(root).get(path as FilePath)?.kind !== "directory") tree.remove(root, path)
      if (typeof content === "string" || content instanceof Uint8Array) tree.write(root, path, content)
      else if ("executable" in content) tree.write(root, path, content.executable, { executable: true })
      else if ("link" in content) tree.symlink(root, path, content.link)
      else tree.mkdir(root, path)
    }
  }
  return {
    root: (name) => {
      tree.mkdir(name, "")
      return name
    },
    edit,
    put: (root, files) => {
      for (const path of tree.files(root).keys()) tree.remove(root, path)
      edit(root, files)
    },
    list: (root) =>
      emptyOnly(
        new Map(
          [...tree.files(root)].map(([path, file]) => {
            if (file.kind === "directory") return [path, "d"]
            const letter = { file: "f", executable: "x", symlink: "l" }[file.kind]
            return [path, `${letter} ${latin(file.bytes)}`]
          })
        )
      )
  }
}

const diskHands = (folder: string): Hands => {
  const edit = (root: string, edits: Edits) => {
    for (const [path, content] of Object.entries(edits)) {
      if (content === null) fs.rmSync(joinOs(root, path), { recursive: true, force: true })
    }
    for (const [path, content] of Object.entries(edits)) {
      if (content === null) continue
      const at = joinOs(root, path)
      if (path.includes("/")) fs.mkdirSync(joinOs(root, path.slice(0, path.lastIndexOf("/"))), { recursive: true })
      if (typeof content === "object" && "directory" in content) {
        if (!fs.lstatSync(at, { throwIfNoEntry: false })?.isDirectory()) fs.rmSync(at, { force: true })
        fs.mkdirSync(at, { recursive: true })
      } else {
        fs.rmSync(at, { recursive: true, force: true })
        if (typeof content === "string" || content instanceof Uint8Array) fs.writeFileSync(at, bytesOf(content))
        else if ("executable" in content) fs.writeFileSync(at, bytesOf(content.executable), { mode: 0o755 })
        else if ("link" in content) fs.symlinkSync(content.link, at)
      }
    }
  }
  const list = (root: string): Shown => {
    const all = new Map<string, string>()
    const walk = (folder: Buffer, prefix: string) => {
      for (const entry of fs.readdirSync(folder, { withFileTypes: true, encoding: "buffer" })) {
        const at = Buffer.concat([folder, Buffer.from("/"), entry.name])
        const path = prefix + pathFromBytes(entry.name)
        if (path === ".tidemark") continue
        if (entry.isDirectory()) {
          all.set(path, "d")
          walk(at, `${path}/`)
        } else if (entry.isSymbolicLink()) all.set(path, `l ${latin(fs.readlinkSync(at, "buffer"))}`)
        else all.set(path, `${(fs.statSync(at).mode & 0o100) === 0 ? "f" : "x"} ${latin(fs.readFileSync(at))}`)
      }
    }
    walk(Buffer.from(root), "")
    return emptyOnly(all)
  }
  return {
    root: (name) => {
      fs.mkdirSync(join(folder, name), { recursive: true })
      return join(folder, name)
    },
    edit,
    list,
    put: (root, files) => {
      for (const name of fs.readdirSync(root)) {
        if (name !== ".tidemark") fs.rmSync(join(root, name), { recursive: true, force: true })
      }
      edit(root, files)
    }
  }
}

/** The kinds of engine that scenarios run on. */
export const kinds = ["memory", "disk"] as const
export type Kind = (typeof kinds)[number]

/** What most scenarios speak of. */
export const agents = "agents" as CollectionId
export const project = "project" as ProjectId

export const artifact = (id: string): ArtifactId => id as ArtifactId
export const path = (text: string): FilePath => text as FilePath

type Without<A, K extends string> = Partial<Omit<A, K>>

const build = Effect.gen(function* () {
  const services = {
    snapshots: yield* SnapshotStore,
    deployments: yield* DeploymentTracker,
    drift: yield* DriftDetector,
    sync: yield* Sync,
    conflicts: yield* Conflicts,
    rollback: yield* Rollback,
    ledger: yield* Ledger,
    graph: yield* VersionGraph,
    merge: yield* MergeEngine,
    maintenance: yield* Maintenance,
    objects: yield* Objects,
    log: yield* OperationLog,
    catalog: yield* CatalogStorage,
    objectStorage: yield* ObjectStorage,
    workingTree: yield* WorkingTree
  }
  return services
})

const make = Effect.fnUntraced(function* (hands: Hands) {
  const services = yield* build
  const { snapshots, deployments, drift, sync, conflicts, rollback, ledger, catalog, objectStorage } = services
  const root = hands.root("project")
  const tick = TestClock.adjust(1000)

  /** Makes the collection hold exactly these files, and captures it. */
  const capture = Effect.fnUntraced(function* (files: Files, options: Partial<CaptureRequest> = {}) {
    const collection = options.collection ?? agents
    const at = hands.root(`collection-${collection}`)
    hands.put(at, files)
    yield* tick
    return yield* snapshots.capture({ collection, root: at, ...options })
  })
  const planDeploy = (options: Without<DeployOptions, "project"> = {}) =>
    deployments.plan({ project, root, collection: agents, ...options })
  const planUpdate = (options: Without<UpdateOptions, "project"> = {}) => sync.plan({ project, root, ...options })
  const planRollback = (options: Without<RollbackOptions, "project"> & Pick<RollbackOptions, "to">) =>
    rollback.plan({ project, root, ...options })
  const planResolve = (...resolutions: ReadonlyArray<Resolution>) => conflicts.plan({ project, root, resolutions })

  return {
    ...services,
    hands,
    root,
    tick,
    capture,
    planDeploy,
    planUpdate,
    planRollback,
    planResolve,
    /** Edits the project by hand. */
    edit: (edits: Edits) => Effect.sync(() => hands.edit(root, edits)),
    /** Everything that stands in the project. */
    files: Effect.sync(() => hands.list(root)),
    deploy: Effect.fnUntraced(function* (options: Without<DeployOptions, "project"> = {}) {
      yield* tick
      return yield* deployments.apply(yield* planDeploy(options), { root })
    }),
    update: Effect.fnUntraced(function* (options: Without<UpdateOptions, "project"> = {}) {
      yield* tick
      return yield* sync.apply(yield* planUpdate(options), { root })
    }),
    resolve: Effect.fnUntraced(function* (...resolutions: ReadonlyArray<Resolution>) {
      yield* tick
      return yield* conflicts.apply(yield* planResolve(...resolutions), { root })
    }),
    roll: Effect.fnUntraced(function* (options: Without<RollbackOptions, "project"> & Pick<RollbackOptions, "to">) {
      yield* tick
      return yield* rollback.apply(yield* planRollback(options), { root })
    }),
    retire: Effect.fnUntraced(function* (...artifacts: ReadonlyArray<string>) {
      yield* tick
      const plan = yield* deployments.planRetire({ project, root, artifacts: artifacts.map(artifact) })
      return { plan, ...(yield* deployments.apply(plan, { root })) }
    }),
    undo: Effect.fnUntraced(function* (operation: OperationId, kind: "undo" | "redo" = "undo") {
      yield* tick
      const options = { operation, root }
      const plan = yield* kind === "undo" ? ledger.planUndo(options) : ledger.planRedo(options)
      return yield* ledger.apply(plan, { root })
    }),
    /** The class of every path of the project. */
    classes: Effect.fnUntraced(function* (options: Partial<Selection> = {}) {
      const { paths } = yield* drift.check({ project, root, ...options })
      return Object.fromEntries(paths.map((row) => [row.path, row.class]))
    }),
    /** The paths in conflict. */
    open: Effect.map(conflicts.list({ project }), (list) => list.map((conflict) => conflict.path)),
    /** Every name of the store and what it holds, without the ledger's own head. */
    names: Effect.map(catalog.list({ prefix: "", limit: 100_000 }), (refs) =>
      Object.fromEntries(refs.filter(([name]) => name !== "head/ledger" && name !== "store/identity"))
    ),
    /** Whether any object holds these bytes. */
    stores: Effect.fnUntraced(function* (text: string) {
      let after: ObjectId | undefined
      for (;;) {
        const page = yield* objectStorage.list({ after, limit: 1000 })
        const found = yield* services.objects.get(page.map(({ id }) => id))
        for (const bytes of found.values()) if (latin(bytes).includes(latin(bytesOf(text)))) return true
        if (page.length < 1000) return false
        after = page.at(-1)?.id
      }
    }),
    /** What checking the ledger finds. */
    findings: Effect.map(ledger.verify(), (report) => report.findings)
  }
})

/** An engine in a test. */
export type Engine = Effect.Success<ReturnType<typeof make>>

/** Ids that count: the same calls in the same order give the same ids. */
export const countedIds = () => {
  let last = 0
  return { next: (kind: string) => `${kind}-${String(++last).padStart(6, "0")}` }
}

const temporary: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(join(tmpdir(), "tidemark-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

/** What an engine stands on. */
export type TestPorts = Layer.Layer<CatalogStorage | ObjectStorage | WorkingTree, StorageError>

/** Runs a scenario on a fresh engine; `wrap` may put something around what it stands on. */
export const scenario = <A, E>(
  kind: Kind,
  use: (engine: Engine) => Effect.Effect<A, E>,
  wrap: (ports: TestPorts) => TestPorts = (ports) => ports
): Effect.Effect<A, E | StorageError> => {
  const run = (ports: TestPorts, hands: Hands): Effect.Effect<A, E | StorageError> =>
    Effect.flatMap(make(hands), use).pipe(
      Effect.provide(layer.pipe(Layer.provideMerge(OperationLog.layer), Layer.provideMerge(wrap(ports))), {
        local: true
      }),
      Effect.provideService(IdSource, countedIds())
    )
  return Effect.gen(function* () {
    yield* TestClock.setTime(1_800_000_000_000)
    if (kind === "memory") {
      const tree = makeWorkingTree()
      const store = yield* makeStrictMemory
      return yield* run(Layer.mergeAll(store.layer, tree.layer), memoryHands(tree))
    }
    const folder = yield* temporary
    const storage = Sqlite.layer({ file: join(folder, "store.db") })
    const files = layerWorkingTree({ cacheDirectory: join(folder, "cache") })
    return yield* run(Layer.mergeAll(storage, files), diskHands(folder))
  }).pipe(Effect.scoped)
}

/** A scenario as a test, on every kind of engine. */
export const onBoth = (
  name: string,
  use: (engine: Engine) => Effect.Effect<unknown, unknown>,
  timeout = 30_000
): void => {
  for (const kind of kinds) it.effect(`${name} (${kind})`, () => scenario(kind, use), timeout)
}

/** The same in memory alone, for what the disk has no part in. */
export const onMemory = (name: string, use: (engine: Engine) => Effect.Effect<unknown, unknown>): void => {
  it.effect(name, () => scenario("memory", use), 30_000)
}
