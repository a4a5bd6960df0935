/** Several processes with one store, and processes that are killed. */
import { execFile, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { SqlClient } from "effect/sql/SqlClient"
import { describe, expect, it } from "vitest"
import { ObjectId, RefName } from "../../../src/model/Ids.ts"
import { place, withClient, withStore } from "./places.ts"

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}.ts`, import.meta.url))

/** Lets a writer do at least `steps` steps, kills it, and says how many it had reported. */
const killAfter = (file: string, steps: number) =>
  new Promise<number>((resolve, reject) => {
    const writer = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", fixture("writer"), file])
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

describe("processes with one store", () => {
  const run = <A, E>(work: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Effect.scoped(work))

  it("win each turn exactly once, and lose no move", { timeout: 30_000 }, () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        const [moves, names] = [60, ["x", "y", "z"]]
        const child = (name: string) =>
          promisify(execFile)(process.execPath, [fixture("counter"), file, name, `${moves}`, `${names.length}`])
        const outputs = yield* Effect.promise(() => Promise.all(names.map(child)))
        const results = outputs.map(({ stdout }): { won: ReadonlyArray<number>; refused: number } => JSON.parse(stdout))
        const total = moves * names.length
        const turns = Array.from({ length: total }, (_, i) => i)
        expect(results.flatMap(({ won }) => won).sort((a, b) => a - b)).toEqual(turns)
        expect(results.some(({ refused }) => refused > 0)).toBe(true)

        yield* withStore({ file }, ({ catalog }) =>
          Effect.gen(function* () {
            const held = new Map(yield* catalog.list({ prefix: "", limit: 1_000 }))
            expect(held.get(RefName.make("counter"))).toBe(String(total))
            const winners = turns.map((turn) => names.find((_, i) => results[i]?.won.includes(turn)))
            expect(turns.map((turn) => held.get(RefName.make(`turn/${turn}`)))).toEqual(winners)
            const page = yield* catalog.scan({ kind: "version", term: "all", direction: "forward", limit: 1_000 })
            expect(page.map(({ id }) => id)).toEqual(turns.map((turn) => `${turn} by ${winners[turn]}`))
          })
        )
      })
    )
  )

  it("may be killed at any moment: every step is there whole or not at all", { timeout: 30_000 }, () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        for (const steps of [1, 3, 8, 20]) {
          const reported = yield* Effect.promise(() => killAfter(file, steps))
          const integrity = Effect.flatMap(SqlClient, (sql) => sql<{ integrity_check: string }>`PRAGMA integrity_check`)
          expect((yield* withClient(file, integrity)).map((row) => row.integrity_check)).toEqual(["ok"])
          yield* withStore({ file }, ({ objects, catalog }) =>
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
        }
      })
    )
  )
})
