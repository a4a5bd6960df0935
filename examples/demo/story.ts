/** The main job, told through the engine's own API. Each step gives what it found as plain data. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Filesystem from "../../src/adapters/filesystem/index.ts"
import * as Sqlite from "../../src/adapters/sqlite/index.ts"
import { open, type Tidemark } from "../../src/promise/index.ts"
import { differences, replaceContents, takeStock } from "./folders.ts"

type Plan = Awaited<ReturnType<Tidemark["sync"]["plan"]>>
type Applied = Awaited<ReturnType<Tidemark["sync"]["apply"]>>
type Captured = Awaited<ReturnType<Tidemark["snapshots"]["capture"]>>
type Conflict = Awaited<ReturnType<Tidemark["conflicts"]["list"]>>[number]
type Progress = (event: { readonly phase: string; readonly done: number; readonly total: number }) => void

/** Where the story plays. */
export interface Scene {
  readonly v1: string
  readonly v2: string
  readonly local: string
  readonly store: string | undefined
  readonly signal: AbortSignal
}

/** Who listens: told before each step, during it, and what it found. */
export interface Listener {
  readonly begin: (title: string) => Progress
  readonly end: (chapter: Chapter, milliseconds: number) => void
}

const collection = "kit"
const project = "clinic"
const publisher = "publisher"
const user = "dana"

const captured = ({ artifacts, operation, paths, snapshot, stored, versions }: Captured) => ({
  snapshot: snapshot.id,
  operation: operation.id,
  files: paths,
  artifacts: artifacts.length,
  artifactsByType: countBy(artifacts, ({ artifact }) => artifact.slice(0, artifact.indexOf(":"))),
  newVersions: versions.length,
  storedObjects: stored
})

const planned = (plan: Plan) => ({
  actions: countBy(plan.paths, ({ action }) => action),
  deployments: plan.deployments.length,
  notes: plan.notes
})

const applied = ({ copies, operation, versions }: Applied) => ({
  operation: operation.id,
  capturedVersions: versions.length,
  copies
})

const countBy = <A>(items: Iterable<A>, key: (item: A) => string): { readonly [key: string]: number } => {
  const counts: { [key: string]: number } = {}
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1
  return counts
}

const captureV1 = async ({ tidemark }: Stage, root: string, onProgress: Progress, signal: AbortSignal) => {
  const made = await tidemark.snapshots.capture(
    { collection, root, message: "First edition" },
    { actor: publisher, onProgress, signal }
  )
  return { chapter: "captureV1" as const, ...captured(made) }
}

const deploy = async ({ place, tidemark }: Stage, onProgress: Progress, signal: AbortSignal) => {
  const call = { onProgress, signal }
  const plan = await tidemark.deployments.plan({ ...place, collection, reason: "Set up the clinic" }, call)
  const done = await tidemark.deployments.apply(plan, place, call)
  return { chapter: "deploy" as const, project, ...planned(plan), ...applied(done) }
}

/** Not the engine's doing: somebody works in the project. */
const edit = ({ place }: Stage, v1: string, local: string) => {
  replaceContents(local, place.root)
  const [before, after] = [takeStock(v1), takeStock(local)]
  const edited = differences(before, after)
  return {
    chapter: "edits" as const,
    changed: edited.filter((path) => before.has(path) && after.has(path)).length,
    deleted: edited.filter((path) => !after.has(path)).length,
    added: edited.filter((path) => !before.has(path))
  }
}

const captureV2 = async ({ tidemark }: Stage, root: string, onProgress: Progress, signal: AbortSignal) => {
  const made = await tidemark.snapshots.capture(
    { collection, root, message: "Second edition" },
    { actor: publisher, onProgress, signal }
  )
  return { chapter: "captureV2" as const, ...captured(made) }
}

const findDrift = async ({ place, tidemark }: Stage, signal: AbortSignal) => {
  const drift = await tidemark.drift.check({ ...place, collection, scope: "collection" }, { signal })
  return {
    chapter: "drift" as const,
    paths: drift.paths.length,
    counts: drift.counts,
    artifacts: countBy(drift.artifacts, (artifact) => artifact.class),
    localOnly: drift.paths.filter((path) => path.class === "localOnly").map(({ path }) => path)
  }
}

const planUpdate = async ({ place, tidemark }: Stage, onProgress: Progress, signal: AbortSignal) => {
  const plan = await tidemark.sync.plan(
    { ...place, collection, scope: "collection", strategy: "merge", reason: "Take the second edition" },
    { onProgress, signal }
  )
  const paths = plan.paths.map(({ action, class: drift, path, reason }) => ({ action, class: drift, path, reason }))
  return { plan, chapter: { chapter: "plan" as const, id: plan.id, strategy: plan.strategy, ...planned(plan), paths } }
}

const update = async ({ place, tidemark }: Stage, plan: Plan, onProgress: Progress, signal: AbortSignal) => {
  const done = await tidemark.sync.apply(plan, place, { onProgress, signal })
  return { done, chapter: { chapter: "update" as const, ...planned(plan), ...applied(done) } }
}

const decoder = new TextDecoder()

/** A conflict that can be shown as text is the better one to show. */
const pick = async ({ tidemark }: Stage, conflicts: ReadonlyArray<Conflict>) => {
  for (const { path } of conflicts) {
    const shown = await tidemark.conflicts.show({ project, path })
    if (shown.markers !== null && shown.base !== null) return shown
  }
  return undefined
}

/** Resolves one conflict as a host's merge view would: upstream's lines where both disagree, both sides' everywhere else. */
const resolve = async (stage: Stage, signal: AbortSignal) => {
  const { place, tidemark } = stage
  const before = await tidemark.conflicts.list({ project })
  const shown = await pick(stage, before)
  const kinds = countBy(before, ({ conflict }) => conflict.kind)
  const open = before.map(({ artifact, conflict, path }) => ({ path, artifact, kind: conflict.kind }))
  if (shown === undefined) return { chapter: "conflicts" as const, open, kinds, shown: null, remaining: open.length }
  const { base, ours, path, theirs } = shown
  const { bytes } = tidemark.merge.text(base ?? "", ours ?? "", theirs ?? "", { favor: "theirs" })
  const plan = await tidemark.conflicts.plan(
    { ...place, resolutions: [{ path, use: "content", bytes }], reason: "Upstream's wording where we disagree" },
    { signal }
  )
  const { operation } = await tidemark.conflicts.apply(plan, place, { signal })
  const remaining = (await tidemark.conflicts.list({ project })).length
  const markers = decoder.decode(shown.markers ?? new Uint8Array())
  const example = {
    path,
    artifact: shown.artifact,
    markers,
    resolvedTo: decoder.decode(bytes),
    operation: operation.id
  }
  return { chapter: "conflicts" as const, open, kinds, shown: example, remaining }
}

const rollBack = async (
  { place, tidemark }: Stage,
  scene: Scene,
  snapshot: string,
  onProgress: Progress,
  signal: AbortSignal
) => {
  const plan = await tidemark.rollback.plan(
    { ...place, to: { snapshot }, reason: "Back to the first edition" },
    { onProgress, signal }
  )
  const done = await tidemark.rollback.apply(plan, place, { onProgress, signal })
  const [found, local] = [takeStock(place.root), takeStock(scene.local)]
  const edited = differences(takeStock(scene.v1), local)
  const different = differences(found, local)
  const lost = edited.filter((path) => different.includes(path))
  const chapter = {
    chapter: "rollback" as const,
    ...planned(plan),
    ...applied(done),
    edits: edited.length,
    editsLost: lost,
    otherDifferences: different.filter((path) => !lost.includes(path))
  }
  return { done, chapter }
}

const undo = async (
  { place, tidemark }: Stage,
  operation: string,
  before: ReturnType<typeof takeStock>,
  onProgress: Progress,
  signal: AbortSignal
) => {
  const call = { onProgress, signal }
  const plan = await tidemark.ledger.planUndo({ operation, root: place.root }, call)
  const done = await tidemark.ledger.apply(plan, place, call)
  const different = differences(before, takeStock(place.root))
  return { chapter: "undo" as const, ...planned(plan), ...applied(done), files: before.size, different }
}

const readLedger = async ({ tidemark }: Stage) => {
  const { items } = await tidemark.ledger.list({ direction: "oldest", limit: 1000 })
  const head = items.at(-1)?.id
  const report = await tidemark.ledger.verify({ knownHead: head })
  return {
    chapter: "ledger" as const,
    operations: items.map((operation) => ({
      id: operation.id,
      kind: operation.kind,
      actor: operation.actor,
      reason: operation.reason,
      says: tidemark.ledger.describe(operation)
    })),
    verified: { operations: report.operations, records: report.records, findings: report.findings.length }
  }
}

/** Draws the artifact with the most versions; of several, the one whose conflict was shown. */
const draw = async ({ tidemark }: Stage, shown: string | undefined) => {
  const { items } = await tidemark.deployments.history({ project, limit: 10_000 })
  const results = new Map<string, Set<string>>()
  for (const { artifact, result, version } of items) {
    const versions = results.get(artifact) ?? new Set()
    results.set(artifact, versions.add(version).add(result))
  }
  const rank = (artifact: string) => (results.get(artifact)?.size ?? 0) * 2 + (artifact === shown ? 1 : 0)
  const [artifact = ""] = [...results.keys()].sort((a, b) => rank(b) - rank(a) || (a < b ? -1 : 1))
  const graph = await tidemark.versions.graph({ artifact, limit: 20 })
  const nodes = graph.nodes.map(({ author, id, message, origin, parents }) => ({
    id,
    parents,
    origin,
    author,
    message
  }))
  const text = tidemark.versions.text(graph, {
    label: (version, names) => {
      const [message = ""] = version.message.split("\n")
      const named = names.map(({ name }) => ` (${name})`).join("")
      return `${version.id.slice(0, 8)}${named} ${message}  · ${version.origin}, by ${version.author}`
    }
  })
  return { chapter: "graph" as const, artifact, nodes, text }
}

interface Stage {
  readonly tidemark: Tidemark
  readonly place: { readonly project: string; readonly root: string }
}

/** Everything that a chapter can tell. */
export type Chapter =
  | Awaited<
      ReturnType<
        | typeof captureV1
        | typeof captureV2
        | typeof deploy
        | typeof draw
        | typeof findDrift
        | typeof readLedger
        | typeof resolve
        | typeof undo
      >
    >
  | ReturnType<typeof edit>
  | Awaited<ReturnType<typeof planUpdate | typeof update | typeof rollBack>>["chapter"]

/** Plays the story in a folder of its own, which is gone afterwards. */
export const tellStory = async (scene: Scene, listener: Listener): Promise<void> => {
  const { signal } = scene
  const work = mkdtempSync(join(tmpdir(), "tidemark-demo-"))
  try {
    const [upstream, root] = [join(work, "collection"), join(work, "project")]
    mkdirSync(upstream)
    mkdirSync(root)
    await using tidemark = await open({
      storage: Sqlite.layer({ file: scene.store ?? join(work, "store.db") }),
      workingTree: Filesystem.layerWorkingTree({ cacheDirectory: join(work, "cache") }),
      actor: user
    })
    const stage: Stage = { tidemark, place: { project, root } }

    const step = async <A>(
      title: string,
      run: (onProgress: Progress) => A | Promise<A>,
      chapterOf: (a: A) => Chapter
    ) => {
      signal.throwIfAborted()
      const onProgress = listener.begin(title)
      const started = performance.now()
      const found = await run(onProgress)
      listener.end(chapterOf(found), performance.now() - started)
      return found
    }
    const itself = <A>(chapter: A): A => chapter
    const within = <A extends Chapter>({ chapter }: { readonly chapter: A }): A => chapter

    replaceContents(scene.v1, upstream)
    const first = await step("Capture the collection", (told) => captureV1(stage, upstream, told, signal), itself)
    await step("Deploy it into a project", (told) => deploy(stage, told, signal), itself)
    await step("The user works in the project", () => edit(stage, scene.v1, scene.local), itself)
    replaceContents(scene.v2, upstream)
    await step("Capture the collection again", (told) => captureV2(stage, upstream, told, signal), itself)
    await step("Find what drifted", () => findDrift(stage, signal), itself)
    const { plan } = await step("Plan the update", (told) => planUpdate(stage, told, signal), within)
    await step("Apply the plan", (told) => update(stage, plan, told, signal), within)
    const { shown } = await step("Look at the conflicts, resolve one", () => resolve(stage, signal), itself)
    const before = takeStock(root)
    const back = (told: Progress) => rollBack(stage, scene, first.snapshot, told, signal)
    const rolled = await step("Roll back to the first edition", back, within)
    const { id } = rolled.done.operation
    await step("Undo the rollback", (told) => undo(stage, id, before, told, signal), itself)
    await step("Read the ledger", () => readLedger(stage), itself)
    await step("Draw a version graph", () => draw(stage, shown?.artifact), itself)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
