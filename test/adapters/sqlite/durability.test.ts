/** What is synced: every commit that moves names; objects only with it. */
import * as Effect from "effect/Effect"
import { SqlClient } from "effect/sql/SqlClient"
import { afterEach, expect, it, vi } from "vitest"
import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"
import { SqliteDatabase } from "../../../src/adapters/sqlite/sqliteDatabase.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { move, objectId, place } from "./places.ts"

afterEach(() => void vi.restoreAllMocks())

const relaxing = ["PRAGMA synchronous = NORMAL", "PRAGMA synchronous = FULL"]

/** The changes of level that a put and a commit make, and the level that the client is left at. */
const levels = (options: { readonly file: string; readonly synchronous?: "commits" | "always" }) =>
  Effect.gen(function* () {
    const exec = vi.spyOn(SqliteDatabase.prototype, "exec")
    const during = function* <A, E, R>(work: Effect.Effect<A, E, R>) {
      exec.mockClear()
      yield* work
      return exec.mock.calls.map(([statement]) => statement)
    }
    const sql = yield* SqlClient
    const objects = yield* ObjectStorage
    const catalog = yield* CatalogStorage
    const put = yield* during(objects.put([{ id: objectId(1), bytes: new Uint8Array(1) }]))
    const claim = yield* during(objects.claim([objectId(1)]))
    const commit = yield* during(catalog.commit({ refs: [move("r", null, "1")] }))
    const left = (yield* sql<{ synchronous: number }>`PRAGMA synchronous`)[0]?.synchronous
    return { put, claim, commit, left }
  }).pipe(Effect.provide(Sqlite.layerStore()), Effect.provide(Sqlite.layerClient(options)))

const run = <A, E>(work: (file: string) => Effect.Effect<A, E>) =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(place, work)))

it("objects are not awaited, names are, and what the host writes is as SQLite says", async () => {
  const found = await run((file) => levels({ file }))
  expect(found).toEqual({ put: relaxing, claim: relaxing, commit: [], left: 2 })
})

it("everything is awaited if the host wants it so", async () => {
  const found = await run((file) => levels({ file, synchronous: "always" }))
  expect(found).toEqual({ put: [], claim: [], commit: [], left: 2 })
})

it("everything is awaited where there is no write-ahead log", async () => {
  const found = await run(() => levels({ file: ":memory:" }))
  expect(found).toEqual({ put: [], claim: [], commit: [], left: 2 })
})
