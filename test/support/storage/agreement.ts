/** Two storages give the same answers to the same calls, at the same times, whatever the calls are. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { expect, it } from "vitest"
import * as Memory from "../../../src/adapters/memory/Memory.ts"
import { ObjectId, RefName } from "../../../src/model/Ids.ts"
import { CatalogStorage, type RefUpdate, type StoredRecord } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage, type StoredObject } from "../../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import { makeRandom, type Random, runSeed } from "../random.ts"

interface Storage {
  readonly objects: ObjectStorage["Service"]
  readonly catalog: CatalogStorage["Service"]
}

const objectId = (n: number): ObjectId => ObjectId.make(n.toString(16).padStart(64, "0"))
const move = (name: string, expected: string | null, next: string | null): RefUpdate => ({
  name: RefName.make(name),
  expected,
  next
})

/** A call of either storage, made up once and made of both. */
type Call = (storage: Storage) => Effect.Effect<unknown, StorageError>

const words = ["a", "A", "á", "a\u0301", "a/b", "a/", "%", "\uffff", "😀", "b'c"]

const makeCall = (random: Random, part: "all" | "catalog"): Call => {
  const word = () => random.pick(words)
  const several = <A>(make: () => A): NonEmptyReadonlyArray<A> => [
    make(),
    ...Array.from({ length: random.below(4) }, make)
  ]
  const maybe = <A>(make: () => A) => (random.chance(0.5) ? make() : undefined)
  const value = () => random.pick([null, null, "1", "2"])
  const id = () => objectId(random.below(12))
  const object = (): StoredObject => ({ id: id(), bytes: new Uint8Array(random.below(9)).fill(random.below(3)) })
  const record = (): StoredRecord => ({
    kind: random.pick(["version", "snapshot"]),
    id: word(),
    at: random.below(4),
    terms: several(word),
    body: random.chance(0.9) ? "{}" : "[]"
  })
  const refs = (): NonEmptyReadonlyArray<RefUpdate> => {
    const [first, ...rest] = new Set(several(word))
    return [move(first ?? "a", value(), value()), ...rest.map((name) => move(name, value(), value()))]
  }
  const time = () => random.below(60)
  const limit = () => random.between(1, 5)
  const calls: ReadonlyArray<() => Call> = [
    () => {
      const batch = several(object)
      return ({ objects }) => objects.put(batch)
    },
    () => {
      const ids = several(id)
      return ({ objects }) => objects.get(ids)
    },
    () => {
      const ids = several(id)
      return ({ objects }) => Effect.map(objects.claim(ids), (missing) => [...missing].sort())
    },
    () => {
      const [ids, storedBefore] = [several(id), time()]
      return ({ objects }) => objects.remove(ids, { storedBefore })
    },
    () => {
      const page = { after: maybe(id), limit: limit() }
      return ({ objects }) => objects.list(page)
    },
    () => {
      const change = { records: maybe(() => several(record)), remove: maybe(() => several(record)), refs: refs() }
      return ({ catalog }) => catalog.commit(change)
    },
    () => {
      const change = { records: maybe(() => several(record)), remove: maybe(() => several(record)) }
      const [first, ...rest] = refs()
      return ({ catalog }) =>
        Effect.flatMap(catalog.refs([first, ...rest].map(({ name }) => name)), (held) => {
          const expecting = (ref: RefUpdate) => ({ ...ref, expected: held.get(ref.name) ?? null })
          return catalog.commit({ ...change, refs: [expecting(first), ...rest.map(expecting)] })
        })
    },
    () => {
      const [kind, ids] = [record().kind, several(word)]
      return ({ catalog }) => catalog.records(kind, ids)
    },
    () => {
      const scan = {
        kind: record().kind,
        term: word(),
        direction: random.pick(["forward", "backward"] as const),
        from: maybe(() => random.below(5)),
        to: maybe(() => random.below(5)),
        after: maybe(() => ({ at: random.below(5), id: word() })),
        limit: limit()
      }
      return ({ catalog }) => catalog.scan(scan)
    },
    () => {
      const names = refs().map(({ name }) => name)
      return ({ catalog }) => catalog.refs(names)
    },
    () => {
      const page = { prefix: random.chance(0.3) ? "" : word(), after: maybe(() => refs()[0].name), limit: limit() }
      return ({ catalog }) => catalog.list(page)
    }
  ]
  // The first five are of objects.
  return random.pick(part === "all" ? calls : calls.slice(5))()
}

const open = <E>(layer: Layer.Layer<ObjectStorage | CatalogStorage, E>) =>
  Effect.gen(function* () {
    return { objects: yield* ObjectStorage, catalog: yield* CatalogStorage }
  }).pipe(Effect.provide(layer, { local: true }))

/**
 * Declares the test: a storage that `layer` makes, which is empty, and one in memory. Objects are left out where the store
 * has a clock of its own.
 */
export const agreementTest = (
  name: string,
  layer: Layer.Layer<ObjectStorage | CatalogStorage, StorageError>,
  calls: number,
  part: "all" | "catalog" = "all"
): void =>
  it(`${name} and memory agree on ${calls} calls`, { timeout: 60_000 }, async () => {
    const seed = runSeed()
    const random = makeRandom(seed)
    const counts = new Map<string, number>()
    const program = Effect.gen(function* () {
      const storages = yield* Effect.scoped(
        Effect.gen(function* () {
          const context = yield* Layer.build(layer)
          const other = yield* open(Layer.succeedContext(context))
          const memory = yield* open(Memory.layer)
          for (let i = 0; i < calls; i++) {
            if (random.chance(0.05)) yield* TestClock.adjust(1)
            const call = makeCall(random, part)
            const answers = []
            for (const storage of [memory, other]) {
              answers.push(
                yield* Effect.match(call(storage), {
                  onFailure: ({ reason }) => ({ ...reason, cause: undefined }),
                  onSuccess: (answer) => answer
                })
              )
            }
            expect(answers[1], `call ${i} with TIDEMARK_SEED=${seed}`).toEqual(answers[0])
            const tag = (answers[0] as { readonly _tag?: string } | undefined)?._tag ?? "other"
            counts.set(tag, (counts.get(tag) ?? 0) + 1)
          }
          return counts
        })
      )
      return storages
    })
    const found = await Effect.runPromise(program.pipe(Effect.provide(TestClock.layer())))
    // All kinds of answers were met.
    for (const tag of ["Committed", "Refused", "StorageCorrupt"]) expect(found.get(tag)).toBeGreaterThan(5)
  })
