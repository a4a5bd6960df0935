/** A store in a directory whose own files are damaged: what was sound is saved, what is lost is told, and no answer is wrong. */
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Filesystem from "../../../src/adapters/filesystem/index.ts"
import { type CatalogChange, decodeChange } from "../../../src/adapters/filesystem/store/catalogFrames.ts"
import { frameHead, frameMagic, framesStart, payloadLength } from "../../../src/adapters/filesystem/store/frames.ts"
import * as Memory from "../../../src/adapters/memory/index.ts"
import { Maintenance, type MaintenanceService } from "../../../src/core/maintenance/Maintenance.ts"
import type { StoredRecord } from "../../../src/storage/CatalogStorage.ts"
import { answers, dump, fill, type Storage, type Tree } from "../../support/maintenance/smallStore.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"
import { inMemory, reasonOf } from "./support/store.ts"

const seed = runSeed()
const full = process.env.TIDEMARK_FULL !== undefined

const using = <A, E>(storage: Storage, work: (maintenance: MaintenanceService) => Effect.Effect<A, E>) =>
  Effect.flatMap(Maintenance, work).pipe(
    Effect.provide(Maintenance.layer.pipe(Layer.provide([storage, Memory.layerWorkingTree()])), { local: true })
  )

interface Frame {
  readonly from: number
  readonly to: number
  readonly change: CatalogChange
}

/** The commits of a sound log. */
const framesOf = (log: Buffer): ReadonlyArray<Frame> => {
  const frames: Array<Frame> = []
  for (let from = framesStart; from < log.length; ) {
    const to = from + frameHead + (payloadLength(log.subarray(from, from + frameHead)) ?? Number.NaN)
    frames.push({ from, to, change: decodeChange(log.subarray(from + frameHead, to)) })
    from = to
  }
  return frames
}

const keyOf = ({ id, kind }: { readonly kind: string; readonly id: string }) => `${kind} ${id}`

/** What a catalog holds after these commits, by a definition of our own. */
const holdOf = (frames: ReadonlyArray<Frame>) => {
  const records = new Map<string, StoredRecord>()
  const refs = new Map<string, string>()
  for (const { change } of frames) {
    for (const name of change.remove) records.delete(keyOf(name))
    for (const record of change.records) records.set(keyOf(record), record)
    for (const [name, value] of change.refs) value === null ? refs.delete(name) : refs.set(name, value)
  }
  return { records, refs }
}

/** Damages a log; says from where to where it is not what it was, and how far what follows has moved. */
const damageLog = (random: Random, log: Buffer) => {
  const way = random.pick(["flip", "zero", "cut", "out", "in", "noise", "sector"] as const)
  const at = random.chance(0.15) ? random.below(framesStart) : random.below(log.length)
  const length = Math.min(log.length - at, random.pick([1, 7, 64, 512, 3000]))
  const bytes = Buffer.from(log)
  const whole = (from: number, to: number, moved = 0) => ({ way, from, to, moved })
  if (way === "flip") {
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
    return { bytes, ...whole(at, at + 1) }
  }
  if (way === "cut") return { bytes: bytes.subarray(0, at), ...whole(at, log.length) }
  if (way === "out") {
    return {
      bytes: Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]),
      ...whole(at, at + length, -length)
    }
  }
  if (way === "in") {
    const strange = Buffer.alloc(length, random.pick([0, 0xf5, 0x41]))
    return { bytes: Buffer.concat([bytes.subarray(0, at), strange, bytes.subarray(at)]), ...whole(at, at, length) }
  }
  // Zeroes over whole sectors are what a disk gives in place of what it has lost.
  const [from, to] = way === "sector" ? [at & ~511, Math.min(log.length, (at | 511) + 1)] : [at, at + length]
  if (way === "noise") for (let i = from; i < to; i++) bytes[i] = random.below(256)
  else bytes.fill(0, from, to)
  return { bytes, ...whole(from, to) }
}

const filled = Effect.gen(function* () {
  const folder = yield* inMemory
  const [whole, directory] = [join(folder, "whole"), join(folder, "store")]
  const tree = Memory.makeWorkingTree()
  yield* fill(Filesystem.layer({ directory: whole }), tree)
  const storage = Filesystem.layer({ directory })
  const reset = () => {
    fs.rmSync(directory, { recursive: true, force: true })
    fs.cpSync(whole, directory, { recursive: true })
  }
  reset()
  const parts = yield* dump(storage)
  const archive = yield* using(storage, ({ backup }) => Stream.runCollect(backup))
  reset()
  return { archive, directory, parts, reset, storage, tree }
})

/** The lines of answers, by what was asked. */
const linesOf = (text: string) => new Map(text.split("\n").map((line) => [line.slice(0, line.indexOf("{")), line]))

const compareAll = Effect.fnUntraced(function* (storage: Storage, tree: Tree, expected: string, what: string) {
  const found = yield* answers(storage, tree)
  assert.strictEqual(found, expected, what)
})

it.effect(
  "of a damaged catalog saves every commit that is sound, tells which bytes are lost, and keeps what was there",
  () =>
    Effect.gen(function* () {
      const { archive, directory, parts, reset, storage, tree } = yield* filled
      const random = makeRandom(seed)
      const path = join(directory, "catalog.log")
      const log = fs.readFileSync(path)
      const frames = framesOf(log)
      const expected = yield* answers(storage, tree)
      const names = new Set(linesOf(expected).keys())
      const rounds = full ? 3_000 : 24
      const counts = { opened: 0, salvaged: 0, hopeless: 0, commits: 0, lost: 0, told: 0, restored: 0 }
      for (let round = 0; round < rounds; round++) {
        reset()
        const { bytes, from, moved, to, way } = damageLog(random, log)
        const what = `round ${round}, ${way} ${from}-${to}, seed ${seed}`
        fs.writeFileSync(path, bytes)
        const opening = yield* reasonOf(Effect.scoped(Layer.build(storage)))
        if (opening === "no failure") {
          // The mark is not needed, nor what stands between it and the frames: nothing is salvaged, nor lost.
          reset()
          fs.writeFileSync(path, bytes)
          assert.deepStrictEqual(yield* Filesystem.salvage({ directory }), [], what)
          yield* compareAll(storage, tree, expected, what)
          counts.opened += 1
          continue
        }
        assert.strictEqual(opening, "StorageCorrupt", what)
        assert.deepStrictEqual(fs.readFileSync(path), bytes, `opening changes nothing: ${what}`)
        const sound = frames.filter((frame) => frame.to <= from || (frame.from >= to && frame.to <= log.length))
        const isHopeless = sound.length === 0
        if (isHopeless) {
          assert.strictEqual(yield* reasonOf(Filesystem.salvage({ directory })), "StorageCorrupt", what)
          assert.deepStrictEqual(fs.readFileSync(path), bytes, what)
          counts.hopeless += 1
          continue
        }
        const [salvaged, ...others] = yield* Filesystem.salvage({ directory })
        assert.isDefined(salvaged, what)
        assert.deepStrictEqual([others, salvaged.file, salvaged.saved], [[], path, sound.length], what)
        assert.deepStrictEqual(fs.readFileSync(salvaged.kept ?? ""), bytes, what)
        const lost = frames.filter((frame) => !sound.includes(frame))
        for (const frame of lost) {
          assert.isTrue(
            salvaged.lost.some((range) => range.from <= frame.from && frame.to <= range.to) ||
              // Where the mark is gone with it, nobody can tell how long the log has been.
              (way === "cut" && from < 88) ||
              frame.to > bytes.length - Math.min(0, moved),
            `${what}: ${JSON.stringify(salvaged.lost)}`
          )
        }
        for (const frame of sound) {
          assert.isFalse(
            salvaged.lost.some((range) => range.from < frame.to && frame.from < range.to),
            what
          )
        }
        assert.deepStrictEqual(yield* Filesystem.salvage({ directory }), [], what)

        const hold = holdOf(sound)
        const now = yield* dump(storage)
        assert.deepStrictEqual(new Map<string, string>(now.refs), hold.refs, what)
        for (const record of now.records) assert.deepStrictEqual(record, hold.records.get(keyOf(record)), what)
        assert.strictEqual(now.objects.length, parts.objects.length, what)

        // Repairing tells of every operation that is lost by name, but of those behind which nothing is.
        const isTail = (frame: Frame) => !sound.some((other) => other.from > frame.from)
        const report = yield* using(storage, ({ repair }) => repair())
        const told = new Set(report.lost.filter(({ isLost }) => isLost).map(keyOf))
        const gone = lost.filter((frame) => !isTail(frame)).flatMap(({ change }) => change.records)
        const operations = gone.filter(({ kind }) => kind === "operation").map(keyOf)
        // Of neighbours that are lost, the oldest is named by nothing that is left.
        if (operations.length === 1) assert.isTrue(told.has(operations[0] ?? ""), what)
        if (operations.length > 0) assert.isAbove(told.size, 0, what)
        const lostKeys = new Set(lost.flatMap(({ change }) => change.records.map(keyOf)))
        for (const key of told) assert.isTrue(lostKeys.has(key), `${key} is told to be lost: ${what}`)

        // What is told of one thing is what the whole store tells of it, or that it is not there; lists may be shorter.
        const found = linesOf(yield* answers(storage, tree))
        for (const [name, line] of found) {
          if (!/^(version|read|paths|artifacts) /.test(name) || !names.has(name)) continue
          if (!line.includes('"_tag":"Success"')) continue
          assert.strictEqual(line, linesOf(expected).get(name), what)
        }
        counts.salvaged += 1
        counts.commits += sound.length
        counts.lost += lost.length
        counts.told += told.size

        // With a backup everything between is there again, and so is what was said then.
        if (round % 4 === 0 && lost.every((frame) => !isTail(frame))) {
          reset()
          fs.writeFileSync(path, bytes)
          yield* Filesystem.salvage({ directory })
          const whole = yield* using(storage, ({ repair }) => repair({ from: Stream.fromIterable(archive) }))
          assert.deepStrictEqual([whole.lost, whole.moved], [[], []], what)
          const { findings } = yield* using(storage, ({ verify }) => verify())
          assert.deepStrictEqual(findings, [], what)
          const refs = new Map<string, string>((yield* dump(storage)).refs)
          for (const [name, value] of parts.refs) {
            if (name !== "head/ledger") assert.strictEqual(refs.get(name), value, what)
          }
          counts.restored += 1
        }
      }
      console.info(`salvage of a catalog of ${frames.length} commits, ${rounds} rounds (seed ${seed}):`, counts)
      assert.isAbove(counts.salvaged, rounds / 4)
    }).pipe(Effect.scoped),
  full ? 3_600_000 : 120_000
)

it.effect(
  "of a damaged log of objects, and of the line with the format, loses nothing",
  () =>
    Effect.gen(function* () {
      const { directory, reset, storage, tree } = yield* filled
      const random = makeRandom(seed)
      const path = join(directory, "objects.log")
      const log = fs.readFileSync(path)
      const expected = yield* answers(storage, tree)
      const rounds = full ? 300 : 8
      let salvaged = 0
      for (let round = 0; round < rounds; round++) {
        reset()
        const { bytes, from, to, way } = damageLog(random, log)
        const what = `round ${round}, ${way} ${from}-${to}, seed ${seed}`
        if (round === 0) fs.rmSync(path)
        else fs.writeFileSync(path, bytes)
        if (round === 1) fs.rmSync(join(directory, "format"))
        if (round === 2) fs.writeFileSync(join(directory, "format"), "tidemark filesystem st")
        salvaged += (yield* Filesystem.salvage({ directory })).length
        yield* compareAll(storage, tree, expected, what)
        const { findings } = yield* using(storage, ({ verify }) => verify())
        assert.deepStrictEqual(findings, [], what)
      }
      assert.isAbove(salvaged, rounds / 3)
      assert.strictEqual(fs.readFileSync(join(directory, "format"), "utf8"), "tidemark filesystem store 1\n")
    }).pipe(Effect.scoped),
  full ? 1_200_000 : 60_000
)

it.effect("is asked for, and nothing is cut off, where the mark is lost with what it vouched for", () =>
  Effect.gen(function* () {
    const { directory, reset, storage } = yield* filled
    for (const name of ["catalog.log", "objects.log"]) {
      reset()
      const path = join(directory, name)
      const log = fs.readFileSync(path)
      const last = log.lastIndexOf(frameMagic)
      const damages = [
        // The last frame and the mark.
        Buffer.concat([log.subarray(0, 64), Buffer.alloc(24), log.subarray(88, last + 70), Buffer.alloc(9)]),
        // Nothing stands where it was written.
        Buffer.concat([log.subarray(0, 67), Buffer.alloc(3), log.subarray(67)])
      ]
      for (const bytes of damages) {
        reset()
        fs.writeFileSync(path, bytes)
        assert.strictEqual(yield* reasonOf(Effect.scoped(Layer.build(storage))), "StorageCorrupt")
        assert.deepStrictEqual(fs.readFileSync(path), bytes)
        const [salvaged] = yield* Filesystem.salvage({ directory })
        assert.isAbove(salvaged?.saved ?? 0, 0)
      }
    }
  }).pipe(Effect.scoped)
)

it.effect("may be stopped at every step and begun again", () =>
  Effect.gen(function* () {
    const { directory, reset, storage } = yield* filled
    const path = join(directory, "catalog.log")
    const log = fs.readFileSync(path)
    const frames = framesOf(log)
    const third = frames[2]
    assert.isDefined(third)
    log[third.from + 100] = (log[third.from + 100] ?? 0) ^ 1
    const kept = frames.filter((frame) => frame !== third)
    let stops = 0
    for (let stop = 0; ; stop++) {
      reset()
      fs.writeFileSync(path, log)
      fs.rmSync(join(directory, "objects.log"))
      fs.writeFileSync(join(directory, "format"), "tide")
      const onStep = (n: number) => {
        if (n === stop) throw Object.assign(new Error("stopped"), { code: "EIO" })
      }
      const outcome = yield* reasonOf(Filesystem.salvage({ directory, onStep }))
      yield* Filesystem.salvage({ directory })
      assert.deepStrictEqual(
        new Map<string, string>((yield* dump(storage)).refs),
        holdOf(kept).refs,
        `stopped at step ${stop}`
      )
      assert.deepStrictEqual(fs.readFileSync(`${path}.damaged-1`), log)
      assert.isFalse(fs.existsSync(`${path}.damaged-2`))
      if (outcome === "no failure") break
      stops += 1
    }
    assert.isAbove(stops, 10)
    // A store that was salvaged before keeps what was damaged then, too.
    const again = fs.readFileSync(path)
    again[300] = (again[300] ?? 0) ^ 1
    fs.writeFileSync(path, again)
    const [salvaged] = yield* Filesystem.salvage({ directory })
    assert.strictEqual(salvaged?.kept, `${path}.damaged-2`)
    assert.deepStrictEqual(fs.readFileSync(`${path}.damaged-1`), log)
  }).pipe(Effect.scoped)
)

it.effect("refuses what is no store, and what a later Tidemark has written, and changes nothing there", () =>
  Effect.gen(function* () {
    const { directory } = yield* filled
    assert.strictEqual(yield* reasonOf(Filesystem.salvage({ directory: join(directory, "none") })), "StorageDenied")
    assert.isFalse(fs.existsSync(join(directory, "none")))
    const path = join(directory, "catalog.log")
    const log = fs.readFileSync(path)
    log[500] = (log[500] ?? 0) ^ 1
    fs.writeFileSync(path, log)
    fs.writeFileSync(join(directory, "format"), "tidemark filesystem store 2\n")
    assert.strictEqual(yield* reasonOf(Filesystem.salvage({ directory })), "StorageSchemaNewer")
    assert.deepStrictEqual(fs.readFileSync(path), log)
  }).pipe(Effect.scoped)
)
