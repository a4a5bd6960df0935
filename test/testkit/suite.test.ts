import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, expect, it } from "vitest"
import * as Memory from "../../src/adapters/memory/Memory.ts"
import { RefName } from "../../src/model/Ids.ts"
import { type CatalogCommit, CatalogStorage } from "../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../src/storage/ObjectStorage.ts"
import { makeStrictMemory, type StorageFixture, storageLaws, storageSuite } from "../../src/testkit/index.ts"

const everything = { ...Memory.capabilities, durable: true, sharedAcrossProcesses: true }

const memoryFixture: StorageFixture<Memory.MemoryStore, never> = {
  name: "memory",
  capabilities: Memory.capabilities,
  allocate: Memory.make,
  open: (store) => store.layer
}

/** Memory with one thing done wrong. */
const broken = (
  break_: (store: Memory.MemoryStore) => Partial<Pick<Memory.MemoryStore, "objects" | "catalog">>
): StorageFixture<Memory.MemoryStore, never> => ({
  ...memoryFixture,
  capabilities: everything,
  open: (store) => {
    const { objects = store.objects, catalog = store.catalog } = break_(store)
    return Layer.mergeAll(
      Layer.succeed(ObjectStorage, { ...objects, capabilities: everything }),
      Layer.succeed(CatalogStorage, { ...catalog, capabilities: everything })
    )
  }
})

/** The names of the laws, of those given, that a fixture breaks. */
const brokenLaws = <Location, E>(fixture: StorageFixture<Location, E>, laws = storageLaws) =>
  Effect.runPromise(
    Effect.map(
      Effect.forEach(laws, (law) =>
        Effect.map(Effect.exit(Effect.scoped(law.run(fixture))), (exit) => (exit._tag === "Failure" ? [law.name] : []))
      ),
      (names) => names.flat()
    )
  )

const shared = new Map<string, Uint8Array>()

/** What is done wrong, and one law that must notice. */
const mistakes: ReadonlyArray<readonly [string, string, Parameters<typeof broken>[0]]> = [
  [
    "put overwrites",
    "objects: an id that is there keeps its bytes",
    ({ objects }) => ({
      objects: {
        ...objects,
        put: (batch) =>
          Effect.gen(function* () {
            yield* objects.remove(
              batch.map(({ id }) => id),
              { storedBefore: Number.MAX_SAFE_INTEGER }
            )
            yield* objects.put(batch)
          })
      }
    })
  ],
  [
    "get hands out what is stored",
    "objects: bytes that were handed out may be changed by their holder",
    ({ objects }) => ({
      objects: {
        ...objects,
        get: (ids) =>
          Effect.map(objects.get(ids), (found) => {
            for (const [id, bytes] of found) if (!shared.has(id)) shared.set(id, bytes)
            return new Map([...found].map(([id, bytes]) => [id, shared.get(id) ?? bytes]))
          })
      }
    })
  ],
  [
    "claim does not freshen",
    "objects: a claim protects from a removal decided before it",
    ({ objects }) => ({
      objects: {
        ...objects,
        claim: (ids) => Effect.map(objects.get(ids), (found) => [...new Set(ids)].filter((id) => !found.has(id)))
      }
    })
  ],
  [
    "remove ignores its guard",
    "objects: only what is older than the guard is removed",
    ({ objects }) => ({
      objects: { ...objects, remove: (ids) => objects.remove(ids, { storedBefore: Number.MAX_SAFE_INTEGER }) }
    })
  ],
  [
    "a commit is made of several",
    "commit: a known id with another body is StorageCorrupt, and nothing happens",
    ({ catalog }) => ({
      catalog: {
        ...catalog,
        commit: (change) =>
          Effect.gen(function* () {
            for (const record of change.records ?? []) {
              const refs: CatalogCommit["refs"] = [{ ...change.refs[0], next: change.refs[0].expected }]
              const result = yield* catalog.commit({ records: [record], refs })
              if (result._tag === "Refused") return result
            }
            return yield* catalog.commit({ ...change, records: [] })
          })
      }
    })
  ],
  [
    "refs are read, then written",
    "refs: of many fibers that make the same ref, exactly one wins",
    ({ catalog }) => ({
      catalog: {
        ...catalog,
        commit: (change) =>
          Effect.gen(function* () {
            const held = yield* catalog.refs(change.refs.map(({ name }) => name))
            for (const { name, expected } of change.refs) {
              const actual = held.get(name) ?? null
              if (actual !== expected) return { _tag: "Refused", name, actual } as const
            }
            yield* Effect.yieldNow
            const [first, ...rest] = change.refs
            const now = yield* catalog.refs([first.name])
            return yield* catalog.commit({
              ...change,
              refs: [{ ...first, expected: now.get(first.name) ?? null }, ...rest]
            })
          })
      }
    })
  ],
  [
    "a scan is in the order of UTF-16",
    "scan: by time, then by the UTF-8 bytes of the id, in both directions",
    ({ catalog }) => ({
      catalog: {
        ...catalog,
        scan: (scan) =>
          Effect.map(catalog.scan(scan), (page) => {
            const sign = scan.direction === "forward" ? 1 : -1
            return [...page].sort((a, b) => sign * (a.at - b.at || (a.id < b.id ? -1 : 1)))
          })
      }
    })
  ],
  [
    "putting objects is noted among the refs",
    "an operation that is refused or killed before its commit leaves no trace",
    ({ catalog, objects }) => ({
      objects: {
        ...objects,
        put: (batch) => {
          const name = RefName.make(`put/${batch[0].id}`)
          return Effect.andThen(objects.put(batch), catalog.commit({ refs: [{ name, expected: null, next: "1" }] }))
        }
      }
    })
  ],
  [
    "a prefix is a pattern",
    "refs: a list has what starts with its prefix, in the order of UTF-8 bytes",
    ({ catalog }) => ({
      catalog: {
        ...catalog,
        list: ({ prefix, after, limit }) => {
          const escaped = prefix.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("%", ".*")
          const pattern = new RegExp(`^${escaped}`, "su")
          return Effect.map(catalog.list({ prefix: "", after, limit: 100_000 }), (page) =>
            page.filter(([name]) => pattern.test(name)).slice(0, limit)
          )
        }
      }
    })
  ],
  [
    "names are normalised",
    "refs: hostile names and values are kept apart and unchanged",
    ({ catalog }) => ({
      catalog: {
        ...catalog,
        refs: (names) =>
          Effect.map(
            catalog.refs(names),
            (held) => new Map([...held].map(([name, value]) => [name, value.normalize("NFC")]))
          )
      }
    })
  ]
]

describe("the storage suite", () => {
  it("says nothing against memory that keeps every promise", async () => {
    const promised = storageLaws.filter(({ requires }) => requires.length > 0)
    expect(
      await brokenLaws(
        broken(() => ({})),
        promised
      )
    ).toEqual([])
  })

  for (const [mistake, law, break_] of mistakes) {
    it(`notices that ${mistake}`, async () => {
      shared.clear()
      const named = storageLaws.filter(({ name }) => name === law)
      expect(await brokenLaws(broken(break_), named)).toEqual([law])
    })
  }

  it("notices an adapter that says more of itself than its fixture", async () => {
    const law = storageLaws.filter(({ name }) => name === "an adapter says of itself what its fixture says")
    const laws = await brokenLaws({ ...broken(() => ({})), capabilities: Memory.capabilities }, law)
    expect(laws).toEqual(law.map(({ name }) => name))
  })

  it("leaves out only the laws of promises that are not made, and says so", () => {
    const run: Array<string> = []
    const skipped: Array<string> = []
    storageSuite(memoryFixture, {
      describe: (_, body) => body(),
      it: (name) => void run.push(name),
      skip: (name) => void skipped.push(name)
    })
    const names = storageLaws.map(({ name }) => name)
    expect(run).toEqual(storageLaws.filter(({ requires }) => requires.length === 0).map(({ name }) => name))
    expect(run.length + skipped.length).toBe(names.length)
    expect(skipped.every((name) => /\(not promised: (durable|sharedAcrossProcesses)\)$/.test(name))).toBe(true)
    expect(new Set(names).size).toBe(names.length)
  })
})

/** Strictness refuses some of what the laws try on purpose; the rest of the contract it keeps. */
const refusedByStrictMemory = [
  "objects: an id that is there keeps its bytes",
  "objects: what was removed can be put again",
  "commit: the same record again changes nothing",
  "commit: a term named twice by a record finds it once",
  "commit: a known id with another body is StorageCorrupt, and nothing happens",
  "refs: made, moved, checked, removed"
]

it("strict memory keeps every law that it does not refuse to be tried", { timeout: 30_000 }, async () => {
  const laws = await brokenLaws({ ...memoryFixture, allocate: makeStrictMemory })
  expect(laws.filter((law) => !refusedByStrictMemory.includes(law))).toEqual([])
})
