/**
 * A last write of which the disk kept only a part, as after a loss of power: its end is missing, or full of zeros. The last
 * commit is gone or there, whole; everything before it stays, and the store works on.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import { afterAll, describe, expect, it } from "vitest"
import { storeNames } from "../../src/adapters/filesystem/store/FileStore.ts"
import { framesStart, markLength, markStart } from "../../src/adapters/filesystem/store/frames.ts"
import { makeWorkingTree } from "../../src/adapters/memory/index.ts"
import type { ArtifactId, CollectionId, FilePath } from "../../src/model/Ids.ts"
import { fastTemporary } from "../adapters/filesystem/support/stops.ts"
import { type CrashEngine, withEngine } from "../support/crash/engine.ts"
import { type Adapter, filesystem, sqlite } from "../support/crash/stores.ts"
import { makeRandom, runSeed } from "../support/random.ts"

const isFull = process.env.TIDEMARK_FULL !== undefined
const base = fastTemporary("torn")
afterAll(() => fs.rmSync(base, { recursive: true, force: true }))

const seed = runSeed()
const random = makeRandom(seed)
const collection = "agents" as CollectionId
const skill = "skill:s" as ArtifactId

const using = <A, E>(
  adapter: Adapter,
  place: string,
  name: string,
  use: (engine: CrashEngine) => Effect.Effect<A, E>
) =>
  Effect.runPromise(
    withEngine(
      { storage: adapter.layer(place), files: makeWorkingTree().service },
      { name, time: 1_800_000_000_000 },
      use
    )
  )

const begin = ({ snapshots }: CrashEngine) =>
  snapshots.capture({
    collection,
    files: [{ path: "skills/s/f" as FilePath, bytes: new TextEncoder().encode("one\n") }]
  })

/** One commit and nothing else. */
const tag = (name: string) => (engine: CrashEngine) =>
  Effect.flatMap(engine.graph.history({ artifact: skill }), ({ versions }) =>
    engine.graph.createTag(skill, name, versions[0]?.id ?? ("none" as never))
  )

/** The bytes of a file before and after the last commit; what a disk may have kept of it; and where it is put. */
interface Tear {
  readonly before: Buffer
  readonly after: Buffer
  readonly torn: (at: number) => ReadonlyArray<Buffer>
  readonly points: number
}

/** A write at the end of a file: cut off, or with zeros where it was not written yet. */
const tearEnd = (before: Buffer, after: Buffer): Tear => ({
  before,
  after,
  points: after.length - before.length + 1,
  torn: (n) => {
    const kept = Buffer.concat([before, after.subarray(before.length, before.length + n)])
    return [kept, Buffer.concat([kept, Buffer.alloc(after.length - kept.length)])]
  }
})

/** The mark that follows such a write, in the same file: as far as it was overwritten. */
const tearMark = (before: Buffer, after: Buffer): Tear => ({
  before,
  after,
  points: markLength + 1,
  torn: (n) => {
    const kept = Buffer.from(after)
    before.copy(kept, markStart + n, markStart + n, markStart + markLength)
    return [kept]
  }
})

const catalogOf = async (adapter: Adapter, place: string) => (await adapter.held(place)).catalog

/** Tears a file of a store, and looks at what the store says then. */
const tearAll = async (
  adapter: Adapter,
  options: {
    /** A store as files, which `put` brings to any state of the torn file. */
    readonly place: string
    readonly put: (bytes: Buffer) => void
    readonly tear: Tear
    readonly share: number
  }
) => {
  const { place, put, share, tear } = options
  put(tear.before)
  const old = await catalogOf(adapter, place)
  put(tear.after)
  const whole = await catalogOf(adapter, place)
  expect(whole).not.toBe(old)
  const ends = { old: 0, new: 0 }
  for (let at = isFull ? 0 : random.below(share); at < tear.points; at += isFull ? 1 : share) {
    for (const [n, bytes] of tear.torn(at).entries()) {
      const where = `${adapter.name}: ${n === 0 ? "cut" : "zeros"} after byte ${at} of ${tear.points} (TIDEMARK_SEED=${seed})`
      put(bytes)
      const found = await catalogOf(adapter, place)
      expect([old, whole], where).toContain(found)
      ends[found === old ? "old" : "new"]++
      if (!random.chance(0.02)) continue
      put(bytes)
      const findings = await using(adapter, place, "next", (engine) =>
        Effect.andThen(
          tag("next")(engine),
          Effect.map(engine.maintenance.verify(), (report) => report.findings)
        )
      )
      expect(findings, where).toEqual([])
    }
  }
  console.log(
    `${adapter.name}: torn at ${ends.old + ends.new} places, ${ends.old} old, ${ends.new} new (TIDEMARK_SEED=${seed})`
  )
  return ends
}

const timeout = isFull ? 1_200_000 : 120_000

describe("a last write that was torn", () => {
  it("is gone or whole (sqlite's write-ahead log)", { timeout }, async () => {
    const [live, place] = [join(base, "live.db"), join(base, "torn.db")]
    // Small pages: fewer bytes for the same number of frames.
    const db = new DatabaseSync(live)
    db.exec("PRAGMA page_size = 512; CREATE TABLE gone (a); DROP TABLE gone")
    db.close()
    const walOf = () => fs.readFileSync(`${live}-wal`)
    // While it is open, nobody writes what the log holds back into the database.
    const wals = await using(sqlite, live, "torn", (engine) =>
      Effect.gen(function* () {
        yield* begin(engine)
        const before = walOf()
        yield* tag("last")(engine)
        return { before, after: walOf(), database: fs.readFileSync(live) }
      })
    )
    const put = (wal: Buffer) => {
      fs.writeFileSync(place, wals.database)
      fs.writeFileSync(`${place}-wal`, wal)
      fs.rmSync(`${place}-shm`, { force: true })
    }
    expect(wals.after.subarray(0, wals.before.length).equals(wals.before)).toBe(true)
    const ends = await tearAll(sqlite, { place, put, tear: tearEnd(wals.before, wals.after), share: 97 })
    expect(ends.old).toBeGreaterThan(0)
    if (isFull) expect(ends.new).toBeGreaterThan(0)
  })

  it("is gone or whole (the log of a store in a directory, and its mark)", { timeout }, async () => {
    const [live, place] = [join(base, "live"), join(base, "torn")]
    const logOf = () => fs.readFileSync(join(live, storeNames.catalogLog))
    const logs = await using(filesystem, live, "torn", (engine) =>
      Effect.gen(function* () {
        yield* begin(engine)
        const before = logOf()
        yield* tag("last")(engine)
        return { before, after: logOf() }
      })
    )
    const put = (log: Buffer) => {
      fs.rmSync(place, { recursive: true, force: true })
      fs.cpSync(live, place, { recursive: true })
      fs.writeFileSync(join(place, storeNames.catalogLog), log)
    }
    // The mark is moved once the frame is on the disk.
    const behind = Buffer.from(logs.after)
    logs.before.copy(behind, 0, 0, framesStart)
    expect(behind.subarray(0, logs.before.length).equals(logs.before)).toBe(true)
    const frame = await tearAll(filesystem, { place, put, tear: tearEnd(logs.before, behind), share: 29 })
    expect(frame.old).toBeGreaterThan(0)
    if (isFull) expect(frame.new).toBeGreaterThan(0)
    const mark = await tearAll(filesystem, {
      place,
      put,
      tear: { ...tearMark(logs.before, logs.after), before: logs.before },
      share: 5
    })
    expect(mark).toMatchObject({ old: 0 })
  })
})
