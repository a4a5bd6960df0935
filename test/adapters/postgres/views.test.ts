/** The same views as SQLite's, with the same columns and the same answers; and what keeps a schema whole. */
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { SqlClient } from "effect/sql/SqlClient"
import { describe, expect, it } from "vitest"
import * as Postgres from "../../../src/adapters/postgres/Postgres.ts"
import { migrate } from "../../../src/adapters/sql/migrate.ts"
import { type Migration, migrations } from "../../../src/adapters/sql/migrations.ts"
import { postgresDialect } from "../../../src/adapters/sql/postgresDialect.ts"
import { makeSqlStore } from "../../../src/adapters/sql/SqlStore.ts"
import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"
import { RefName } from "../../../src/model/Ids.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { noServer } from "../../support/postgres.ts"
import { agreementTest } from "../../support/storage/agreement.ts"
import { freshDatabase, freshStore, withClient, withStore } from "./places.ts"

const guide = readFileSync(new URL("../../../docs/guide/sql-views.md", import.meta.url), "utf8")
const guideQueries = [...guide.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, query = ""]) => query)
const views = ["artifact_versions", "version_parents", "snapshots", "deployments", "operations", "refs"]
const queries = [...views.map((view) => `SELECT * FROM ${view} ORDER BY 1, 2, 3`), ...guideQueries]

const bodies: ReadonlyArray<readonly [string, { readonly [member: string]: unknown }]> = [
  ["version", { id: "v1", artifact: "a", parents: [], tree: "t", origin: "capture", author: "ada", time: 9 }],
  [
    "version",
    { id: "v2", artifact: "a", parents: ["v1", "v0"], message: 'says "so" \\ ü😀', metadata: { a: [1, null] } }
  ],
  ["snapshot", { id: "s", collection: "c", project: null, previous: null, tree: "t", reason: "manual", time: 9 }],
  ["deployment", { id: "d1", project: "web", artifact: "a", target: "x", version: "v2", author: "ada", time: 8 }],
  [
    "operation",
    { id: "o", kind: "deploy", actor: "ada", time: 7, effect: { project: "web", applyId: "ap" }, refs: [] }
  ],
  ["operation", { id: "p", kind: "note", effect: null, details: {} }],
  ["other", {}]
]

const fill = Effect.flatMap(CatalogStorage, (catalog) =>
  catalog.commit({
    records: bodies.map(([kind, body], at) => {
      return { kind, id: String(body.id), at, terms: ["all"], body: JSON.stringify(body) }
    }),
    refs: [{ name: RefName.make("deployed/project/web/x"), expected: null, next: "d1" }]
  })
)

const answers = Effect.gen(function* () {
  const sql = yield* SqlClient
  const found = []
  for (const query of queries) found.push(yield* sql.unsafe<Record<string, unknown>>(query))
  // Numbers of 64 bits are bigints in one client and numbers in the other.
  return JSON.parse(JSON.stringify(found, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value)))
})

const next: Migration = { version: 2, name: "notes", statements: () => ["CREATE TABLE tidemark_notes (note TEXT)"] }
const migrateTo = (all: ReadonlyArray<Migration>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient
    const { capabilities } = Postgres
    yield* migrate(
      makeSqlStore({ sql, dialect: postgresDialect, capabilities, store: "default", database: "the test's" }),
      { readonly: false, migrations: all }
    )
  })

const reasonOf = (options: Postgres.PostgresOptions) =>
  Effect.runPromise(Effect.flip(withStore(options, ({ objects }) => objects.now))).then(({ reason }) => reason)

describe.skipIf(noServer !== undefined)("Postgres", { timeout: 60_000 }, () => {
  it("answers the views and the guide's queries as SQLite does", async () => {
    const url = await freshDatabase()
    const postgres = await withClient(
      url,
      Effect.andThen(fill, answers).pipe(Effect.provide(Postgres.layerStore({ store: "default" })))
    )
    const sqlite = await Effect.runPromise(
      Effect.andThen(fill, answers).pipe(
        Effect.provide(Sqlite.layerStore({ durable: false })),
        Effect.provide(Sqlite.layerClient({ file: ":memory:" }))
      )
    )
    expect(guideQueries.length).toBeGreaterThan(1)
    expect(postgres).toEqual(sqlite)
  })

  it("is migrated by one of several openers", async () => {
    const url = await freshDatabase()
    const open = (i: number) =>
      Effect.runPromise(
        withStore({ url, store: `${i}` }, ({ catalog }) =>
          catalog.commit({ refs: [{ name: RefName.make("r"), expected: null, next: "1" }] })
        )
      )
    await Promise.all([1, 2, 3, 4, 5, 6].map(open))
    const rows = await withClient(
      url,
      Effect.flatMap(SqlClient, (sql) => sql`SELECT store FROM refs`)
    )
    expect(rows.length).toBe(6)
  })

  it("refuses what it must not touch, and says why", async () => {
    const url = await freshDatabase()
    await withClient(url, migrateTo([...migrations, next]))
    expect(await reasonOf({ url })).toMatchObject({ _tag: "StorageSchemaNewer", found: 2, supported: 1 })
    const taken = await freshDatabase()
    await withClient(
      taken,
      Effect.flatMap(SqlClient, (sql) => sql`CREATE TABLE operations (mine TEXT)`)
    )
    expect((await reasonOf({ url: taken }))._tag).toBe("StorageDenied")
    expect((await reasonOf({ url: await freshDatabase(), readonly: true }))._tag).toBe("StorageDenied")
    expect((await reasonOf({ url: `${url}_not_there` }))._tag).toBe("StorageDenied")
    expect((await reasonOf({ url: "postgres://nobody@127.0.0.1:1/none" }))._tag).toBe("StorageUnavailable")
    const latin = await freshDatabase("ENCODING 'LATIN1' TEMPLATE template0")
    expect((await reasonOf({ url: latin }))._tag).toBe("StorageUnsupported")
  })

  it("waits for another writer only so long, and then says that trying again may help", async () => {
    const place = await freshStore()
    const move = (expected: string | null, next: string) => ({
      refs: [{ name: RefName.make("head"), expected, next }] as const
    })
    await Effect.runPromise(withStore(place, ({ catalog }) => catalog.commit(move(null, "1"))))
    const failed = await withClient(
      place.url,
      Effect.gen(function* () {
        const sql = yield* SqlClient
        return yield* sql.withTransaction(
          Effect.andThen(
            sql`SELECT * FROM tidemark_refs WHERE store = ${place.store} FOR UPDATE`,
            Effect.flip(withStore({ ...place, busyTimeout: 50 }, ({ catalog }) => catalog.commit(move("1", "2"))))
          )
        )
      })
    )
    expect([failed.reason._tag, failed.isRetryable]).toEqual(["StorageUnavailable", true])
  })

  it("lets two commits rely on names that are absent, but not on each other's", async () => {
    const place = await freshStore()
    const [a, b] = [RefName.make("a"), RefName.make("b")]
    for (let round = 0; round < 20; round++) {
      await Effect.runPromise(
        withStore(place, ({ catalog }) =>
          Effect.gen(function* () {
            const results = yield* Effect.all(
              [
                catalog.commit({
                  refs: [
                    { name: a, expected: null, next: null },
                    { name: b, expected: null, next: "1" }
                  ]
                }),
                catalog.commit({
                  refs: [
                    { name: b, expected: null, next: null },
                    { name: a, expected: null, next: "1" }
                  ]
                })
              ],
              { concurrency: 2 }
            )
            expect(results.map(({ _tag }) => _tag).sort()).toEqual(["Committed", "Refused"])
            const held = yield* catalog.list({ prefix: "", limit: 9 })
            expect(held.length).toBe(1)
            for (const [name, expected] of held) yield* catalog.commit({ refs: [{ name, expected, next: null }] })
          })
        )
      )
    }
    const left = await withClient(
      place.url,
      Effect.flatMap(SqlClient, (sql) => sql`SELECT * FROM tidemark_refs WHERE store = ${place.store}`)
    )
    expect(left).toEqual([])
  })

  it("answers every statement of a large store from an index", async () => {
    const url = await freshDatabase()
    const plans = await withClient(
      url,
      Effect.gen(function* () {
        yield* migrateTo(migrations)
        const sql = yield* SqlClient
        const digest = postgresDialect.longTexts?.digest("'x'") ?? ""
        yield* sql.unsafe(
          `INSERT INTO tidemark_spaces (store, kind) SELECT 'store ' || i, 'version' FROM generate_series(1, 5000) i`
        )
        yield* sql.unsafe(`INSERT INTO tidemark_terms SELECT 1, int4send(i % 1000), i, i::text, i
          FROM generate_series(1, 100000) i`)
        yield* sql.unsafe(
          `INSERT INTO tidemark_refs SELECT 'default', 'name ' || i, 'v' FROM generate_series(1, 20000) i`
        )
        yield* sql`ANALYZE`
        const of = (column: string) => `${postgresDialect.longTexts?.digest(column)} = ${digest}`
        const statements = [
          `SELECT * FROM tidemark_terms t WHERE space = (SELECT space FROM tidemark_spaces WHERE store = 'store 1' AND ${of("kind").replace("'x'", "'version'")})
            AND t.term = int4send(5) AND (t.at, t.start) >= (5, 'x') ORDER BY t.at, t.start LIMIT 9`,
          `SELECT * FROM tidemark_refs WHERE store = 'default' AND ${of("name")}`,
          `SELECT * FROM tidemark_refs WHERE store = 'default' AND left(name, 500) >= left('name 5', 500) AND name >= 'name 5' ORDER BY left(name, 500), name LIMIT 9`
        ]
        const found = []
        for (const statement of statements) {
          found.push((yield* sql.unsafe<object>(`EXPLAIN ${statement}`)).map((row) => Object.values(row)[0]).join("\n"))
        }
        return found
      })
    )
    expect(plans.filter((plan) => !plan.includes("Index") || plan.includes("Seq Scan"))).toEqual([])
  })
})

if (noServer === undefined) {
  const { url, store } = await freshStore()
  agreementTest("Postgres", Postgres.layer({ url, store, maxConnections: 3 }), 1_000, "catalog")
} else console.log(`postgres: not run: ${noServer}`)
