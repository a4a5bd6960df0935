/** Every step that a store makes on the disk fails once, or is the last: what is there is all of an operation or nothing. */
import { existsSync, readdirSync } from "node:fs"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { describe, expect, it } from "vitest"
import type { OnStep } from "../../../src/adapters/filesystem/mutations.ts"
import type { ObjectId } from "../../../src/model/Ids.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import { forgetLocks, inMemory, move, objectFiles, objectId, record, type Storage, withStore } from "./support/store.ts"

const run = <A, E>(work: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Effect.scoped(work))

const object = (n: number) => ({ id: objectId(n), bytes: new Uint8Array(100 + n).fill(n) })
const scan = { kind: "version", term: "all", direction: "forward", limit: 100 } as const

/** Everything a store answers, as text. */
const answers = ({ objects, catalog }: Storage) =>
  Effect.gen(function* () {
    const infos = yield* objects.list({ limit: 100 })
    const found = yield* objects.get(infos.map(({ id }) => id))
    const records = yield* catalog.scan(scan)
    return JSON.stringify({
      objects: infos.map(({ id, size }) => [id, size, found.get(id)?.length ?? "missing"]),
      records: records.map(({ id, body }) => [id, body]),
      refs: yield* catalog.list({ prefix: "", limit: 100 })
    })
  })

type Operation = (storage: Storage) => Effect.Effect<unknown, StorageError>

const operations: { readonly [name: string]: Operation } = {
  put: ({ objects }) => objects.put([object(3), object(4), object(5), object(1)]),
  claim: ({ objects }) => objects.claim([1, 2, 9].map(objectId)),
  remove: ({ objects }) => objects.remove([1, 2].map(objectId), { storedBefore: Number.MAX_SAFE_INTEGER }),
  commit: ({ catalog }) =>
    catalog.commit({
      records: [record("c"), record("d")],
      remove: [{ kind: "version", id: "a" }],
      refs: [move("r", "1", "2"), move("s", null, "1")]
    })
}

const fill = ({ objects, catalog }: Storage) =>
  Effect.gen(function* () {
    yield* objects.put([object(1), object(2)])
    yield* catalog.commit({ records: [record("a"), record("b")], refs: [move("r", null, "1")] })
  })

const failure = (code: string) => Object.assign(new Error(`${code}: injected`), { code })

const faults: { readonly [name: string]: { readonly code: string; readonly lasts: boolean; readonly tag: string } } = {
  "has no room at": { code: "ENOSPC", lasts: false, tag: "StorageFull" },
  "has no room from": { code: "ENOSPC", lasts: true, tag: "StorageFull" },
  "is refused": { code: "EACCES", lasts: false, tag: "StorageDenied" },
  "fails at": { code: "EIO", lasts: false, tag: "StorageUnavailable" }
}

/** Counts an operation's steps; from the n-th on (or at it alone) each fails. */
const stepper = (at: number, { code, lasts }: { readonly code: string; readonly lasts: boolean }) => {
  const state = { isArmed: false, count: 0, failed: 0 }
  const onStep: OnStep = () => {
    if (!state.isArmed) return
    const n = state.count++
    if (n !== at && !(lasts && n > at)) return
    state.failed++
    throw failure(code)
  }
  return { state, onStep }
}

/** What stands in the directory, once it was opened again: only what counts. */
const checkFiles = (directory: string) =>
  withStore({ directory }, ({ objects }) =>
    Effect.gen(function* () {
      const ids: ReadonlyArray<ObjectId> = (yield* objects.list({ limit: 100 })).map(({ id }) => id)
      expect(objectFiles(directory)).toEqual([...ids].sort())
    })
  )

describe.each(Object.entries(faults))("a disk that %s any step", (_, fault) => {
  it.each(Object.entries(operations))("leaves all or nothing of a %s", { timeout: 60_000 }, (name, operation) =>
    run(
      Effect.gen(function* () {
        const both = yield* inMemory
        yield* withStore({ directory: `${both}/done` }, (storage) => Effect.andThen(fill(storage), operation(storage)))
        const after = yield* withStore({ directory: `${both}/done` }, answers)
        let failures = 0
        for (let n = 0; ; n++) {
          const directory = `${both}/${n}`
          const { onStep, state } = stepper(n, fault)
          yield* withStore({ directory }, fill)
          const before = yield* withStore({ directory }, answers)
          yield* withStore({ directory, onStep }, (storage) =>
            Effect.gen(function* () {
              state.isArmed = true
              const tag = yield* Effect.match(operation(storage), {
                onFailure: ({ reason }) => reason._tag,
                onSuccess: () => "done"
              })
              state.isArmed = false
              // What failed has not happened; the same opening goes on.
              const now = yield* answers(storage)
              expect([tag, now]).toEqual(tag === "done" ? ["done", after] : [fault.tag, before])
              if (tag !== "done") failures++
              const result = yield* operation(storage)
              if (name === "commit" && tag !== "done") expect(result).toEqual({ _tag: "Committed" })
              expect(yield* answers(storage)).toBe(after)
            })
          )
          expect(yield* withStore({ directory }, answers)).toBe(after)
          yield* checkFiles(directory)
          if (state.failed === 0) break
        }
        expect(failures).toBeGreaterThan(2)
      })
    )
  )
})

describe("a process that ends at any step", () => {
  it.each(Object.entries(operations))("leaves all or nothing of a %s", { timeout: 60_000 }, (_, operation) =>
    run(
      Effect.gen(function* () {
        const both = yield* inMemory
        yield* withStore({ directory: `${both}/done` }, (storage) => Effect.andThen(fill(storage), operation(storage)))
        const after = yield* withStore({ directory: `${both}/done` }, answers)
        const outcomes = { before: 0, after: 0 }
        for (let n = 0; ; n++) {
          const directory = `${both}/${n}`
          const { onStep, state } = stepper(n, { code: "EIO", lasts: true })
          yield* withStore({ directory }, fill)
          const before = yield* withStore({ directory }, answers)
          yield* withStore({ directory, onStep }, (storage) => {
            state.isArmed = true
            return Effect.ignore(operation(storage))
          })
          if (existsSync(`${directory}/locks`)) forgetLocks(directory)
          const found = yield* withStore({ directory }, answers)
          expect([before, after]).toContain(found)
          outcomes[found === before ? "before" : "after"]++
          yield* checkFiles(directory)
          yield* withStore({ directory }, operation)
          expect(yield* withStore({ directory }, answers)).toBe(after)
          if (state.failed === 0) break
        }
        expect(outcomes.before).toBeGreaterThan(1)
      })
    )
  )

  it("leaves a store or none, when it was making one", { timeout: 60_000 }, () =>
    run(
      Effect.gen(function* () {
        const folder = yield* inMemory
        for (let n = 0; ; n++) {
          const directory = `${folder}/${n}`
          const { onStep, state } = stepper(n, { code: "EIO", lasts: true })
          state.isArmed = true
          yield* Effect.ignore(withStore({ directory, onStep }, () => Effect.void))
          if (existsSync(`${directory}/locks`)) forgetLocks(directory)
          yield* withStore({ directory }, fill)
          // Nothing is left of what the dead one was writing.
          expect(readdirSync(directory).sort()).toEqual(["catalog.log", "format", "locks", "objects", "objects.log"])
          if (state.failed === 0) break
        }
      })
    )
  )
})
