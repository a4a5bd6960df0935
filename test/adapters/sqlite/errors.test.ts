import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync
} from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { SqlClient } from "effect/sql/SqlClient"
import { describe, expect, it } from "vitest"
import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import { directory, move, objectId, place, reasonOf, record, type Storage, withClient, withStore } from "./places.ts"

const run = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>) => Effect.runPromise(Effect.scoped(effect))

const put = ({ objects }: Storage) => objects.put([{ id: objectId(1), bytes: new Uint8Array(50_000).fill(7) }])
const commit = ({ catalog }: Storage) => catalog.commit({ records: [record("a")], refs: [move("r", null, "1")] })
const fill = (storage: Storage) => Effect.andThen(put(storage), commit(storage))

/** Everything that a store can be asked. */
const readAll = ({ objects, catalog }: Storage) =>
  Effect.gen(function* () {
    yield* objects.list({ limit: 9 })
    yield* objects.get([objectId(1)])
    yield* catalog.records("version", ["a"])
    yield* catalog.scan({ kind: "version", term: "all", direction: "forward", limit: 9 })
    yield* catalog.list({ prefix: "", limit: 9 })
  })

const failureOf = <A>(work: Effect.Effect<A, StorageError>) => Effect.map(Effect.flip(work), ({ reason }) => reason)

describe("opening", () => {
  it("in a directory that is not there is denied, and says so", () =>
    run(
      Effect.gen(function* () {
        const file = join(yield* directory, "missing", "deeper", "store.db")
        const error = yield* Effect.flip(withStore({ file }, put))
        expect(error.reason._tag).toBe("StorageDenied")
        expect(error.message).toContain("missing/deeper does not exist; create it first")
      })
    ))

  it("a directory is denied", () =>
    run(
      Effect.gen(function* () {
        const file = join(yield* directory, "store.db")
        mkdirSync(file)
        expect(yield* reasonOf(withStore({ file }, put))).toBe("StorageDenied")
      })
    ))

  it("what is no database is corrupt, and names the file", () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        writeFileSync(file, "This is a letter, and no database.\n".repeat(100))
        const reason = yield* failureOf(withStore({ file }, put))
        expect(reason).toMatchObject({ _tag: "StorageCorrupt", key: file })
        expect(readFileSync(file, "utf8").startsWith("This is a letter")).toBe(true)
      })
    ))

  it("for reading only reads, and denies every write", () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        expect(yield* reasonOf(withStore({ file, readonly: true }, readAll))).toBe("StorageDenied")
        yield* withStore({ file }, fill)
        yield* withStore({ file, readonly: true }, readAll)
        expect(yield* reasonOf(withStore({ file, readonly: true }, put))).toBe("StorageDenied")
        const other = ({ catalog }: Storage) => catalog.commit({ refs: [move("r", "1", "2")] })
        expect(yield* reasonOf(withStore({ file, readonly: true }, other))).toBe("StorageDenied")
      })
    ))

  // Root may write whatever the mode says.
  it.skipIf(process.getuid?.() === 0)("a file that may not be written is denied", () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        yield* withStore({ file }, fill)
        chmodSync(file, 0o444)
        expect(yield* reasonOf(withStore({ file }, put))).toBe("StorageDenied")
      })
    )
  )

  it("a relative file is found again after the working directory has changed", () =>
    run(
      Effect.gen(function* () {
        const here = yield* directory
        const before = process.cwd
        // Workers may not change their directory; this is what a change looks like to path.resolve.
        process.cwd = () => here
        const layer = Sqlite.layer({ file: "store.db" })
        process.cwd = before
        yield* Effect.flatMap(ObjectStorage, (objects) => objects.now).pipe(Effect.provide(layer))
        expect(readFileSync(join(here, "store.db")).length).toBeGreaterThan(0)
      })
    ))
})

describe("damage", () => {
  it("of a page is never taken for something else than damage", () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        yield* withStore({ file }, fill)
        const whole = readFileSync(file)
        const reasons = new Set<string>()
        for (let offset = 0; offset < whole.length; offset += 4_096) {
          writeFileSync(file, whole)
          const descriptor = openSync(file, "r+")
          writeSync(descriptor, new Uint8Array(2_000).fill(0xa5), 0, 2_000, offset)
          closeSync(descriptor)
          const reason = yield* Effect.match(withStore({ file }, readAll), {
            onFailure: (error) => error.reason,
            onSuccess: () => null
          })
          if (reason === null) continue
          reasons.add(reason._tag)
          if (reason._tag === "StorageCorrupt") expect([file, "version a"]).toContain(reason.key)
        }
        expect([...reasons]).toEqual(["StorageCorrupt"])
      })
    ))

  it("by truncation is reported", () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        yield* withStore({ file }, fill)
        truncateSync(file, 20_000)
        expect(yield* failureOf(withStore({ file }, readAll))).toMatchObject({ _tag: "StorageCorrupt", key: file })
      })
    ))

  it("of a record's terms is reported, names the record, and does not keep it from being removed", () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        yield* withStore({ file }, fill)
        for (const terms of ["{", "{}", "[1]"]) {
          yield* withClient(
            file,
            Effect.flatMap(SqlClient, (sql) => sql`UPDATE tidemark_records SET terms = ${terms}`)
          )
          const damage = { _tag: "StorageCorrupt", key: "version a" }
          expect(yield* failureOf(withStore({ file }, readAll))).toMatchObject(damage)
        }
        // It can be removed all the same: a repair puts the right one in its place.
        const removing = { remove: [{ kind: "version", id: "a" }], refs: [move("r", "1", "2")] } as const
        expect((yield* withStore({ file }, ({ catalog }) => catalog.commit(removing)))._tag).toBe("Committed")
        const rows = Effect.flatMap(SqlClient, (sql) => sql`SELECT * FROM tidemark_terms`)
        expect(yield* withClient(file, rows)).toEqual([])
      })
    ))

  it("of a record's body does not leave rows behind when it is removed", () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        const body = JSON.stringify({ name: "something" })
        const one = record("a", { body, terms: ["all", "is/something"] })
        yield* withStore({ file }, ({ catalog }) => catalog.commit({ records: [one], refs: [move("r", null, "1")] }))
        const damaged = body.replace("some", "same")
        yield* withClient(
          file,
          Effect.flatMap(SqlClient, (sql) => sql`UPDATE tidemark_records SET body = ${damaged}`)
        )
        const removing = { remove: [{ kind: "version", id: "a" }], refs: [move("r", "1", "2")] } as const
        expect((yield* withStore({ file }, ({ catalog }) => catalog.commit(removing)))._tag).toBe("Committed")
        const rows = Effect.flatMap(SqlClient, (sql) => sql`SELECT * FROM tidemark_terms`)
        expect(yield* withClient(file, rows)).toEqual([])
      })
    ))

  it("of terms alone keeps a record from being read until the store is reindexed", () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        yield* withStore({ file }, fill)
        yield* withClient(
          file,
          Effect.flatMap(SqlClient, (sql) => sql`UPDATE tidemark_records SET terms = replace(terms, 'all', 'alm')`)
        )
        expect(yield* failureOf(withStore({ file }, readAll))).toMatchObject({ key: "version a" })
        yield* withStore({ file }, ({ catalog }) =>
          Effect.gen(function* () {
            expect((yield* catalog.check ?? Effect.succeed([])).map(({ key }) => key)).toContain("version a")
            yield* catalog.reindex ?? Effect.void
            expect((yield* catalog.records("version", ["a"])).get("a")).toEqual(record("a", { terms: [] }))
            expect(yield* catalog.check ?? Effect.void).toEqual([])
          })
        )
      })
    ))

  it("by a table that is gone is reported", () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        yield* withStore({ file }, fill)
        yield* withClient(
          file,
          Effect.flatMap(SqlClient, (sql) => sql`DROP TABLE tidemark_terms`)
        )
        expect(yield* failureOf(withStore({ file }, readAll))).toMatchObject({ _tag: "StorageCorrupt", key: file })
      })
    ))
})

describe("writing", () => {
  it("to a full disk fails as such, leaves nothing, and works again when there is room", () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        const client = Sqlite.layerClient({ file })
        yield* Effect.gen(function* () {
          const sql = yield* SqlClient
          const objects = yield* ObjectStorage
          const catalog = yield* CatalogStorage
          yield* commit({ objects, catalog })
          const pages = (yield* sql<{ page_count: number }>`PRAGMA page_count`)[0]?.page_count ?? 0
          yield* sql.unsafe(`PRAGMA max_page_count = ${pages + 5}`)
          expect(yield* reasonOf(put({ objects, catalog }))).toBe("StorageFull")
          const body = JSON.stringify("x".repeat(50_000))
          const large = { records: [record("b"), record("c", { body })], refs: [move("r", "1", "2")] } as const
          expect(yield* reasonOf(catalog.commit(large))).toBe("StorageFull")
          expect(yield* objects.list({ limit: 9 })).toEqual([])
          expect((yield* catalog.records("version", ["a", "b", "c"])).size).toBe(1)
          expect(yield* catalog.list({ prefix: "", limit: 9 })).toEqual([["r", "1"]])
          yield* sql.unsafe("PRAGMA max_page_count = 100000")
          yield* put({ objects, catalog })
          yield* catalog.commit(large)
        }).pipe(Effect.provide(Sqlite.layerStore()), Effect.provide(client))
      })
    ))

  it("while another holds the lock waits for it, without holding up the process", () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        yield* withStore({ file }, fill)
        let ticks = 0
        const timer = setInterval(() => ticks++, 5)
        const holder = withClient(
          file,
          Effect.flatMap(SqlClient, (sql) =>
            sql.withTransaction(Effect.andThen(sql`CREATE TABLE host (a TEXT)`, Effect.sleep(150)))
          )
        )
        const writer = Effect.andThen(
          Effect.sleep(20),
          withStore({ file }, ({ catalog }) => catalog.commit({ refs: [move("r", "1", "2")] }))
        )
        const [, result] = yield* Effect.all([holder, writer], { concurrency: "unbounded" })
        clearInterval(timer)
        expect(result._tag).toBe("Committed")
        expect(ticks).toBeGreaterThan(10)
      })
    ))

  it("gives up when the lock is held for too long, and says that trying again may help", () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        yield* withStore({ file }, fill)
        const holder = withClient(
          file,
          Effect.flatMap(SqlClient, (sql) =>
            sql.withTransaction(
              Effect.flip(
                withStore({ file, busyTimeout: "40 millis" }, ({ catalog }) =>
                  catalog.commit({ refs: [move("r", "1", "2")] })
                )
              )
            )
          )
        )
        const error = yield* holder
        expect(error).toMatchObject({ _tag: "StorageError", isRetryable: true })
        yield* withStore({ file }, ({ catalog }) => catalog.commit({ refs: [move("r", "1", "2")] }))
      })
    ))

  it("after the store was closed is unavailable", () =>
    run(
      Effect.gen(function* () {
        const file = yield* place
        const storage = yield* withStore({ file }, Effect.succeed)
        expect(yield* reasonOf(put(storage))).toBe("StorageUnavailable")
        expect(yield* reasonOf(readAll(storage))).toBe("StorageUnavailable")
      })
    ))
})
