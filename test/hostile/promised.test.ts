/** Hostile names given to the promise façade: a rejection with a tag or exactly that name, and nothing outside the root. */
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, it } from "vitest"
import { bytes, openMemory, openSqlite } from "../promise/support/engines.ts"
import { makeRandom, runSeed } from "../support/random.ts"
import { hostilePath, segments } from "./hostileNames.ts"

const seed = runSeed()
const rounds = process.env.TIDEMARK_FULL !== undefined ? 3_000 : 60
/** What a caller can be told of a name. Anything else, such as a defect, is a mistake. */
const told = [
  "InvalidInput",
  "InvalidName",
  "InvalidPath",
  "DuplicateArtifact",
  "WorkingTreeError",
  "TargetOccupied",
  "PlanStale",
  "PathNotFound",
  "ArtifactNotFound",
  "SnapshotNotFound",
  "NameNotFound",
  "ConflictNotFound"
]

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), "tidemark-"))
  for (const name of ["p", "beside"]) fs.mkdirSync(join(folder, name))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

const around = () =>
  fs
    .readdirSync(folder)
    .filter((name) => !name.startsWith("store.db"))
    .sort()

/** How a call ended: with an answer, or with the tag of its rejection. */
const endOf = async (call: () => Promise<unknown>): Promise<string> => {
  try {
    await call()
    return "answered"
  } catch (error) {
    return (error as { readonly _tag?: string })._tag ?? `untagged ${String(error)}`
  }
}

it("are stored, deployed and read back as they are, or refused with a tag", async () => {
  await using tidemark = await openSqlite(folder)
  const random = makeRandom(seed)
  const place = { project: "p", root: join(folder, "p") }
  const ends = new Map<string, number>()
  const count = (end: string) => ends.set(end, (ends.get(end) ?? 0) + 1)
  for (let round = 0; round < rounds; round++) {
    const path = `${round % 2 === 0 ? "" : "skills/s/"}${hostilePath(random)}`
    const where = `TIDEMARK_SEED=${seed}, round ${round}: ${JSON.stringify(path.slice(0, 300))}`
    const head = await tidemark.ledger.head()
    const captured = await endOf(() =>
      tidemark.snapshots.capture({ collection: "kit", files: [{ path, bytes: bytes(`${round}`) }] })
    )
    count(`capture: ${captured}`)
    if (captured !== "answered") {
      expect(told, where).toContain(captured)
      expect(await tidemark.ledger.head(), where).toEqual(head)
      continue
    }
    const [snapshot] = (await tidemark.snapshots.list({ collection: "kit", limit: 1 })).items
    expect(Buffer.from(await tidemark.snapshots.read(snapshot?.id ?? "", path)).toString(), where).toBe(`${round}`)
    const updated = await endOf(async () =>
      tidemark.sync.apply(
        await tidemark.sync.plan({ ...place, collection: "kit", scope: "collection", strategy: "overwrite" }),
        place
      )
    )
    count(`update: ${updated}`)
    if (updated !== "answered") expect(told, where).toContain(updated)
    expect(around(), where).toEqual(["beside", "p"])
    expect(fs.readdirSync(join(folder, "beside")), where).toEqual([])
  }
  expect((await tidemark.maintenance.verify()).findings).toEqual([])
  console.log(`promises: ${rounds} hostile paths (TIDEMARK_SEED=${seed}): ${JSON.stringify(Object.fromEntries(ends))}`)
}, 600_000)

it("are refused with a tag, or mean nothing, wherever else a name is asked for", async () => {
  const { hands, tidemark } = await openMemory()
  await using _ = tidemark
  const { snapshot } = await tidemark.snapshots.capture({
    collection: "kit",
    files: [{ path: "skills/s/f", bytes: bytes("f\n") }]
  })
  const { conflicts, deployments, drift, ledger, snapshots, versions } = tidemark
  const ends = new Map<string, number>()
  for (const name of segments) {
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      read: () => snapshots.read(snapshot.id, name),
      capture: () => snapshots.capture({ collection: name, files: [{ path: "a", bytes: bytes("a") }] }),
      branch: () => snapshots.capture({ collection: "kit", branch: name, files: [{ path: "b", bytes: bytes(name) }] }),
      history: () => versions.history({ artifact: name }),
      historyOfPath: () => versions.history({ artifact: "skill:s", path: name }),
      tag: () => snapshots.createTag("kit", name, snapshot.id),
      current: () => deployments.current(name),
      deploy: async () =>
        deployments.apply(await deployments.plan({ project: "p", root: "p", collection: "kit", at: name }), {
          root: "p"
        }),
      drift: () => drift.check({ project: "p", root: "p", artifacts: [name] }),
      conflict: () => conflicts.show({ project: "p", path: name }),
      subject: () => ledger.list({ subject: name })
    }
    for (const [what, call] of Object.entries(calls)) {
      const end = await endOf(call)
      const where = `${what} ${JSON.stringify(name.slice(0, 100))}`
      if (end !== "answered") expect([...told, "RefConflict"], where).toContain(end)
      ends.set(`${what}: ${end}`, (ends.get(`${what}: ${end}`) ?? 0) + 1)
    }
  }
  expect((await tidemark.maintenance.verify()).findings).toEqual([])
  expect([...hands.files("p").keys()].filter((path) => path.split("/").includes(".."))).toEqual([])
  console.log(`promises: ${segments.length} hostile names: ${JSON.stringify(Object.fromEntries(ends))}`)
}, 120_000)
