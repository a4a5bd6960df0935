/** Operations on a store as a whole: what is pruned, collected, repaired, saved, brought in, and files that come in pieces. */
import { createCipheriv, createHash } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Memory from "../../../src/adapters/memory/index.ts"
import { holdingPlace } from "../../../src/core/maintenance/homeObjects.ts"
import type { ArtifactId, CollectionId, FilePath, ObjectId, RefName } from "../../../src/model/Ids.ts"
import { type CrashEngine, withEngine } from "./engine.ts"
import type { Job } from "./jobs.ts"
import { capture, collection, deploy, lines, onProject, type Site, type Step, skill, snapshotsOf } from "./stages.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** Content that no codec makes smaller, the same each time. */
const noise = (size: number): Uint8Array =>
  createCipheriv("aes-128-ctr", Buffer.alloc(16, 1), Buffer.alloc(16, 2)).update(Buffer.alloc(size))

/** Puts a file there that is read, stored and placed in pieces. */
export const writeLarge = ({ collection: at }: Site): void => {
  const folder = join(at, "skills/large")
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(join(folder, "big"), noise(9 << 20))
}

/** With an engine on a store in memory that holds two versions of a skill, and nothing else. */
const besides = <A, E>(use: (other: CrashEngine) => Effect.Effect<A, E>) =>
  withEngine(
    { storage: Memory.layer, files: Memory.makeWorkingTree().service },
    { name: "other", time: 1_750_000_000_000 },
    (other) =>
      Effect.gen(function* () {
        for (const text of ["one\n", "two\n"]) {
          yield* other.snapshots.capture({
            collection: "others" as CollectionId,
            files: [{ path: "skills/p/f" as FilePath, bytes: bytesOf(text) }]
          })
        }
        return yield* use(other)
      })
  )

/** Names of the other store's collection: what leads to them goes with them. */
const nameOthers = Effect.fnUntraced(function* (other: CrashEngine) {
  const others = "others" as CollectionId
  const head = yield* other.snapshots.resolve(others, "head")
  yield* other.snapshots.moveBranch(others, "stable", { from: null, to: head })
  yield* other.snapshots.createTag(others, "v1", yield* other.snapshots.resolve(others, "head~"))
})

/** What only the store has, and what stands under a wrong id there: two under each other's, one under an id of nobody's. */
const [swapped, stray] = [["new\n", "a folder\n"], lines("a", "I of v2")]
const idOf = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex") as ObjectId
const nobodys = idOf("nobody's")

/** Ids that are free for a moment while content goes home, or hold it for a moment. */
const passing: ReadonlySet<string> = new Set(
  [...swapped, stray].flatMap((text) => [idOf(text), holdingPlace((bytes) => idOf(bytes), idOf(text), 0)])
)

/** Puts content under wrong ids. */
const misplace = Effect.fnUntraced(function* ({ storage }: CrashEngine) {
  const [one = "", two = ""] = swapped
  const ids = [one, two, stray].map(idOf)
  const found = yield* storage.get(ids)
  const places = [idOf(two), idOf(one), nobodys]
  yield* storage.remove(ids, { storedBefore: Number.MAX_SAFE_INTEGER })
  for (const [i, id] of places.entries()) {
    const bytes = found.get(ids[i] ?? id)
    if (bytes === undefined) return yield* Effect.die("it is not there")
    yield* storage.put([{ id, bytes }])
  }
})

/**
 * Loses what can be had again: files that the project still has, and a name that the ledger knows; and puts content under
 * wrong ids.
 */
export const damage: Step = (engine) =>
  Effect.gen(function* () {
    const { items } = yield* snapshotsOf(engine)
    const paths = yield* engine.snapshots.paths(items.at(-1)?.id ?? ("none" as never))
    const lost = ["skills/s/old/deep/gone", "skills/s/run"].flatMap((path) => {
      const entry = paths.get(path as FilePath)
      return entry === undefined || entry.kind === "directory" ? [] : [entry.id as ObjectId]
    })
    yield* engine.storage.remove(lost, { storedBefore: Number.MAX_SAFE_INTEGER })
    const refs = yield* engine.catalog.list({ prefix: "tag/", limit: 10 })
    const [name, value] = refs[0] ?? (["none", ""] as unknown as readonly [RefName, string])
    yield* engine.catalog.commit({ records: [], refs: [{ name, expected: value, next: null }] })
    yield* misplace(engine)
  })

/** Makes garbage: a snapshot with versions of its own that nothing leads to any more. */
export const discard: Step = (engine, site) =>
  Effect.gen(function* () {
    yield* engine.snapshots.capture({
      collection,
      files: [{ path: "skills/brief/f" as FilePath, bytes: bytesOf("not for long\n") }]
    })
    yield* capture(engine, site)
    yield* engine.maintenance.prune({ last: 1 })
    const artifact = "skill:brief" as ArtifactId
    for (const { name } of yield* engine.graph.branches(artifact)) yield* engine.graph.deleteBranch(artifact, name)
  })

/** No operation can be taken back afterwards: what a second collection removes is what the first would have. */
const window = { age: 0, operations: 0 }

const backupAt = ({ collection: at }: Site) => join(at, "backup")

/** A backup that was cut anywhere is refused; one that opens is the whole store. */
const openBackup: Step = (engine, site) =>
  Effect.gen(function* () {
    if (!fs.existsSync(backupAt(site))) return
    const ledgerOf = (one: CrashEngine) => Stream.runCollect(one.ledger.export)
    const found = yield* Effect.result(
      withEngine(
        { storage: Memory.layer, files: Memory.makeWorkingTree().service },
        { name: "reader", time: 1_900_000_000_000 },
        (reader) =>
          Effect.gen(function* () {
            yield* reader.maintenance.restore(Stream.succeed(new Uint8Array(fs.readFileSync(backupAt(site)))))
            const { findings } = yield* reader.maintenance.verify()
            return { findings, ledger: yield* ledgerOf(reader) }
          })
      )
    )
    if (found._tag === "Success") {
      const expected = { findings: [], ledger: yield* ledgerOf(engine) }
      if (JSON.stringify(found.success) !== JSON.stringify(expected))
        return yield* Effect.die("it is not the whole store")
    } else if (found.failure._tag !== "BackupDamaged") return yield* Effect.die(found.failure)
  })

const newestSnapshot = (use: (engine: CrashEngine, newest: never, oldest: never) => Effect.Effect<unknown, unknown>) =>
  ((engine) =>
    Effect.flatMap(snapshotsOf(engine), ({ items }) =>
      use(engine, items[0]?.id as never, items.at(-1)?.id as never)
    )) satisfies Step

export const storeJobs = {
  "fork a collection": {
    stage: "changed",
    run: newestSnapshot(({ snapshots }, _, oldest) =>
      snapshots.moveBranch(collection, "fork", { from: null, to: oldest })
    )
  },
  "move a collection's branch": {
    stage: "named",
    run: newestSnapshot(({ snapshots }, newest, oldest) =>
      snapshots.moveBranch(collection, "fork", { from: oldest, to: newest })
    )
  },
  "delete a collection's branch": {
    stage: "named",
    run: newestSnapshot(({ snapshots }, _, oldest) =>
      snapshots.moveBranch(collection, "fork", { from: oldest, to: null })
    )
  },
  "tag a collection": {
    stage: "named",
    run: newestSnapshot(({ snapshots }, newest) => snapshots.createTag(collection, "other", newest))
  },
  "move a collection's tag": {
    stage: "named",
    run: newestSnapshot(({ snapshots }, newest) => snapshots.createTag(collection, "named", newest, { force: true }))
  },
  "remove a collection's tag": { stage: "named", run: ({ snapshots }) => snapshots.removeTag(collection, "named") },
  "deploy a large file": { stage: "large", run: deploy },
  "capture a large file": { stage: "captured", edit: writeLarge, run: capture },
  prune: { stage: "changed", run: ({ maintenance }) => maintenance.prune({ last: 1 }) },
  collect: { stage: "discarded", law: "steps", run: ({ maintenance }) => maintenance.collect({ grace: 0, window }) },
  repair: {
    stage: "damaged",
    law: "steps",
    isDamaged: true,
    passing,
    run: onProject(({ maintenance }, { root }) => maintenance.repair({ roots: [root] }))
  },
  backup: {
    stage: "changed",
    law: "reads",
    run: ({ maintenance }, site) =>
      Effect.suspend(() => {
        fs.rmSync(backupAt(site), { force: true })
        // The file is the host's: what its writing fails with is the host's error.
        return Stream.runForEach(maintenance.backup, (piece) =>
          Effect.try({
            try: () => fs.appendFileSync(backupAt(site), piece),
            catch: (cause) => ({ _tag: "HostError", cause }) as const
          })
        )
      }),
    check: openBackup
  },
  "take a backup back": {
    stage: "empty",
    law: "steps",
    // Records without names: whoever looks at all of them is told that it is no whole store.
    isDamaged: true,
    run: ({ maintenance }) =>
      besides((other) =>
        Effect.flatMap(Stream.runCollect(other.maintenance.backup), (pieces) =>
          // Done again after it was done, it is refused; what is there is looked at anyway.
          Effect.catchTag(maintenance.restore(Stream.fromIterable(pieces)), "StoreNotEmpty", () => Effect.void)
        )
      )
  },
  pull: {
    stage: "changed",
    run: ({ exchange }) => besides((other) => exchange.pull({ peer: other.exchange.answer, remote: "other" }))
  },
  "pull collections": {
    stage: "named",
    run: ({ exchange }) =>
      besides((other) =>
        Effect.gen(function* () {
          yield* nameOthers(other)
          return yield* exchange.pull({ peer: other.exchange.answer, remote: "other", collections: true })
        })
      )
  },
  "receive collections and removals": {
    stage: "named",
    run: ({ exchange, graph }) =>
      besides((other) =>
        Effect.gen(function* () {
          yield* nameOthers(other)
          const tags = yield* graph.tags(skill)
          const deleteTags = tags.map(({ artifact, name: tag, version: from }) => ({ artifact, tag, from }))
          return yield* other.exchange.push({ peer: exchange.answer, collections: true, deleteTags })
        })
      )
  },
  "receive a push": {
    stage: "changed",
    run: ({ exchange }) => besides((other) => other.exchange.push({ peer: exchange.answer }))
  }
} satisfies Readonly<Record<string, Job>>
