/**
 * Operations whose fiber is interrupted, and whose steps on a disk fail, at every point: each leaves all of the old or all of
 * the new, and can be done again.
 */
import * as fs from "node:fs"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { fastTemporary } from "../adapters/filesystem/support/stops.ts"
import { freshDatabase } from "../adapters/postgres/places.ts"
import { jobs } from "../support/crash/jobs.ts"
import { type Disturbance, Proof } from "../support/crash/proof.ts"
import { type Adapter, filesystem, openPostgres, sqlite } from "../support/crash/stores.ts"
import { noServer } from "../support/postgres.ts"
import { makeRandom, runSeed } from "../support/random.ts"

const isFull = process.env.TIDEMARK_FULL !== undefined
const base = fastTemporary("disturbed")
afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

const only = process.env.TIDEMARK_KILL_ONLY?.split(",")
const names = only ?? Object.keys(jobs)
const seed = runSeed()
const random = makeRandom(seed)
/** What they have prepared serves all tests. */
const proofs = new Map<Adapter, Proof>()

const disturbAll = async (adapter: Adapter, how: Disturbance) => {
  const proof = proofs.get(adapter) ?? new Proof(adapter, base)
  proofs.set(adapter, proof)
  const ends = { old: 0, new: 0 }
  const done: Array<string> = []
  // In a bounded run, the first that has any such point.
  const queue = isFull ? names : Array.from({ length: 20 }, () => random.pick(names))
  for (const name of queue) {
    if (!isFull && done.length > 0) break
    const route = await proof.route(name)
    // How many points there are shows when one is asked for that is never reached.
    const { points } = await proof.disturb(route, Number.POSITIVE_INFINITY, how)
    if (points === 0) continue
    done.push(name)
    const share = isFull ? 1 : Math.max(1, Math.floor(points / 3))
    for (let at = isFull ? 0 : random.below(share); at < points; at += share) {
      const { end } = await proof.disturb(route, at, how)
      ends[end]++
    }
  }
  console.log(
    `${adapter.name}, ${how}: ${isFull ? `${done.length} operations` : done[0]}, ${ends.old} times old, ${ends.new} times new (TIDEMARK_SEED=${seed})`
  )
  // What was asked for may do nothing on a disk of its own.
  if (only === undefined) expect(done.length).toBeGreaterThan(0)
  if (isFull && only === undefined) expect(ends.new).toBeGreaterThan(0)
}

const timeout = isFull ? 3_600_000 : 120_000

describe.each([
  ["sqlite", sqlite],
  ["filesystem", filesystem]
] as const)("an operation on %s", (_, adapter) => {
  it.each(["interrupt", "EIO", "ENOSPC", "EACCES"] as const)(
    "that meets %s is all-old or all-new",
    { timeout },
    (how) => disturbAll(adapter, how)
  )
})

/** Its own disk is the server's business: what fails here is a project's. */
describe.skipIf(noServer !== undefined)(
  `an operation on postgres${noServer === undefined ? "" : ` (not run: ${noServer})`}`,
  () => {
    let server: Awaited<ReturnType<typeof openPostgres>> | undefined
    beforeAll(async () => {
      server = await openPostgres(await freshDatabase())
    }, 120_000)
    afterAll(() => server?.close())
    it.each(["interrupt", "EIO"] as const)("that meets %s is all-old or all-new", { timeout }, async (how) => {
      if (server !== undefined) await disturbAll(server.adapter, how)
    })
  }
)
