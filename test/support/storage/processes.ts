/** Tests of several processes with one store, and of processes that are killed, for any adapter that allows them. */
import { execFile, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as Effect from "effect/Effect"
import { expect, it } from "vitest"
import { ObjectId, RefName } from "../../../src/model/Ids.ts"
import { CatalogStorage, type CatalogStorageService } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage, type ObjectStorageService } from "../../../src/storage/ObjectStorage.ts"
import { openAdapter } from "./openAdapter.ts"

const program = (name: string) => fileURLToPath(new URL(`${name}.ts`, import.meta.url))
const quiet = "--disable-warning=ExperimentalWarning"

/** What a test looks at. */
interface Opened {
  readonly objects: ObjectStorageService
  readonly catalog: CatalogStorageService
}

const withStore = <A, E>(place: string, work: (storage: Opened) => Effect.Effect<A, E>) =>
  Effect.runPromise(
    Effect.gen(function* () {
      return yield* work({ objects: yield* ObjectStorage, catalog: yield* CatalogStorage })
    }).pipe(Effect.provide(openAdapter(place), { local: true }))
  )

/** Lets a writer do at least `steps` steps, kills it, and says how many it had reported. */
const killAfter = (place: string, steps: number) =>
  new Promise<number>((resolve, reject) => {
    const writer = spawn(process.execPath, [quiet, program("writer"), place])
    let reported = ""
    let errors = ""
    writer.stdout.on("data", (data) => {
      reported += data
      if (reported.split("\n").length > steps) writer.kill("SIGKILL")
    })
    writer.stderr.on("data", (data) => {
      errors += data
    })
    writer.on("close", (_, signal) => {
      if (signal === "SIGKILL") resolve(Number(reported.trimEnd().split("\n").at(-1)))
      else reject(new Error(errors))
    })
  })

const patience = process.env.TIDEMARK_FULL === undefined ? 120_000 : 3_600_000

/** Declares the tests. `allocate` gives a fresh place as a text; `check` looks at it after each kill. */
export const processTests = (
  allocate: () => Promise<string>,
  check: (place: string) => Promise<void> = () => Promise.resolve()
): void => {
  it("win each turn exactly once, and lose no move", { timeout: patience }, async () => {
    const place = await allocate()
    const [moves, names] = [process.env.TIDEMARK_FULL === undefined ? 40 : 400, ["x", "y"]]
    const child = (name: string) =>
      promisify(execFile)(process.execPath, [quiet, program("counter"), place, name, `${moves}`, `${names.length}`])
    const outputs = await Promise.all(names.map(child))
    const results = outputs.map(({ stdout }): { won: ReadonlyArray<number>; refused: number } => JSON.parse(stdout))
    const total = moves * names.length
    const turns = Array.from({ length: total }, (_, i) => i)
    expect(results.flatMap(({ won }) => won).sort((a, b) => a - b)).toEqual(turns)
    expect(results.some(({ refused }) => refused > 0)).toBe(true)
    await withStore(place, ({ catalog }) =>
      Effect.gen(function* () {
        const held = new Map(yield* catalog.list({ prefix: "", limit: 10_000 }))
        expect(held.get(RefName.make("counter"))).toBe(String(total))
        const winners = turns.map((turn) => names.find((_, i) => results[i]?.won.includes(turn)))
        expect(turns.map((turn) => held.get(RefName.make(`turn/${turn}`)))).toEqual(winners)
        const page = yield* catalog.scan({ kind: "version", term: "all", direction: "forward", limit: 10_000 })
        expect(page.map(({ id }) => id)).toEqual(turns.map((turn) => `${turn} by ${winners[turn]}`))
      })
    )
  })

  it("may be killed at any moment: every step is there whole or not at all", { timeout: patience }, async () => {
    const place = await allocate()
    const rounds =
      process.env.TIDEMARK_FULL === undefined ? [1, 3, 8] : Array.from({ length: 40 }, (_, i) => 1 + (i % 9))
    for (const steps of rounds) {
      const reported = await killAfter(place, steps)
      await withStore(place, ({ objects, catalog }) =>
        Effect.gen(function* () {
          const held = new Map(yield* catalog.list({ prefix: "", limit: 9 }))
          const done = Number(held.get(RefName.make("a")))
          // What the process said is done, is; more may be that it did not get to say.
          expect(done).toBeGreaterThanOrEqual(reported)
          expect(held.get(RefName.make("b"))).toBe(String(done))
          const page = yield* catalog.scan({ kind: "version", term: "all", direction: "forward", limit: 100_000 })
          expect(page.length).toBe(done * 3)
          const named = page.flatMap(({ body }): ReadonlyArray<string> => JSON.parse(body))
          const ids = [...new Set(named)].map((id) => ObjectId.make(id))
          const found = yield* objects.get(ids)
          expect(ids.filter((id) => found.get(id)?.length !== 20_000)).toEqual([])
          // An interrupted batch is there whole or not at all.
          expect((yield* objects.list({ limit: 100_000 })).length % 4).toBe(0)
        })
      )
      await check(place)
    }
  })
}
