/** A repair puts back what can be had again, names exactly what is lost, and leaves everything else as it was. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Filesystem from "../../../src/adapters/filesystem/index.ts"
import * as Memory from "../../../src/adapters/memory/index.ts"
import * as Sqlite from "../../../src/adapters/sqlite/index.ts"
import type { Layout } from "../../../src/algo/layout/Layout.ts"
import { Maintenance, type MaintenanceService } from "../../../src/core/maintenance/Maintenance.ts"
import { objectOpener } from "../../../src/core/maintenance/openObject.ts"
import { ArtifactLayout } from "../../../src/core/references/ArtifactLayout.ts"
import { SnapshotStore } from "../../../src/core/snapshots/SnapshotStore.ts"
import type { ArtifactId, CollectionId } from "../../../src/model/Ids.ts"
import type { StoredRecord } from "../../../src/storage/CatalogStorage.ts"
import {
  answers,
  type Dump,
  dump,
  fill,
  loadInto,
  type Storage,
  type Tree,
  withServices
} from "../../support/maintenance/smallStore.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"

const seed = runSeed()
const full = process.env.TIDEMARK_FULL !== undefined

const using = <A, E>(
  storage: Storage,
  work: (maintenance: MaintenanceService) => Effect.Effect<A, E>,
  tree: Tree = Memory.makeWorkingTree()
) =>
  Effect.flatMap(Maintenance, work).pipe(
    Effect.provide(Maintenance.layer.pipe(Layer.provide([storage, tree.layer])), { local: true })
  )

const keyOf = ({ id, kind }: { readonly kind: string; readonly id: string }) => `${kind} ${id}`
const hexIds = (text: string) => new Set(text.match(/[0-9a-f]{64}/g) ?? [])

const openObject = Effect.runSync(objectOpener)

/** Every object that something names, found in a way of our own: every id that stands in a text. */
const reach = (parts: Dump) => {
  const contents = new Map(
    parts.objects.map(({ bytes, id }) => {
      const opened = openObject(bytes)
      return [id as string, opened._tag === "Whole" ? opened.content : new Uint8Array()]
    })
  )
  return (record: StoredRecord): ReadonlySet<string> => {
    const body = JSON.parse(record.body) as Record<string, unknown>
    const { artifacts, effect, outcome, tree } = body as Record<string, never>
    const queue = [...hexIds(JSON.stringify([tree, artifacts, outcome, effect].map((one) => one ?? null)))]
    const seen = new Set<string>()
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      const content = contents.get(id)
      if (content === undefined || seen.has(id)) continue
      seen.add(id)
      const text = new TextDecoder().decode(content)
      // Lists of artifacts name trees, too, but what is lost of those is lost of their versions.
      if (text.startsWith("tidemark tree 1\n") || text.startsWith("tidemark conflict 1\n")) queue.push(...hexIds(text))
    }
    return seen
  }
}

interface Damage {
  readonly parts: Dump
  readonly objects: ReadonlySet<string>
  readonly lost: ReadonlySet<string>
}

/** Damages some things of a store. Operations stay: what is lost of the ledger is another test's. */
const damage = (random: Random, parts: Dump): Damage => {
  let { objects, records, refs } = parts
  const [bad, lost] = [new Set<string>(), new Set<string>()]
  const changed = new Set<string>()
  const pick = (wanted: (record: StoredRecord) => boolean) => {
    const from = records.filter((record) => wanted(record) && !changed.has(keyOf(record)))
    const record = from.length === 0 ? undefined : random.pick(from)
    if (record !== undefined) changed.add(keyOf(record))
    return record
  }
  const replace = (record: StoredRecord | undefined, changes: Partial<StoredRecord>) => {
    records = records.map((other) => (other === record ? { ...record, ...changes } : other))
  }
  const plain = ({ kind }: StoredRecord) => kind !== "operation"
  for (let n = random.between(1, 5); n > 0; n--) {
    const way = random.below(8)
    if (way <= 1 && objects.length > 0) {
      const object = random.pick(objects)
      bad.add(object.id)
      objects =
        way === 0
          ? objects.filter((other) => other !== object)
          : objects.map((other) => (other === object ? { ...object, bytes: object.bytes.slice(0, -1) } : other))
    } else if (way === 2) {
      const record = pick(plain)
      if (record === undefined) continue
      records = records.filter((other) => other !== record)
      lost.add(keyOf(record))
    } else if (way === 3) {
      const record = pick(plain)
      if (record === undefined) continue
      replace(record, { body: record.body.replace(/"time":(\d)/, '"time":9$1') })
      lost.add(keyOf(record))
    } else if (way === 4) {
      const record = pick(({ terms }) => terms.length > 1)
      if (record !== undefined) replace(record, { terms: [...record.terms.slice(1), "artifact/skill:none"] })
    } else if (way === 5) {
      const record = pick(plain)
      if (record !== undefined) replace(record, { at: record.at + random.between(1, 1_000_000) })
    } else {
      const [name, value] = random.pick(refs)
      // The head is another test's.
      if (name === "store/identity" || name === "head/ledger") continue
      refs = refs.filter((ref) => ref[0] !== name)
      if (way === 6) refs = [...refs, [name, `${value.slice(0, -1)}x`]]
      if (random.chance(0.3)) refs = [...refs, [`branch/skill:a/stray-${n}` as never, value]]
    }
  }
  const distinct = new Map(refs.map((ref) => [ref[0], ref]))
  return { parts: { objects, records, refs: [...distinct.values()] }, objects: bad, lost }
}

const place = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const kinds = ["memory", "sqlite", "filesystem"] as const
const storageOf = (kind: (typeof kinds)[number], folder: string, n: number) =>
  Effect.gen(function* () {
    if (kind === "memory") return (yield* Memory.make).layer as Storage
    if (kind === "sqlite") return Sqlite.layer({ file: join(folder, `${n}.db`) })
    return Filesystem.layer({ directory: join(folder, `store-${n}`) })
  })

const small = Effect.gen(function* () {
  const source = yield* Memory.make
  const tree = Memory.makeWorkingTree()
  yield* fill(source.layer, tree)
  const parts = yield* dump(source.layer)
  const archive = yield* using(source.layer, ({ backup }) => Stream.runCollect(backup))
  return { source: source.layer, tree, parts, archive }
})

for (const kind of kinds) {
  const rounds = full ? 300 : kind === "memory" ? 15 : 3
  it.effect(
    `saves what is unaffected, and names exactly the rest (${kind})`,
    () =>
      Effect.gen(function* () {
        const random = makeRandom(seed)
        const { archive, parts, source, tree } = yield* small
        const folder = yield* place
        const reached = reach(parts)
        const counts = { damaged: 0, findings: 0, records: 0, objects: 0, refs: 0, moved: 0, lost: 0, again: 0 }
        for (let n = 0; n < rounds; n++) {
          const damaged = damage(random, parts)
          const what = `round ${n} of seed ${seed}`
          const storage = yield* storageOf(kind, folder, n)
          yield* loadInto(damaged.parts).pipe(Effect.provide(storage, { local: true }))
          const report = yield* using(storage, ({ repair }) => repair({ reason: "a bad disk" }))
          if (report.findings === 0) {
            assert.deepStrictEqual([damaged.lost.size, report.operation], [0, null], what)
            continue
          }
          // What was made anew is no longer lost: it is compared with what it was below.
          const objectsLost = new Set([...damaged.objects].filter((id) => !report.objects.includes(id as never)))
          // Exactly the records that are lost, and those that lead to what is.
          const gone = report.lost.filter(({ isLost }) => isLost)
          assert.deepStrictEqual(new Set(gone.map(keyOf)), damaged.lost, what)
          const suffering = parts.records
            .filter((record) => !damaged.lost.has(keyOf(record)))
            .filter((record) => [...reached(record)].some((id) => objectsLost.has(id)))
          const told = report.lost.filter(({ isLost }) => !isLost)
          assert.deepStrictEqual(new Set(told.map(keyOf)), new Set(suffering.map(keyOf)), what)

          // Everything else is what it was, byte for byte.
          const after = yield* dump(storage)
          const objects = new Map(after.objects.map(({ bytes, id }) => [id as string, [...bytes].join()]))
          for (const { bytes, id } of parts.objects) {
            const expected = objectsLost.has(id) ? undefined : [...bytes].join()
            assert.strictEqual(objects.get(id), expected, what)
          }
          const records = new Map(after.records.map((record) => [keyOf(record), record]))
          for (const record of parts.records) {
            const now = records.get(keyOf(record))
            const sorted = (terms: ReadonlyArray<string> | undefined) => [...(terms ?? [])].sort()
            if (damaged.lost.has(keyOf(record))) assert.isUndefined(now, what)
            else assert.deepStrictEqual([now?.body, now?.at], [record.body, record.at], what)
            // Of a version whose trees are lost, the paths that it touched cannot all be told.
            const isWhole = ![...reached(record)].some((id) => damaged.objects.has(id))
            if (now !== undefined && isWhole && record.kind !== "version") {
              assert.deepStrictEqual(sorted(now.terms), sorted(record.terms), what)
            }
          }
          const refs = new Map<string, string>(after.refs)
          const moved = new Map(report.moved.map((ref) => [ref.name as string, ref.after]))
          for (const [name, value] of parts.refs) {
            if (name === "head/ledger") assert.strictEqual(refs.get(name), report.operation ?? undefined)
            else if (moved.has(name)) assert.strictEqual(refs.get(name) ?? null, moved.get(name) ?? null, what)
            else assert.strictEqual(refs.get(name), value, `${name}, ${what}`)
          }
          assert.isAtMost(after.refs.length, parts.refs.length, what)

          // Checking again finds nothing but what is lost, and repairing with a backup brings the content back.
          const again = yield* using(storage, ({ verify }) => verify())
          const left = again.findings.filter(
            ({ _tag }) => !["ObjectMissing", "TermsWrong", "LinkBroken"].includes(_tag)
          )
          assert.deepStrictEqual(left, [], what)
          const from = Stream.fromIterable(archive)
          const second = yield* using(storage, ({ repair }) => repair({ from }))
          assert.isTrue(
            second.lost.every(({ isLost }) => isLost),
            what
          )
          counts.damaged += 1
          counts.findings += report.findings
          counts.records += report.records.length
          counts.refs += report.refs.length
          counts.moved += report.moved.length
          counts.lost += report.lost.length
          counts.again += second.objects.length

          // With a backup at hand from the start, nothing is lost at all.
          const other = yield* storageOf(kind, folder, rounds + n)
          yield* loadInto(damaged.parts).pipe(Effect.provide(other, { local: true }))
          const whole = yield* using(other, ({ repair }) => repair({ from: Stream.fromIterable(archive) }))
          assert.deepStrictEqual([whole.lost, whole.moved], [[], []], what)
          const { findings } = yield* using(other, ({ verify }) => verify())
          assert.deepStrictEqual(findings, [], what)
        }
        console.info(`repair, ${kind}, ${rounds} rounds (seed ${seed}):`, counts)
        assert.isAbove((yield* answers(source, tree)).length, 1000)
      }).pipe(Effect.scoped),
    full ? 3_600_000 : 120_000
  )
}

it.effect(
  "makes lost lists of snapshots' artifacts anew, by the layout of the captures, and proves them by their hashes",
  () =>
    Effect.gen(function* () {
      const rules = [{ pattern: "notes/{name}.txt", type: "note" }]
      const layout: Layout = { rules, rest: "rest:others" as ArtifactId }
      const source = (yield* Memory.make).layer
      const random = makeRandom(seed)
      const capture = Effect.fnUntraced(function* (collection: CollectionId, files: Readonly<Record<string, string>>) {
        const store = yield* SnapshotStore
        const given = Object.entries(files).map(([path, text]) => ({ path, bytes: new TextEncoder().encode(text) }))
        // A comes back as it was: two versions have one tree, and only the hash tells which one is meant.
        return yield* store.capture({ collection, files: given })
      })
      yield* withServices(
        source,
        Memory.makeWorkingTree(),
        Effect.gen(function* () {
          for (const text of ["A", "B", "A", "C", "A"]) {
            yield* capture("kit" as CollectionId, { "skills/a/SKILL.md": text, "agents/b.md": "b", "R.md": text })
          }
          const other = capture("notes" as CollectionId, { "notes/x.txt": "x", "y/z.txt": "z" })
          yield* Effect.provideService(other, ArtifactLayout, layout)
        })
      )
      const parts = yield* dump(source)
      const isList = ({ bytes }: Dump["objects"][number]) => {
        const opened = openObject(bytes)
        return opened._tag === "Whole" && new TextDecoder().decode(opened.content).startsWith("tidemark artifacts 1\n")
      }
      const lists = parts.objects.filter(isList)
      assert.strictEqual(lists.length, 6)
      const cases = [lists, ...lists.map((list) => [list]), lists.filter(() => random.chance(0.5))]
      for (const [n, lost] of cases.entries()) {
        const storage = (yield* Memory.make).layer
        const objects = parts.objects.filter((object) => !lost.includes(object))
        yield* loadInto({ ...parts, objects }).pipe(Effect.provide(storage, { local: true }))
        const report = yield* Effect.provideService(
          using(storage, ({ repair }) => repair()),
          ArtifactLayout,
          layout
        )
        assert.deepStrictEqual(new Set(report.objects), new Set(lost.map(({ id }) => id)), `case ${n}`)
        assert.deepStrictEqual(report.lost, [])
        assert.deepStrictEqual((yield* using(storage, ({ verify }) => verify())).findings, [])
        const now = new Map((yield* dump(storage)).objects.map(({ bytes, id }) => [id, bytes]))
        for (const { bytes, id } of lost) assert.deepStrictEqual(now.get(id), bytes)
      }
      // By a layout that nobody knows any more it cannot be told: it is lost, and said to be.
      const storage = (yield* Memory.make).layer
      const objects = parts.objects.filter((object) => !lists.includes(object))
      yield* loadInto({ ...parts, objects }).pipe(Effect.provide(storage, { local: true }))
      const report = yield* using(storage, ({ repair }) => repair())
      assert.deepStrictEqual(
        report.lost.map(({ kind, objects, subject }) => [kind, subject, objects.length]),
        [["snapshot", "notes", 1]]
      )
    })
)

it.effect("finds lost files where they still stand", () =>
  Effect.gen(function* () {
    const { parts, tree } = yield* small
    const blobs = parts.objects.filter(({ bytes }) => {
      const opened = openObject(bytes)
      return opened._tag === "Whole" && new TextDecoder().decode(opened.content) === "b\n"
    })
    assert.strictEqual(blobs.length, 1)
    const storage = (yield* Memory.make).layer
    yield* loadInto({ ...parts, objects: parts.objects.filter((object) => object !== blobs[0]) }).pipe(
      Effect.provide(storage, { local: true })
    )
    const report = yield* using(storage, ({ repair }) => repair({ roots: ["app"] }), tree)
    assert.deepStrictEqual([report.objects, report.lost], [[blobs[0]?.id], []])
    assert.deepStrictEqual((yield* using(storage, ({ verify }) => verify())).findings, [])
  })
)

it.effect("finds files of records that are back where they still stand, and makes their lists anew", () =>
  Effect.gen(function* () {
    const { archive, parts, tree } = yield* small
    const snapshot = parts.records.find(({ kind }) => kind === "snapshot")
    assert.isDefined(snapshot)
    const { artifacts } = JSON.parse(snapshot.body) as { readonly artifacts: string }
    const blobs = parts.objects.filter(({ bytes }) => {
      const opened = openObject(bytes)
      return opened._tag === "Whole" && new TextDecoder().decode(opened.content) === "b\n"
    })
    const gone = new Set<string>([artifacts, ...blobs.map(({ id }) => id)])
    // A backup that has the record, and none of the content.
    const without = { ...parts, objects: parts.objects.filter(({ id }) => !gone.has(id)) }
    const bare = (yield* Memory.make).layer
    yield* loadInto(without).pipe(Effect.provide(bare, { local: true }))
    const from = yield* using(bare, ({ backup }) => Stream.runCollect(backup))
    assert.isBelow(from.length, archive.length + 1)
    const storage = (yield* Memory.make).layer
    // Whatever else leads to it is lost, too.
    const records = parts.records.filter(({ kind }) => kind === "operation")
    yield* loadInto({ ...without, records }).pipe(Effect.provide(storage, { local: true }))
    const report = yield* using(
      storage,
      ({ repair }) => repair({ from: Stream.fromIterable(from), roots: ["app"] }),
      tree
    )
    assert.deepStrictEqual([report.lost, new Set<string>(report.objects)], [[], gone])
    assert.deepStrictEqual((yield* using(storage, ({ verify }) => verify())).findings, [])
  })
)

it.effect("finds the head again, and what is wrong beside it", () =>
  Effect.gen(function* () {
    const { archive, parts } = yield* small
    const head = parts.refs.find(([name]) => name === "head/ledger")?.[1] ?? ""
    const altered = `${head.slice(0, -1)}${head.endsWith("0") ? "1" : "0"}`
    const [version, snapshot] = ["version", "snapshot"].map((kind) => parts.records.find((one) => one.kind === kind))
    assert.isDefined(version)
    assert.isDefined(snapshot)
    const records = parts.records
      .filter((record) => record !== snapshot)
      .map((record) => (record === version ? { ...record, at: record.at + 5 } : record))
    for (const value of [null, altered, "x"]) {
      const others = parts.refs.filter(([name]) => name !== "head/ledger")
      const refs = value === null ? others : [...others, ["head/ledger" as never, value] as const]
      const storage = (yield* Memory.make).layer
      yield* loadInto({ ...parts, records, refs }).pipe(Effect.provide(storage, { local: true }))
      const report = yield* using(storage, ({ repair }) => repair({ from: Stream.fromIterable(archive) }))
      assert.deepStrictEqual(report.lost, [])
      // Beside them versions whose place is told by their parents'.
      const again = new Set(report.records.map(keyOf))
      assert.isTrue(again.has(keyOf(version)) && again.has(keyOf(snapshot)))
      assert.deepStrictEqual((yield* using(storage, ({ verify }) => verify())).findings, [])
      const now = new Map((yield* dump(storage)).records.map((record) => [keyOf(record), record.at]))
      for (const record of parts.records) assert.strictEqual(now.get(keyOf(record)), record.at)
    }
  })
)

it.effect("goes on with a ledger that has a hole, and brings a lost operation back from a backup", () =>
  Effect.gen(function* () {
    const { archive, parts } = yield* small
    const operations = parts.records.filter(({ kind }) => kind === "operation")
    for (const operation of operations) {
      const records = parts.records.filter((record) => record !== operation)
      const storage = (yield* Memory.make).layer
      yield* loadInto({ ...parts, records }).pipe(Effect.provide(storage, { local: true }))
      const first = yield* using(storage, ({ repair }) => repair())
      assert.isTrue(first.lost.some(({ id, isLost }) => isLost && id === operation.id))
      // What names hold was not changed: it may be the lost operation's doing.
      const refs = new Map<string, string>((yield* dump(storage)).refs)
      for (const [name, value] of parts.refs) if (name !== "head/ledger") assert.strictEqual(refs.get(name), value)

      const other = (yield* Memory.make).layer
      yield* loadInto({ ...parts, records }).pipe(Effect.provide(other, { local: true }))
      const whole = yield* using(other, ({ repair }) => repair({ from: Stream.fromIterable(archive) }))
      assert.deepStrictEqual([whole.lost, whole.records], [[], [{ kind: "operation", id: operation.id }]])
      assert.deepStrictEqual((yield* using(other, ({ verify }) => verify())).findings, [])
    }
  })
)

it.effect("brings operations in a row back from a backup, with all that they stored", () =>
  Effect.gen(function* () {
    const { archive, parts } = yield* small
    const operations = parts.records
      .filter(({ kind }) => kind === "operation")
      .sort((a, b) => a.at - b.at)
      .map(({ body, id }) => {
        const { records } = JSON.parse(body) as { readonly records: ReadonlyArray<StoredRecord> }
        return [`operation ${id}`, ...records.map(keyOf)]
      })
    for (let from = 0; from < operations.length - 1; from++) {
      const lost = new Set(operations.slice(from, Math.min(from + 3, operations.length - 1)).flat())
      const records = parts.records.filter((record) => !lost.has(keyOf(record)))
      const storage = (yield* Memory.make).layer
      yield* loadInto({ ...parts, records }).pipe(Effect.provide(storage, { local: true }))
      const report = yield* using(storage, ({ repair }) => repair({ from: Stream.fromIterable(archive) }))
      assert.deepStrictEqual([report.lost, report.moved], [[], []], `from the ${from}th`)
      assert.deepStrictEqual((yield* using(storage, ({ verify }) => verify())).findings, [])
      const now = new Set((yield* dump(storage)).records.map(keyOf))
      for (const key of lost) assert.isTrue(now.has(key), key)
    }
  })
)

it.effect("removes records under ids that are not theirs, which stand in the way of every list that finds them", () =>
  Effect.gen(function* () {
    const { archive, parts } = yield* small
    const [first, second] = parts.records.filter(({ kind }) => kind === "version")
    assert.isDefined(first)
    assert.isDefined(second)
    const stray = { ...first, id: second.id.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) }
    // In place of its own, and beside it.
    for (const others of [parts.records.filter((record) => record !== first), parts.records]) {
      const storage = (yield* Memory.make).layer
      yield* loadInto({ ...parts, records: [...others, stray] }).pipe(Effect.provide(storage, { local: true }))
      assert.isAbove((yield* using(storage, ({ verify }) => verify())).findings.length, 0)
      const report = yield* using(storage, ({ repair }) => repair({ from: Stream.fromIterable(archive) }))
      assert.deepStrictEqual(report.lost, [])
      assert.deepStrictEqual((yield* using(storage, ({ verify }) => verify())).findings, [])
      const after = yield* answers(storage, Memory.makeWorkingTree())
      assert.notInclude(after, stray.id)
      assert.isFalse(/history [^{]*\{"_id":"Exit","_tag":"Failure"/.test(after))
    }
  })
)
it.effect("brings content back that only a lost operation's records lead to", () =>
  Effect.gen(function* () {
    const { archive, parts } = yield* small
    const operations = parts.records.filter(({ kind }) => kind === "operation").sort((a, b) => a.at - b.at)
    let found = 0
    for (const operation of operations.slice(0, -1)) {
      // With it, all that it stored, and the content that nothing else leads to.
      const { records: stored } = JSON.parse(operation.body) as { readonly records: ReadonlyArray<StoredRecord> }
      const gone = new Set([keyOf(operation), ...stored.map(keyOf)])
      const records = parts.records.filter((record) => !gone.has(keyOf(record)))
      const reached = reach(parts)
      const needed = new Set(records.flatMap((record) => [...reached(record)]))
      const objects = parts.objects.filter(({ id }) => needed.has(id))
      if (objects.length < parts.objects.length) found += 1
      const storage = (yield* Memory.make).layer
      yield* loadInto({ ...parts, objects, records }).pipe(Effect.provide(storage, { local: true }))
      const report = yield* using(storage, ({ repair }) => repair({ from: Stream.fromIterable(archive) }))
      assert.deepStrictEqual([report.lost, report.moved], [[], []], operation.id)
      assert.deepStrictEqual((yield* using(storage, ({ verify }) => verify())).findings, [])
    }
    assert.isAbove(found, 0)
  })
)

it.effect("tells that the store's own name is gone or another, and puts it back from a backup", () =>
  Effect.gen(function* () {
    const { archive, parts } = yield* small
    const name = "store/identity"
    const own = new Map<string, string>(parts.refs).get(name) ?? ""
    assert.notStrictEqual(own, "")
    const others = parts.refs.filter(([ref]) => ref !== name)
    for (const held of [null, `f${own}`]) {
      const refs = held === null ? others : [...others, [name as (typeof others)[number][0], held] as const]
      for (const from of [undefined, Stream.fromIterable(archive)]) {
        const storage = (yield* Memory.make).layer
        yield* loadInto({ ...parts, refs }).pipe(Effect.provide(storage, { local: true }))
        const told = (yield* using(storage, ({ verify }) => verify())).findings.map(({ _tag }) => _tag)
        assert.deepStrictEqual(told, [held === null ? "IdentityMissing" : "IdentityAltered"])
        const report = yield* using(storage, ({ repair }) => repair({ from }))
        assert.deepStrictEqual([report.lost, report.records, report.objects, report.moved], [[], [], [], []])
        const now = new Map<string, string>((yield* dump(storage)).refs).get(name)
        if (from === undefined) assert.notInclude([undefined, own, held], now)
        else assert.strictEqual(now, own)
        assert.deepStrictEqual((yield* using(storage, ({ verify }) => verify())).findings, [])
      }
    }
  })
)
