/** Processes that do random operations to one store at once, one of which is killed: nothing is lost, nothing stays locked. */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeWorkingTree } from "../../src/adapters/filesystem/index.ts"
import type { Operation } from "../../src/model/Operation.ts"
import { explainHistory, type HistoryEvent } from "../../src/testkit/index.ts"
import { fastTemporary } from "../adapters/filesystem/support/stops.ts"
import { freshDatabase } from "../adapters/postgres/places.ts"
import { bundleChild } from "../support/crash/bundle.ts"
import { withEngine } from "../support/crash/engine.ts"
import { type Adapter, filesystem, openPostgres, sqlite } from "../support/crash/stores.ts"
import { noServer } from "../support/postgres.ts"
import { makeRandom, runSeed } from "../support/random.ts"

const base = fastTemporary("together")
let script = ""
beforeAll(async () => {
  script = await bundleChild("busy", base)
}, 60_000)
afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

interface Told {
  readonly done: ReadonlyArray<string>
  readonly counts: ReadonlyArray<readonly [string, number]>
  readonly heads: ReadonlyArray<HistoryEvent>
  readonly took: number
}

const each = process.env.TIDEMARK_FULL === undefined ? 40 : 1_000
const seed = runSeed()

const run = (adapter: Adapter, place: string, folder: string, name: string, count: number, killAt = Infinity) =>
  new Promise<string | null>((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        script,
        adapter.name,
        place,
        folder,
        name,
        `${count}`,
        `${seed + name.length}`
      ],
      { stdio: ["ignore", "inherit", "pipe"] }
    )
    let errors = ""
    child.stderr.on("data", (data) => {
      errors += data
      if (errors.split("\n").length > killAt) child.kill("SIGKILL")
    })
    child.on("error", reject)
    child.on("close", (code, signal) => {
      if (code === 0 || signal === "SIGKILL") resolve(signal)
      else reject(new Error(`${name} ended with ${code}: ${errors.slice(-3000)}`))
    })
  })

const together = async (adapter: Adapter) => {
  const folder = join(base, adapter.name)
  fs.mkdirSync(folder)
  const place = await adapter.fresh(folder)
  // The victim is killed somewhere; then another comes, and both who live go on to their end.
  const victim = run(adapter, place, folder, "victim", 1_000_000, 1 + makeRandom(seed).below(4))
  const ends = await Promise.all([
    run(adapter, place, folder, "one", each),
    run(adapter, place, folder, "the other", each),
    victim.then(() => run(adapter, place, folder, "the victim's heir", 10))
  ])
  expect([...ends, await victim]).toEqual([null, null, null, "SIGKILL"])
  const names = ["one", "the other", "the victim's heir"]
  const told = new Map(
    names.map((name): [string, Told] => [name, JSON.parse(fs.readFileSync(join(folder, `${name}.json`), "utf8"))])
  )
  const storage = adapter.layer(place)
  const { ledger, report } = await Effect.runPromise(
    withEngine({ storage, files: makeWorkingTree() }, { name: "judge", time: 1_900_000_000_000 }, (engine) =>
      Effect.gen(function* () {
        const lines = yield* Stream.runCollect(engine.ledger.export)
        const oracle = {
          store: yield* engine.log.storeId,
          happened: (apply: string) => Effect.map(engine.log.byApply(apply), (operation) => operation !== null)
        }
        for (const name of [...names, "victim"]) {
          yield* engine.workingTree.recover(join(folder, `root-${name}`), oracle)
        }
        return {
          ledger: lines.map((line): Operation => JSON.parse(line)),
          report: yield* engine.maintenance.verify()
        }
      })
    )
  )
  expect(report.findings).toEqual([])
  // Each operation that was reported is there, once; none of those who lived is there that was not reported.
  const ids = ledger.map(({ id }) => String(id))
  expect(new Set(ids).size).toBe(ids.length)
  for (const [name, { done }] of told) {
    expect(
      ledger.filter(({ actor }) => actor === name).map(({ id }) => id),
      name
    ).toEqual(done)
  }
  // No update is lost: each operation found what the last one before it had left.
  const held = new Map<string, string | null>()
  for (const { id, refs } of ledger) {
    for (const { after, before, name } of refs) {
      expect(held.get(name) ?? null, `${name} in ${id}`).toBe(before)
      held.set(name, after)
    }
  }
  const events = [...told.values()].flatMap(({ heads }) => heads)
  // The victim told nobody what it did; the ledger knows.
  const silent = ledger
    .filter(({ actor }) => actor === "victim")
    .map(
      ({ id, previous }): HistoryEvent => ({
        by: "victim",
        asked: 0,
        answered: null,
        did: "commit",
        committed: true,
        refs: [{ name: "head/ledger" as never, expected: previous, next: id }]
      })
    )
  expect(explainHistory([...events, ...silent])).toBeNull()
  expect((await adapter.held(place)).leftovers).toEqual([])
  const counts = new Map<string, number>()
  for (const [what, n] of [...told.values()].flatMap((one) => one.counts)) counts.set(what, (counts.get(what) ?? 0) + n)
  const took = Math.max(...[...told.values()].map((one) => one.took))
  const rate = Math.round((2 * each * 1000) / took)
  const lines = [...counts].sort().map(([what, n]) => `${n} ${what}`)
  console.log(
    `${adapter.name}: 2 processes, ${each} operations each, ${rate} a second beside a third that was killed after ` +
      `${silent.length}; ${ledger.length} in the ledger, ${events.length} answers explained (TIDEMARK_SEED=${seed})\n  ${lines.join(", ")}`
  )
  expect([...counts.keys()].some((what) => !what.endsWith(": done"))).toBe(true)
}

const timeout = process.env.TIDEMARK_FULL === undefined ? 600_000 : 3_600_000

describe("processes with one store", () => {
  it("lose nothing to each other (sqlite)", { timeout }, () => together(sqlite))
  it("lose nothing to each other (filesystem)", { timeout }, () => together(filesystem))
  it.skipIf(noServer !== undefined)(
    `lose nothing to each other (postgres${noServer === undefined ? "" : `; not run: ${noServer}`})`,
    { timeout },
    async () => {
      const { adapter, close } = await openPostgres(await freshDatabase())
      await together(adapter).finally(close)
    }
  )
})
