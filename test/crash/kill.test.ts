/**
 * Processes that are killed with SIGKILL: in every operation that changes anything, at every call of storage, between the
 * statements of every transaction, at every step on the disk. What is left is all of the old or all of the new.
 *
 * A whole run kills wherever something has changed since the point before, in any byte on the disk or by any message to a
 * server, and at some of the others too. `TIDEMARK_KILL=every` kills at each of them all.
 */
import * as fs from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fastTemporary } from "../adapters/filesystem/support/stops.ts"
import { freshDatabase } from "../adapters/postgres/places.ts"
import { bundleChild } from "../support/crash/bundle.ts"
import { jobs } from "../support/crash/jobs.ts"
import { type End, Proof } from "../support/crash/proof.ts"
import { type Adapter, filesystem, openPostgres, sqlite } from "../support/crash/stores.ts"
import { noServer } from "../support/postgres.ts"
import { makeRandom, runSeed } from "../support/random.ts"

const isFull = process.env.TIDEMARK_FULL !== undefined
const base = fastTemporary("killed")
let script = ""

beforeAll(async () => {
  script = await bundleChild("child", base)
}, 60_000)
afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

/** Three at a time: while one is looked at here, two others run. */
const inTurns = async <A>(items: Iterable<A>, each: (item: A) => Promise<void>): Promise<void> => {
  const queue = [...items].values()
  await Promise.all(
    [0, 1, 2].map(async () => {
      for (const item of queue) await each(item)
    })
  )
}

const only = process.env.TIDEMARK_KILL_ONLY?.split(",")
const names = only ?? Object.keys(jobs)

/** The operations that are tried in a bounded run, and how many points of each. */
const share = { jobs: 4, points: 3 }

/** In a whole run, one in how many points is tried where nothing has changed. */
const unchanged = process.env.TIDEMARK_KILL === "every" ? 1 : 16

const killAll = async (adapter: Adapter) => {
  const seed = runSeed()
  const random = makeRandom(seed)
  const proof = new Proof(adapter, base, script)
  const chosen = new Set(isFull ? names : Array.from({ length: share.jobs }, () => random.pick(names)))
  const rows: Array<string> = []
  let [kills, known] = [0, 0]
  const started = performance.now()
  for (const name of chosen) {
    const route = await proof.route(name)
    const all = [...route.labels.keys()]
    // Most of an operation comes before its commit: a share of the points has one from there on.
    const last = all.slice(route.labels.lastIndexOf("before commit"))
    const some = [random.pick(last), ...Array.from({ length: share.points - 1 }, () => random.pick(all))]
    const whole = new Set([...route.changes, ...all.filter(() => random.below(unchanged) === 0)])
    const points = isFull ? [...whole].sort((a, b) => a - b) : [...new Set(some)]
    const ends: Record<End, number> = { old: 0, new: 0, through: 0 }
    await inTurns(points, async (point) => {
      ends[await proof.kill(route, point)]++
    })
    kills += points.length
    known += all.length
    rows.push(
      `  ${name}: ${points.length} of ${all.length} points${isFull ? ` (${route.changes.length} after a change)` : ""}, ${ends.old} old, ${ends.new} new, ${ends.through} done before`
    )
    if (isFull && route.job.law === undefined) expect([ends.old > 0, ends.new > 0], name).toEqual([true, true])
  }
  const seconds = Math.round((performance.now() - started) / 1000)
  console.log(
    `${adapter.name}: killed at ${kills} of ${known} points in ${seconds} s (TIDEMARK_SEED=${seed})\n${rows.join("\n")}`
  )
}

const timeout = isFull ? 7_200_000 : 120_000

describe("a process killed in an operation", () => {
  it("leaves all-old or all-new (sqlite)", { timeout }, () => killAll(sqlite))
  it("leaves all-old or all-new (filesystem)", { timeout }, () => killAll(filesystem))
  it.skipIf(noServer !== undefined)(
    `leaves all-old or all-new (postgres${noServer === undefined ? "" : `; not run: ${noServer}`})`,
    {
      timeout
    },
    async () => {
      const { adapter, close } = await openPostgres(await freshDatabase())
      await killAll(adapter).finally(close)
    }
  )
})
