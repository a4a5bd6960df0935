/** Whatever was done to names can be taken back, in order or out of it, and past positions are all there: against a plain model. */
import * as Effect from "effect/Effect"
import { expect, it } from "vitest"
import type { ArtifactId, CollectionId, OperationId, SnapshotId, VersionId } from "../../../src/model/Ids.ts"
import { captureIn, freshStore, type TalkingStore } from "../../support/exchange.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"

const artifacts = ["skill:a", "agent:b/c"] as ReadonlyArray<string> as ReadonlyArray<ArtifactId>
const collections = ["kit", "my/kit"] as ReadonlyArray<string> as ReadonlyArray<CollectionId>
const words = { branch: ["main", "x/y", "%2F"], tag: ["v1", "v1.0.0", "main"] }
const seed = runSeed()
const isFull = process.env.TIDEMARK_FULL === "1"
const runs = isFull ? 150 : 12

type Kind = "branch" | "tag"

/** What a name was changed to by an operation, and from what. */
interface Change {
  readonly key: string
  readonly before: string | null
  readonly after: string | null
}

interface Done {
  readonly operation: OperationId
  readonly changes: ReadonlyArray<Change>
}

/** The names as they should be, and every move there was. */
class Model {
  readonly values = new Map<string, string>()
  readonly moves = new Map<string, Array<readonly [OperationId, string | null]>>()
  readonly done: Array<Done> = []

  at(key: string): string | null {
    return this.values.get(key) ?? null
  }

  put(operation: OperationId, changes: ReadonlyArray<Change>): void {
    for (const { after, key } of changes) {
      if (after === null) this.values.delete(key)
      else this.values.set(key, after)
      this.moves.set(key, [...(this.moves.get(key) ?? []), [operation, after]])
    }
    this.done.push({ operation, changes })
  }
}

const keyOf = (subject: string, kind: Kind, name: string) => JSON.stringify([subject, kind, name])

/** What each subject's names can be put to. */
interface World {
  readonly store: TalkingStore
  readonly model: Model
  readonly targets: ReadonlyMap<string, ReadonlyArray<string>>
}

const world = Effect.gen(function* () {
  const store = yield* freshStore
  const targets = new Map<string, ReadonlyArray<string>>()
  const tree = yield* store.tree({ f: "x" })
  for (const artifact of artifacts) {
    const versions = [0, 1, 2].map((k) => ({ artifact, parents: k === 0 ? [] : [k - 1], tree, message: `${k}` }))
    targets.set(artifact, (yield* store.graph.appendMany({ versions })).ids)
  }
  for (const collection of collections) {
    const made: Array<string> = []
    for (const text of ["1\n", "2\n", "3\n"]) made.push((yield* captureIn(store, collection, { "r.md": text })).id)
    targets.set(collection, made)
  }
  return { store, model: new Model(), targets } satisfies World
})

/** Does something to a name, by the services; says nothing where the services rightly refuse. */
const act = Effect.fnUntraced(function* ({ model, store, targets }: World, random: Random) {
  const subject = random.pick([...targets.keys()])
  const kind: Kind = random.pick(["branch", "tag"])
  const name = random.pick(words[kind])
  const key = keyOf(subject, kind, name)
  const before = model.at(key)
  const after = random.pick(targets.get(subject) ?? [])
  const isCollection = collections.some((id) => id === subject)
  const put = (done: { readonly id: OperationId } | null, ...changes: ReadonlyArray<Change>) => {
    if (done !== null) model.put(done.id, changes)
    else expect(changes.every((change) => change.before === change.after)).toBe(true)
  }
  const change = (to: string | null): Change => ({ key, before, after: to })
  const refused = <A, E extends { readonly _tag: string }>(effect: Effect.Effect<A, E>) =>
    Effect.map(Effect.flip(effect), ({ _tag }) => expect(["RefConflict", "TagExists", "NameNotFound"]).toContain(_tag))
  if (isCollection) {
    const { snapshots } = store
    const [id, to, from] = [subject as CollectionId, after as SnapshotId, before as SnapshotId | null]
    if (kind === "branch") {
      const target = before !== null && random.chance(0.3) ? null : to
      return put(yield* snapshots.moveBranch(id, name, { from, to: target }), change(target))
    }
    if (before === null) {
      if (random.chance(0.2)) return yield* refused(snapshots.removeTag(id, name))
      return put(yield* snapshots.createTag(id, name, to), change(to))
    }
    if (random.chance(0.3)) return put(yield* snapshots.removeTag(id, name), change(null))
    if (random.chance(0.2)) return yield* refused(snapshots.createTag(id, name, to))
    return put(yield* snapshots.createTag(id, name, to, { force: true }), change(to))
  }
  const { graph } = store
  const [id, to, from] = [subject as ArtifactId, after as VersionId, before as VersionId | null]
  if (kind === "tag") {
    if (before === null) {
      if (random.chance(0.2)) return yield* refused(graph.removeTag(id, name))
      return put(yield* graph.createTag(id, name, to, { message: to.slice(0, 8) }), change(to))
    }
    if (random.chance(0.3)) return put(yield* graph.removeTag(id, name), change(null))
    if (random.chance(0.2)) return yield* refused(graph.createTag(id, name, to))
    return put(yield* graph.createTag(id, name, to, { force: true, message: to.slice(0, 8) }), change(to))
  }
  if (from === null) {
    if (random.chance(0.2)) return yield* refused(graph.deleteBranch(id, name))
    return put(yield* graph.createBranch(id, name, to), change(to))
  }
  const way = random.below(4)
  if (way === 0) return put(yield* graph.deleteBranch(id, name), change(null))
  if (way > 1) return put(yield* graph.moveBranch(id, name, { from, to }), change(to))
  const other = random.pick(words.branch)
  const there = keyOf(subject, "branch", other)
  if (other !== name && model.at(there) !== null) return yield* refused(graph.renameBranch(id, name, other))
  const renamed = yield* graph.renameBranch(id, name, other)
  if (other === name) return expect(renamed).toBeNull()
  return put(renamed, change(null), { key: there, before: null, after: from })
})

const undo = Effect.fnUntraced(function* ({ model, store }: World, { changes, operation }: Done) {
  const moved = changes.filter(({ after, before }) => after !== before)
  const planned = yield* Effect.result(store.ledger.planUndo({ operation }))
  const isFree = moved.every(({ after, key }) => model.at(key) === after)
  expect(planned._tag).toBe(isFree ? "Success" : "Failure")
  if (planned._tag === "Failure") return expect(planned.failure._tag).toBe("UndoConflict")
  const applied = yield* store.ledger.apply(planned.success)
  if (applied.operation === null) return expect(moved).toEqual([])
  const back = moved.map(({ after, before, key }) => ({ key, before: after, after: before }))
  model.put(applied.operation.id, back)
})

/** All names, and all moves of branches, against the model. */
const check = Effect.fnUntraced(function* ({ model, store }: World) {
  const found = new Map<string, string>()
  for (const artifact of artifacts) {
    for (const { name, version } of yield* store.graph.branches(artifact)) {
      found.set(keyOf(artifact, "branch", name), version)
    }
    for (const { message, name, version } of yield* store.graph.tags(artifact)) {
      found.set(keyOf(artifact, "tag", name), version)
      expect(message).toBe(version.slice(0, 8))
    }
  }
  for (const collection of collections) {
    for (const { kind, name, snapshot } of yield* store.snapshots.names(collection)) {
      found.set(keyOf(collection, kind, name), snapshot)
    }
  }
  expect(new Map([...found].sort())).toEqual(new Map([...model.values].sort()))
  for (const [key, moves] of model.moves) {
    const [subject, kind, name] = JSON.parse(key) as [string, Kind, string]
    if (kind === "tag") continue
    const listed: Array<readonly [OperationId, string | null]> = []
    for (let cursor: string | null = null; ; ) {
      const page: {
        readonly cursor: string | null
        readonly items: ReadonlyArray<readonly [OperationId, string | null]>
      } = collections.some((id) => id === subject)
        ? yield* Effect.map(store.snapshots.positions(subject as CollectionId, name, { cursor, limit: 7 }), (page) => ({
            cursor: page.cursor,
            items: page.items.map(({ operation, snapshot }) => [operation, snapshot] as const)
          }))
        : yield* Effect.map(store.graph.positions(subject as ArtifactId, name, { cursor, limit: 7 }), (page) => ({
            cursor: page.cursor,
            items: page.items.map(({ operation, version }) => [operation, version] as const)
          }))
      listed.push(...page.items)
      cursor = page.cursor
      if (cursor === null) break
    }
    const distinct = moves.filter(([, value], k) => value !== (moves[k - 1]?.[1] ?? null))
    expect([key, listed.reverse()]).toEqual([key, distinct])
  }
})

/** Puts a branch back to where a listed position says it was. */
const restore = Effect.fnUntraced(function* ({ model, store }: World, random: Random) {
  const keys = [...model.moves.keys()].filter((key) => (JSON.parse(key) as [string, Kind, string])[1] === "branch")
  if (keys.length === 0) return
  const key = random.pick(keys)
  const [subject, , name] = JSON.parse(key) as [string, Kind, string]
  const before = model.at(key)
  if (collections.some((id) => id === subject)) {
    const { items } = yield* store.snapshots.positions(subject as CollectionId, name, { limit: 50 })
    const { snapshot: to } = random.pick(items)
    const move = { from: before as SnapshotId | null, to }
    const done = yield* store.snapshots.moveBranch(subject as CollectionId, name, move)
    if (done !== null) model.put(done.id, [{ key, before, after: to }])
    return
  }
  const { items } = yield* store.graph.positions(subject as ArtifactId, name, { limit: 50 })
  const { version: to } = random.pick(items)
  if (to === null) return
  const move = { from: before as VersionId | null, to }
  const done = yield* store.graph.moveBranch(subject as ArtifactId, name, move)
  if (done !== null) model.put(done.id, [{ key, before, after: to }])
})

it(`${runs} stories of names are undone, and done again from past positions (seed ${seed})`, { timeout: 600_000 }, () =>
  Effect.runPromise(
    Effect.gen(function* () {
      let [acts, undone] = [0, 0]
      for (let k = 0; k < runs; k++) {
        const random = makeRandom(seed + k)
        const given = yield* world
        const { model, store } = given
        const story = Effect.gen(function* () {
          for (let step = random.between(10, 60); step > 0; step--) {
            if (model.done.length > 0 && random.chance(0.2)) yield* undo(given, random.pick(model.done))
            else if (random.chance(0.1)) yield* restore(given, random)
            else yield* act(given, random)
            acts++
          }
          yield* check(given)
          // All of it taken back, the newest first: what every undo finds is what its operation left.
          for (const done of [...model.done].reverse()) {
            yield* undo(given, done)
            undone++
          }
          expect([...model.values]).toEqual([])
          yield* check(given)
          expect((yield* store.ledger.verify()).findings).toEqual([])
        })
        yield* Effect.onError(story, () => Effect.sync(() => console.error(`case ${k} of seed ${seed}`)))
      }
      console.info(`${acts} changes of names, ${undone} undone in order (seed ${seed})`)
    })
  )
)
