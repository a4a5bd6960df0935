/** Two stores that work apart, push and pull as they like, and agree in the end. */
import { randomUUID } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import * as Filesystem from "../../../src/adapters/filesystem/FilesystemStorage.ts"
import * as Postgres from "../../../src/adapters/postgres/Postgres.ts"
import * as Sqlite from "../../../src/adapters/sqlite/index.ts"
import type { ArtifactId, CollectionId, VersionId } from "../../../src/model/Ids.ts"
import type { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import type { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import { freshStore } from "../../adapters/postgres/places.ts"
import {
  captureIn,
  collectionOf,
  counted,
  heldBy,
  historyOf,
  memoryStorage,
  storedObjects,
  storeOn,
  type TalkingStore,
  wire
} from "../../support/exchange.ts"
import { hasPglite, pgliteClient } from "../../support/pglite.ts"
import { noServer } from "../../support/postgres.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"

const artifacts = ["skill:a", "agent:b/c"] as ReadonlyArray<string> as ReadonlyArray<ArtifactId>
const branchNames = ["main", "dev", "x/y"]
const seed = runSeed()
const runs = process.env.TIDEMARK_FULL === "1" ? 200 : 12

const versionsOf = Effect.fnUntraced(function* (store: TalkingStore, artifact: ArtifactId) {
  return (yield* store.graph.history({ artifact, limit: 10_000 })).versions
})

const randomTree = (random: Random): Record<string, string> => {
  const files: Record<string, string> = {}
  for (let k = random.between(0, 5); k >= 0; k--) {
    const path = random.pick(["a", "b/c", "b/d/e", "f g", "ü", "b/d/z"])
    files[path] = `${random.below(6)}\n`.repeat(random.between(0, 3))
  }
  return files
}

/** Appends to a branch, makes a version without a name, or tags one. */
const work = Effect.fnUntraced(function* (store: TalkingStore, random: Random) {
  const artifact = random.pick(artifacts)
  const known = yield* versionsOf(store, artifact)
  const name = random.pick(branchNames)
  const tips = new Map((yield* store.graph.branches(artifact)).map((branch) => [branch.name, branch.version]))
  if (known.length > 0 && random.chance(0.15)) {
    const version = random.pick(known).id
    yield* Effect.ignore(store.graph.createTag(artifact, `v${random.below(4)}`, version, { force: random.chance(0.3) }))
    return
  }
  const tip = tips.get(name)
  const parents: Array<VersionId> = tip === undefined ? [] : [tip]
  if (known.length > 0 && random.chance(0.3)) parents.push(random.pick(known).id)
  yield* store.graph.append({
    artifact,
    parents: [...new Set(parents)],
    tree: yield* store.tree(randomTree(random)),
    origin: "local",
    message: `${random.below(1000)}`,
    branch: { name, from: tip ?? null }
  })
})

/** All versions reachable from the names of a store's side, by definition. */
const reach = Effect.fnUntraced(function* (store: TalkingStore, heads: ReadonlyArray<VersionId>) {
  const reached = new Set(heads)
  for (const id of reached) for (const parent of (yield* store.graph.get(id)).parents) reached.add(parent)
  return reached
})

const exchangeOnce = Effect.fnUntraced(function* (from: TalkingStore, to: TalkingStore, kind: "push" | "pull") {
  const before = yield* storedObjects(to)
  const known = new Set(
    (yield* Effect.forEach(artifacts, (artifact) => versionsOf(to, artifact))).flat().map(({ id }) => id)
  )
  const { peer, traffic } = counted(wire(kind === "push" ? to : from))
  const done =
    kind === "push" ? yield* from.exchange.push({ peer }) : yield* to.exchange.pull({ peer, remote: "other" })
  // What had to go: everything that the names in question reach, without what the receiver knew or had been sent before.
  const side = kind === "push" ? "ours" : "theirs"
  const heads = [...done.branches, ...done.tags].flatMap((name) => {
    const version = name[side]
    const isMeant = kind === "pull" ? !("relation" in name && name.relation === "same") : name.moved
    return isMeant && version !== null ? [version] : []
  })
  const versions = [...(yield* reach(from, heads))].filter((id) => !known.has(id))
  const objects = [...(yield* heldBy(from, versions))].filter((id) => !before.has(id))
  const expected = [...objects, ...versions.filter((id) => !before.has(id))].sort()
  const sent = [...(kind === "push" ? traffic.put : traffic.given)].sort()
  expect(sent).toEqual(expected)
  expect(done.transferred).toMatchObject({ versions: versions.length, objects: objects.length })
})

const settle = Effect.fnUntraced(function* (a: TalkingStore, b: TalkingStore) {
  const { branches } = yield* b.exchange.pull({ peer: wire(a), remote: "other", forceTags: true })
  for (const { artifact, branch, ours, relation, theirs } of branches) {
    if (relation !== "diverged" || ours === null || theirs === null) continue
    const [base = null] = yield* b.graph.mergeBases(ours, theirs)
    const trees = yield* b.graph.getMany([ours, theirs, ...(base === null ? [] : [base])])
    const of = (id: VersionId) => (trees.get(id) ?? { tree: "" as never }).tree
    const merged = yield* b.merge.trees({ base: base === null ? null : of(base), ours: of(ours), theirs: of(theirs) })
    const draft = { artifact, parents: [ours, theirs], tree: merged.tree, origin: "merge", message: "merge" } as const
    yield* b.graph.append({ ...draft, branch: { name: branch, from: ours } })
  }
  const pushed = yield* b.exchange.push({ peer: wire(a) })
  expect(pushed.branches.every(({ moved, relation }) => moved || relation === "same")).toBe(true)
})

const story = Effect.fnUntraced(function* (
  random: Random,
  first: Layer.Layer<CatalogStorage | ObjectStorage>,
  second: Layer.Layer<CatalogStorage | ObjectStorage>
) {
  const [a, b] = [yield* storeOn(first), yield* storeOn(second)]
  for (let step = random.between(5, 25); step > 0; step--) {
    const [from, to] = random.chance(0.5) ? [a, b] : [b, a]
    if (random.chance(0.7)) yield* work(from, random)
    else yield* exchangeOnce(from, to, random.pick(["push", "pull"]))
  }
  yield* settle(a, b)
  for (const artifact of artifacts) {
    const [ofA, ofB] = [yield* historyOf(a, artifact), yield* historyOf(b, artifact)]
    expect(ofB.branches).toEqual(ofA.branches)
    // Both may have put a tag on one version, each in its own words.
    const named = (history: typeof ofA) => history.tags.map(({ name, version }) => [name, version])
    expect(named(ofB)).toEqual(named(ofA))
    const reached = yield* reach(
      a,
      ofA.branches.map(({ version }) => version)
    )
    const records = (history: typeof ofA) => history.versions.filter(({ id }) => reached.has(id as VersionId))
    expect(records(ofB)).toEqual(records(ofA))
  }
  for (const store of [a, b]) expect((yield* store.ledger.verify()).findings).toEqual([])
})

describe(`random exchanges (seed ${seed})`, () => {
  it(`${runs} pairs of stores in memory agree in the end, and send exactly what is missing`, () =>
    Effect.runPromise(
      Effect.gen(function* () {
        for (let k = 0; k < runs; k++) {
          yield* Effect.onError(story(makeRandom(seed + k), yield* memoryStorage, yield* memoryStorage), () =>
            Effect.sync(() => console.error(`case ${k} of seed ${seed}`))
          )
        }
      })
    ))

  /** What each adapter is opened with, in a directory or on a server that the test has. */
  const adapters = {
    memory: () => memoryStorage,
    sqlite: (directory: string) => Effect.succeed(Sqlite.layer({ file: join(directory, "store.db") })),
    filesystem: (directory: string) => Effect.succeed(Filesystem.layer({ directory: join(directory, "store") })),
    postgres: () =>
      noServer === undefined
        ? Effect.map(Effect.promise(freshStore), ({ store, url }) => Postgres.layer({ store, url, maxConnections: 3 }))
        : Effect.succeed(Postgres.layerStore({ store: randomUUID() }).pipe(Layer.provide(pgliteClient)))
  }
  const pairs = [
    ["memory", "sqlite"],
    ["filesystem", "sqlite"],
    ["postgres", "filesystem"],
    ["sqlite", "postgres"]
  ] as const

  for (const [first, second] of pairs) {
    const missing = (first === "postgres" || second === "postgres") && noServer !== undefined && !hasPglite
    it.skipIf(missing)(`${first} and ${second} agree in the end, large files included`, { timeout: 120_000 }, () => {
      const directory = mkdtempSync(join(tmpdir(), "tidemark-exchange-"))
      const opened = (name: keyof typeof adapters) =>
        Effect.gen(function* () {
          const layer: Layer.Layer<CatalogStorage | ObjectStorage, StorageError> = yield* adapters[name](directory)
          return Layer.succeedContext(yield* Layer.build(Layer.orDie(layer)))
        })
      return Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const [left, right] = [yield* opened(first), yield* opened(second)]
            yield* story(makeRandom(seed), left, right)
            const [a, b] = [yield* storeOn(left), yield* storeOn(right)]
            const file = new Uint8Array(3_000_000).map((_, k) => (k * k) >> (k % 13))
            const tree = yield* a.tree({ "data.bin": file })
            const draft = {
              artifact: "skill:a" as ArtifactId,
              parents: [],
              tree,
              origin: "local",
              message: "large"
            } as const
            const { version } = yield* a.graph.append({ ...draft, branch: { name: "large" } })
            yield* a.exchange.push({ peer: wire(b), branches: ["large"] })
            const held = [...(yield* heldBy(b, [version.id]))]
            expect((yield* b.objects.get(held)).get(b.objects.identify(file))).toEqual(file)
            const kit = "kit" as CollectionId
            for (const text of ["one", "two"]) yield* captureIn(a, kit, { "skills/pdf/SKILL.md": text })
            const head = yield* a.snapshots.resolve(kit, "head")
            yield* a.snapshots.moveBranch(kit, "main", { from: null, to: head })
            yield* a.exchange.push({ peer: wire(b), collections: true })
            yield* b.snapshots.createTag(kit, "v1.0.0", yield* b.snapshots.resolve(kit, "main~1"))
            yield* a.exchange.pull({ peer: wire(b), remote: "other", collections: true })
            expect(yield* collectionOf(b, kit)).toEqual(yield* collectionOf(a, kit))
            expect((yield* a.snapshots.names(kit)).length).toBe(2)
            for (const store of [a, b]) {
              const { affected, findings } = yield* store.maintenance.verify()
              expect([findings, affected]).toEqual([[], []])
            }
          })
        )
      ).finally(() => rmSync(directory, { recursive: true, force: true }))
    })
  }
})
