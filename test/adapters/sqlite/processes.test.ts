/** Several processes with one store, and processes that are killed. */
import { execFile, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as Effect from "effect/Effect"
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
  it(
    "win each round exactly once, and lose no move",
    () =>
      Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const file = yield* place
            const [rounds, names] = [60, ["x", "y", "z"]]
            const child = (name: string) =>
              promisify(execFile)(process.execPath, [fixture("counter"), file, name, String(rounds)])
            const outputs = yield* Effect.promise(() => Promise.all(names.map(child)))
            const won = outputs.map(({ stdout }): ReadonlyArray<number> => JSON.parse(stdout))
            expect(won.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: rounds }, (_, i) => i))

            yield* withStore({ file }, ({ catalog }) =>
              Effect.gen(function* () {
                const held = new Map(yield* catalog.list({ prefix: "", limit: 1_000 }))
                expect(held.get(RefName.make("counter"))).toBe(String(rounds * names.length))
                const winners = names.flatMap((name, i) => won[i]?.map((round) => `${round} by ${name}`) ?? [])
                for (const winner of winners) {
                  const [round = "", name] = winner.split(" by ")
                  expect(held.get(RefName.make(`round/${round}`))).toBe(name)
                }
                const page = yield* catalog.scan({ kind: "version", term: "all", direction: "forward", limit: 1_000 })
                expect(page.map(({ id }) => id).sort()).toEqual(winners.sort())
              })
            )
          })
        )
      ),
    30_000
  )

  it(
    "may be killed at any moment: every step is there whole or not at all",
    () =>
      Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const file = yield* place
            for (const steps of [1, 3, 8, 20]) {
              const reported = yield* Effect.promise(() => killAfter(file, steps))
              const integrity = Effect.flatMap(
                SqlClient,
                (sql) => sql<{ integrity_check: string }>`PRAGMA integrity_check`
              )
              expect((yield* withClient(file, integrity)).map((row) => row.integrity_check)).toEqual(["ok"])
              yield* withStore({ file }, ({ objects, catalog }) =>
                Effect.gen(function* () {
                  const held = new Map(yield* catalog.list({ prefix: "", limit: 9 }))
                  const done = Number(held.get(RefName.make("a")))
                  // What the process said is done, is; at most one step more may be.
                  expect(done - reported).toBeGreaterThanOrEqual(0)
                  expect(held.get(RefName.make("b"))).toBe(String(done))
                  const page = yield* catalog.scan({
                    kind: "version",
                    term: "all",
                    direction: "forward",
                    limit: 100_000
                  })
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
      ),
    30_000
  )
})
