import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { describe, expect, it } from "vitest"
import * as Memory from "../../src/adapters/memory/Memory.ts"
import { ObjectId, RefName } from "../../src/model/Ids.ts"
import { CatalogStorage } from "../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../src/storage/ObjectStorage.ts"
import { StorageFull } from "../../src/storage/StorageError.ts"
import {
  atCall,
  atOperation,
  everyNth,
  type FaultSchedule,
  failing,
  layerFailing,
  StorageCut
} from "../../src/testkit/index.ts"

const id = ObjectId.make("a".repeat(64))
const r = RefName.make("r")

/** Puts an object, then moves a ref; says how each ended, and what is there then. */
const trial = (schedule: FaultSchedule) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const store = yield* Memory.make
      const { objects, catalog, calls } = failing(store, schedule)
      const ended = [
        yield* Effect.exit(objects.put([{ id, bytes: new Uint8Array(1) }])),
        yield* Effect.exit(catalog.commit({ refs: [{ name: r, expected: null, next: "1" }] })),
        yield* Effect.exit(objects.now)
      ].map((exit: Exit.Exit<unknown, unknown>): string => (Exit.hasDies(exit) ? "died" : exit._tag))
      const there = [(yield* store.objects.get([id])).size, (yield* store.catalog.refs([r])).size]
      return { ended, there, calls: calls().map(({ service, operation }) => `${service}.${operation}`) }
    })
  )

describe("failing storage", () => {
  const calls = ["objects.put", "catalog.commit", "objects.now"]
  const [ok, failed, died] = ["Success", "Failure", "died"] as const
  const cases: ReadonlyArray<readonly [string, FaultSchedule, Awaited<ReturnType<typeof trial>>]> = [
    ["no fault", () => null, { ended: [ok, ok, ok], there: [1, 1], calls }],
    ["a failure before", atCall(0, "fail"), { ended: [failed, ok, ok], there: [0, 1], calls }],
    ["a lost answer", atCall(1, "fail-after"), { ended: [ok, failed, ok], there: [1, 1], calls }],
    ["a cut before", atCall(1, "cut-before"), { ended: [ok, died, died], there: [1, 0], calls: calls.slice(0, 2) }],
    ["a cut after", atCall(0, "cut-after"), { ended: [died, died, died], there: [1, 0], calls: calls.slice(0, 1) }],
    ["every second", everyNth(2, "fail"), { ended: [ok, failed, ok], there: [1, 0], calls }],
    ["an operation", atOperation("put", "fail"), { ended: [failed, ok, ok], there: [0, 1], calls }]
  ]
  for (const [name, schedule, expected] of cases) {
    it(name, async () => expect(await trial(schedule)).toEqual(expected))
  }

  it("fails for the reason that is given, through its layer", async () => {
    const full = new StorageFull({ operation: "put" })
    const program = Effect.gen(function* () {
      const objects = yield* ObjectStorage
      const catalog = yield* CatalogStorage
      yield* catalog.refs([r])
      return yield* Effect.flip(objects.put([{ id, bytes: new Uint8Array(1) }]))
    })
    const error = await Effect.runPromise(
      program.pipe(Effect.provide(layerFailing(atOperation("put", full))), Effect.provide(Memory.layer))
    )
    expect(error.reason).toBe(full)
    expect(error.isRetryable).toBe(false)
  })

  it("says where it was cut", async () => {
    const store = await Effect.runPromise(Memory.make)
    const { objects } = failing(store, atCall(0, "cut-before"))
    await expect(Effect.runPromise(objects.now)).rejects.toEqual(new StorageCut({ operation: "now", index: 0 }))
  })
})
