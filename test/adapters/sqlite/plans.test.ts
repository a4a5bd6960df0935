/** Every statement of a store finds its rows by an index. */
import * as Effect from "effect/Effect"
import { SqlClient } from "effect/sql/SqlClient"
import { afterEach, expect, it, vi } from "vitest"
import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"
import { SqliteDatabase } from "../../../src/adapters/sqlite/sqliteDatabase.ts"
import { RefName } from "../../../src/model/Ids.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import { move, objectId, record } from "./places.ts"

afterEach(() => void vi.restoreAllMocks())

/** Uses all that the contracts offer. */
const everything = Effect.gen(function* () {
  const objects = yield* ObjectStorage
  const catalog = yield* CatalogStorage
  const ids = [objectId(1), objectId(2)]
  yield* objects.put([{ id: objectId(1), bytes: new Uint8Array(9) }])
  yield* objects.get(ids)
  yield* objects.claim(ids)
  yield* objects.list({ limit: 9 })
  yield* objects.list({ after: objectId(1), limit: 9 })
  yield* catalog.commit({ records: [record("a")], refs: [move("r", null, "1"), move("s", null, "1")] })
  yield* catalog.records("version", ["a", "b"])
  for (const direction of ["forward", "backward"] as const) {
    for (const from of [undefined, 1]) {
      for (const to of [undefined, 9_999]) {
        for (const after of [undefined, { at: 5, id: "x" }]) {
          yield* catalog.scan({ kind: "version", term: "all", direction, from, to, after, limit: 9 })
        }
      }
    }
  }
  yield* catalog.refs([RefName.make("r"), RefName.make("s")])
  yield* catalog.list({ prefix: "", limit: 9 })
  yield* catalog.list({ prefix: "r", after: RefName.make("r"), limit: 9 })
  const remove = [{ kind: "version", id: "a" }]
  yield* catalog.commit({ remove, refs: [move("r", "1", null), move("s", "1", "2")] })
  yield* objects.remove(ids, { storedBefore: Number.MAX_SAFE_INTEGER })
})

const hostQueries = [
  "SELECT * FROM artifact_versions WHERE store = 'default' AND id = 'a'",
  "SELECT * FROM version_parents WHERE store = 'default' AND version = 'a'",
  "SELECT * FROM refs WHERE store = 'default' AND name = 'a'",
  `SELECT * FROM refs r JOIN deployments d ON d.store = r.store AND d.id = r.value
   JOIN artifact_versions v ON v.store = d.store AND v.id = d.version WHERE r.store = 'default' AND r.name > 'a'`
]

it("every statement is answered from an index, without sorting", async () => {
  const statements = new Set<string>(hostQueries)
  const rows = vi.spyOn(SqliteDatabase.prototype, "rows")
  const plans = Effect.gen(function* () {
    const sql = yield* SqlClient
    yield* everything
    for (const [statement] of rows.mock.calls) {
      if (/^\s*(SELECT|UPDATE|DELETE)/.test(statement)) statements.add(statement)
    }
    const found: Array<readonly [string, ReadonlyArray<string>]> = []
    for (const statement of statements) {
      const parameters = [...statement.matchAll(/\?/g)].map(() => 1)
      const plan = yield* sql.unsafe<{ detail: string }>(`EXPLAIN QUERY PLAN ${statement}`, parameters)
      found.push([statement, plan.map(({ detail }) => detail)])
    }
    return found
  })
  const found = await Effect.runPromise(
    plans.pipe(
      Effect.provide(Sqlite.layerStore({ durable: false })),
      Effect.provide(Sqlite.layerClient({ file: ":memory:" }))
    )
  )
  expect(found.length).toBeGreaterThan(25)
  const slow = found.filter(([statement, plan]) =>
    plan.some(
      (step) =>
        // What is equal in time and in the first characters of its id is sorted: seldom more than one record.
        (step.includes("TEMP B-TREE") && step !== "USE TEMP B-TREE FOR LAST TERM OF ORDER BY") ||
        // A virtual table is what json_each is; SQLite's own table of tables is small.
        (step.startsWith("SCAN") && !step.includes("VIRTUAL TABLE") && !statement.includes("sqlite_master"))
    )
  )
  expect(slow).toEqual([])
  // An index serves one bound on each side; a second one would be checked row by row.
  // What decides among ids that begin alike is no bound: it is asked of rows that are read anyway.
  const bounds = (statement: string, sign: RegExp) =>
    [...(statement.replace(/NOT r\.id [<>]/, "").match(sign) ?? [])].length
  const twice = [...statements].filter((s) => bounds(s, />(?!>)/g) > 1 || bounds(s, /</g) > 1)
  expect(twice).toEqual([])
})
