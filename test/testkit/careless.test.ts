/** Storages that are late keep every law; storages that are stale or do half a batch break some, and the laws notice. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import * as Memory from "../../src/adapters/memory/Memory.ts"
import {
  atOperations,
  type CallSchedule,
  latencies,
  latent,
  partial,
  type ScheduledStorage,
  type StorageFixture,
  sometimes,
  stale,
  storageLaws,
  storageSuite
} from "../../src/testkit/index.ts"
import { runSeed } from "../support/random.ts"

const seed = runSeed()

/** Memory with something around it. */
const around = (
  name: string,
  wrap: (store: Memory.MemoryStore) => Effect.Effect<ScheduledStorage>
): StorageFixture<ScheduledStorage, never> => ({
  name,
  capabilities: Memory.capabilities,
  allocate: Effect.flatMap(Memory.make, wrap),
  open: (storage) => storage.layer
})

storageSuite(
  around(`memory that is late (TIDEMARK_SEED=${seed})`, (store) => Effect.succeed(latent(store, latencies(seed, 1)))),
  { describe, it, skip: (name) => it.skip(name, () => {}) }
)

const reads = ["get", "list", "records", "scan", "refs"]
const batches = ["put", "get", "claim", "remove", "commit", "records", "refs"]

/** What of an adapter is careless, and how many laws notice. */
const noticed = (wrap: (store: Memory.MemoryStore) => Effect.Effect<ScheduledStorage>) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const fixture = around("careless", wrap)
      const broken: Array<string> = []
      for (const law of storageLaws.filter(({ requires }) => requires.length === 0)) {
        const exit = yield* Effect.exit(Effect.scoped(law.run(fixture)))
        if (exit._tag === "Failure") broken.push(law.name)
      }
      return broken
    })
  )

describe("adapters that are careless", () => {
  const always: CallSchedule = () => true
  const kinds: ReadonlyArray<readonly [string, Parameters<typeof noticed>[0]]> = [
    ...reads.map(
      (operation) =>
        [
          `stale reads: ${operation}`,
          (store: Memory.MemoryStore) => stale(store, { schedule: atOperations(operation) })
        ] as const
    ),
    ...batches.map(
      (operation) =>
        [
          `half a batch: ${operation}`,
          (store: Memory.MemoryStore) => Effect.succeed(partial(store, atOperations(operation)))
        ] as const
    ),
    ["stale reads: one in ten", (store) => stale(store, { schedule: sometimes(seed, 0.1) })],
    ["stale reads: three changes behind", (store) => stale(store, { schedule: always, behind: 3 })],
    ["half a batch: one in ten", (store) => Effect.succeed(partial(store, sometimes(seed, 0.1)))]
  ]
  for (const [name, wrap] of kinds) {
    it(`${name}: laws notice`, async () => {
      const broken = await noticed(wrap)
      console.log(`${name}: ${broken.length} laws are broken, such as "${broken[0]}"`)
      expect(broken).not.toEqual([])
    }, 60_000)
  }

  it("without a fault they break none", async () => {
    const never: CallSchedule = () => false
    expect(await noticed((store) => stale(store, { schedule: never }))).toEqual([])
    expect(await noticed((store) => Effect.succeed(partial(store, never)))).toEqual([])
  }, 60_000)

  it("a view of objects that no commit led to: the law of traces notices", async () => {
    const law = storageLaws.find(({ name }) => name.startsWith("an operation that is refused or killed"))
    const fixture: StorageFixture<Memory.MemoryStore, never> = {
      name: "careless",
      capabilities: Memory.capabilities,
      allocate: Memory.make,
      open: ({ layer }) => layer
    }
    const lawWith = (views: StorageFixture<Memory.MemoryStore, never>["views"]) =>
      Effect.runPromise(
        Effect.exit(Effect.scoped(law?.run({ ...fixture, views }) ?? Effect.die("there is no such law")))
      )
    const objects = ({ objects }: Memory.MemoryStore) => Effect.orDie(objects.list({ limit: 1_000 }))
    const refs = ({ catalog }: Memory.MemoryStore) => Effect.orDie(catalog.list({ prefix: "", limit: 1_000 }))
    expect((await lawWith(objects))._tag).toBe("Failure")
    expect((await lawWith(refs))._tag).toBe("Success")
  })
})
