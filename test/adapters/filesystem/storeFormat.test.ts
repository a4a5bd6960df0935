/** What stands on the disk: read when it is as it was written, and told when it is not. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import { framesStart } from "../../../src/adapters/filesystem/store/frames.ts"
import { move, objectFiles, objectId, reasonOf, record, type Storage, withStore } from "./support/store.ts"
import { temporary } from "./support/temporary.ts"

const run = <A, E>(work: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Effect.scoped(work))
const scan = { kind: "version", term: "all", direction: "forward", limit: 1_000 } as const
const object = (n: number) => ({ id: objectId(n), bytes: new Uint8Array(50).fill(n) })

const commitOf = (i: number) => ({
  records: [record(`r${i}`, { at: i })],
  refs: [move("head", i === 0 ? null : String(i), String(i + 1))] as const
})

const fill = ({ objects, catalog }: Storage) =>
  Effect.gen(function* () {
    yield* objects.put([object(1), object(2)])
    yield* objects.claim([objectId(1)])
    for (const i of [0, 1, 2]) yield* catalog.commit(commitOf(i))
  })

const counted = ({ catalog }: Storage) => Effect.map(catalog.scan(scan), (page) => page.length)

describe("a log's last frame", () => {
  it("is cut off when it is torn, at every length, and what came before stays", { timeout: 60_000 }, () =>
    run(
      Effect.gen(function* () {
        const directory = join(yield* temporary, "store")
        const log = join(directory, "catalog.log")
        yield* withStore({ directory }, fill)
        const two = fs.statSync(log).size
        const mark = fs.readFileSync(log).subarray(64, 88)
        yield* withStore({ directory }, ({ catalog }) => catalog.commit(commitOf(3)))
        const whole = fs.readFileSync(log)
        // As the writer leaves it that dies before it moves the mark: read as far as it is there.
        mark.copy(whole, 64)
        for (let length = two; length <= whole.length; length += 7) {
          fs.writeFileSync(log, whole.subarray(0, length))
          expect(yield* withStore({ directory }, counted)).toBe(3)
          expect(fs.statSync(log).size).toBe(two)
        }
        fs.writeFileSync(log, whole)
        expect(yield* withStore({ directory }, counted)).toBe(4)
        // The power was lost: the length is there, the bytes are not.
        fs.writeFileSync(log, Buffer.concat([whole.subarray(0, two), Buffer.alloc(whole.length - two)]))
        expect(yield* withStore({ directory }, counted)).toBe(3)
        yield* withStore({ directory }, ({ catalog }) => catalog.commit(commitOf(3)))
        expect(yield* withStore({ directory }, counted)).toBe(4)
      })
    )
  )
})

describe("damage", () => {
  it.each(["catalog.log", "objects.log"])(
    "of any byte of %s is told, or changes no answer",
    { timeout: 60_000 },
    (name) =>
      run(
        Effect.gen(function* () {
          const directory = join(yield* temporary, "store")
          yield* withStore({ directory }, fill)
          const log = join(directory, name)
          const whole = fs.readFileSync(log)
          // Not the times: a claim is not made durable, because the commit that relies on it is.
          const answers = ({ objects, catalog }: Storage) =>
            Effect.gen(function* () {
              const infos = yield* objects.list({ limit: 9 })
              const rest = [yield* catalog.scan(scan), yield* catalog.list({ prefix: "", limit: 9 })]
              return JSON.stringify([infos.map(({ id, size }) => [id, size]), ...rest])
            })
          const expected = yield* withStore({ directory, readonly: true }, answers)
          const outcomes = { told: 0, same: 0 }
          for (let at = 0; at < whole.length; at++) {
            const flipped = Buffer.from(whole)
            flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8))
            fs.writeFileSync(log, flipped)
            const outcome = yield* Effect.match(withStore({ directory, readonly: true }, answers), {
              onFailure: ({ reason }) => reason._tag,
              onSuccess: (found) => found
            })
            expect([expected, "StorageCorrupt"], `byte ${at}`).toContain(outcome)
            outcomes[outcome === expected ? "same" : "told"]++
          }
          // Unused bytes of the header, the mark, from which nothing is read when it is wrong, and the claim.
          expect(outcomes.same).toBeLessThan(framesStart + 120)
          expect(outcomes.told).toBeGreaterThan(150)
        })
      )
  )

  it("that cuts off what was committed is told", () =>
    run(
      Effect.gen(function* () {
        const directory = join(yield* temporary, "store")
        yield* withStore({ directory }, fill)
        const log = join(directory, "catalog.log")
        fs.truncateSync(log, fs.statSync(log).size - 1)
        expect(yield* reasonOf(withStore({ directory }, counted))).toBe("StorageCorrupt")
        expect(yield* reasonOf(withStore({ directory, readonly: true }, counted))).toBe("StorageCorrupt")
      })
    ))

  it("of an object's file is repaired by putting the object again", () =>
    run(
      Effect.gen(function* () {
        const directory = join(yield* temporary, "store")
        yield* withStore({ directory }, fill)
        const { id } = object(1)
        const file = join(directory, "objects", id.slice(0, 2), id)
        for (const damage of [() => fs.rmSync(file), () => fs.truncateSync(file, 3)]) {
          damage()
          yield* withStore({ directory }, ({ objects }) =>
            Effect.gen(function* () {
              expect((yield* objects.get([id])).get(id)?.length ?? 0).toBeLessThan(4)
              expect(yield* objects.claim([id, objectId(2)])).toEqual([id])
              yield* objects.put([object(1)])
              expect((yield* objects.get([id])).get(id)).toEqual(object(1).bytes)
            })
          )
        }
      })
    ))
})

describe("opening", () => {
  it("refuses a newer store, and says which", () =>
    run(
      Effect.gen(function* () {
        const directory = join(yield* temporary, "store")
        yield* withStore({ directory }, fill)
        fs.writeFileSync(join(directory, "format"), "tidemark filesystem store 2\n")
        const error = yield* Effect.flip(withStore({ directory }, counted))
        expect(error.reason).toMatchObject({ _tag: "StorageSchemaNewer", found: 2, supported: 1 })
        fs.writeFileSync(join(directory, "format"), "something else\n")
        expect(yield* reasonOf(withStore({ directory }, counted))).toBe("StorageCorrupt")
      })
    ))

  it("touches no directory that holds something else, and makes only the last one of a path", () =>
    run(
      Effect.gen(function* () {
        const directory = yield* temporary
        fs.writeFileSync(join(directory, "mine.txt"), "mine")
        const error = yield* Effect.flip(withStore({ directory }, counted))
        expect(error.reason._tag).toBe("StorageDenied")
        expect(error.message).toContain("mine.txt")
        expect(fs.readdirSync(directory)).toEqual(["mine.txt"])
        expect(yield* reasonOf(withStore({ directory: join(directory, "mine.txt") }, counted))).toBe("StorageDenied")
        expect(yield* reasonOf(withStore({ directory: join(directory, "a", "b") }, counted))).toBe("StorageDenied")
      })
    ))

  it("for reading changes nothing, makes nothing, and refuses to write", () =>
    run(
      Effect.gen(function* () {
        const folder = yield* temporary
        const directory = join(folder, "store")
        expect(yield* reasonOf(withStore({ directory, readonly: true }, counted))).toBe("StorageDenied")
        expect(fs.existsSync(directory)).toBe(false)
        yield* withStore({ directory }, fill)
        const onStep = (_: number, label: string) => {
          throw new Error(label)
        }
        yield* withStore({ directory, readonly: true, onStep }, (storage) =>
          Effect.gen(function* () {
            expect(yield* counted(storage)).toBe(3)
            expect((yield* storage.objects.get([objectId(1)])).size).toBe(1)
            expect(yield* reasonOf(storage.catalog.commit(commitOf(3)))).toBe("StorageDenied")
            expect(yield* reasonOf(storage.objects.put([object(3)]))).toBe("StorageDenied")
            // It sees what others write meanwhile.
            yield* withStore({ directory }, ({ catalog }) => catalog.commit(commitOf(3)))
            expect(yield* counted(storage)).toBe(4)
          })
        )
      })
    ))

  it("does not wait for a writer, and a writer waits only so long", () =>
    run(
      Effect.gen(function* () {
        const directory = join(yield* temporary, "store")
        yield* withStore({ directory }, fill)
        // A lock of another machine: nobody here can know whether it is still held.
        const owner = { token: "t", pid: 1, host: "elsewhere", boot: "", namespace: "", started: "" }
        fs.writeFileSync(join(directory, "locks", "writer"), JSON.stringify(owner))
        yield* withStore({ directory, busyTimeout: 30 }, (storage) =>
          Effect.gen(function* () {
            expect(yield* counted(storage)).toBe(3)
            const error = yield* Effect.flip(storage.catalog.commit(commitOf(3)))
            expect(error.reason._tag).toBe("StorageUnavailable")
            expect(error.message).toContain("process 1 on elsewhere")
            fs.rmSync(join(directory, "locks", "writer"))
            yield* storage.catalog.commit(commitOf(3))
            expect(yield* counted(storage)).toBe(4)
          })
        )
      })
    ))
})

describe("a log that says mostly what is no more", () => {
  it("is rewritten, and readers and writers that have it open go on", { timeout: 60_000 }, () =>
    run(
      Effect.gen(function* () {
        const directory = join(yield* temporary, "store")
        const size = (name: string) => fs.statSync(join(directory, name)).size
        yield* withStore({ directory, compactAbove: 4_000 }, (writer) =>
          withStore({ directory }, (other) =>
            Effect.gen(function* () {
              yield* writer.objects.put([object(1), object(2)])
              let largest = { catalog: 0, objects: 0 }
              for (let i = 0; i < 300; i++) {
                const storage = i % 3 === 0 ? other : writer
                const next = String(i + 1)
                const records = [record(`${i}`, { at: i })]
                const remove = i < 10 ? [] : [{ kind: "version", id: `${i - 10}` }]
                const refs = [move("head", i === 0 ? null : String(i), next)] as const
                expect(yield* storage.catalog.commit({ records, remove, refs })).toEqual({ _tag: "Committed" })
                yield* storage.objects.claim([objectId(1)])
                const page = yield* (i % 2 === 0 ? other : writer).catalog.scan(scan)
                expect(page.at(-1)?.id).toBe(`${i}`)
                largest = {
                  catalog: Math.max(largest.catalog, size("catalog.log")),
                  objects: Math.max(largest.objects, size("objects.log"))
                }
              }
              expect(largest.catalog).toBeLessThan(12_000)
              expect(largest.objects).toBeLessThan(12_000)
              expect((yield* other.objects.list({ limit: 9 })).length).toBe(2)
            })
          )
        )
        expect(yield* withStore({ directory }, counted)).toBe(10)
        expect(fs.readdirSync(directory).sort()).toEqual(["catalog.log", "format", "locks", "objects", "objects.log"])
        expect(objectFiles(directory).length).toBe(2)
      })
    )
  )
})
