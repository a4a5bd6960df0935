/** A value that somebody changed in a row of a table, behind the store's back: it is told, or changes no answer, and a repair mends it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { SqlClient } from "effect/sql/SqlClient"
import { describe, expect, it } from "vitest"
import * as Memory from "../../../src/adapters/memory/index.ts"
import * as Postgres from "../../../src/adapters/postgres/Postgres.ts"
import { Maintenance, type MaintenanceService } from "../../../src/core/maintenance/Maintenance.ts"
import { sayOf } from "../../support/maintenance/flipFiles.ts"
import { answers, fill, type Storage } from "../../support/maintenance/smallStore.ts"
import { noServer, postgresServer } from "../../support/postgres.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { freshDatabase, withClient } from "./places.ts"

const seed = runSeed()
const full = process.env.TIDEMARK_FULL !== undefined
const rowsEach = full ? 60 : 1

const using = <A, E>(storage: Storage, work: (maintenance: MaintenanceService) => Effect.Effect<A, E>) =>
  Effect.runPromise(
    Effect.flatMap(Maintenance, work).pipe(
      Effect.provide(Maintenance.layer.pipe(Layer.provide([storage, Memory.layerWorkingTree()])), { local: true })
    )
  )

interface Column {
  readonly table: string
  readonly column: string
  readonly type: string
}

/** Another value of a column's type, `n` choosing which. */
const changed = ({ column, type }: Column, n: number): string => {
  switch (type) {
    case "bytea":
      return `CASE WHEN length(${column}) = 0 THEN '\\x00'::bytea ELSE
        set_byte(${column}, ${n} % length(${column}), get_byte(${column}, ${n} % length(${column})) # ${1 << (n % 8)}) END`
    case "text":
      return `CASE WHEN length(${column}) = 0 THEN 'x' ELSE
        overlay(${column} placing chr(ascii(substr(${column}, ${n} % length(${column}) + 1, 1)) # 1) from ${n} % length(${column}) + 1) END`
    default:
      return `${column} + ${n % 2 === 0 ? 1 : -1}`
  }
}

/** What a repair's own operation adds to answers, and what is told of places in the ledger's order. */
const plain = (text: string) => text.split("\n").filter((line) => !/^(operations|export|ledger)/.test(line))

describe.skipIf(noServer !== undefined)("a changed value", () => {
  it("in any column of any table is told or changes no answer, and a repair with a backup mends it", {
    timeout: full ? 3_600_000 : 240_000
  }, async () => {
    const random = makeRandom(seed)
    const whole = await freshDatabase()
    const wholeName = whole.slice(whole.lastIndexOf("/") + 1)
    const server = await postgresServer()
    const tree = Memory.makeWorkingTree()
    const opened = (url: string): Storage => Postgres.layer({ url, maxConnections: 2 })
    await Effect.runPromise(fill(opened(whole), tree))
    const parts = await using(opened(whole), ({ backup }) => Stream.runCollect(backup))
    const columns = await withClient(
      whole,
      Effect.flatMap(SqlClient, (sql) =>
        sql.unsafe<Column>(
          `SELECT c.table_name AS table, c.column_name AS column, c.data_type AS type
             FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE t.table_type = 'BASE TABLE' AND c.table_name LIKE 'tidemark%' ORDER BY 1, 2`
        )
      )
    )
    expect(columns.length).toBeGreaterThan(20)
    const name = `${wholeName}_copy`
    const url = `${server}/${name}`
    const run = (database: string, ...statements: ReadonlyArray<string>) =>
      withClient(
        `${server}/${database}`,
        Effect.flatMap(SqlClient, (sql) =>
          Effect.forEach(statements, (statement) => sql.unsafe<Record<string, unknown>>(statement))
        )
      )
    const reset = () =>
      run("postgres", `DROP DATABASE IF EXISTS ${name}`, `CREATE DATABASE ${name} TEMPLATE ${wholeName}`)
    await reset()
    const expected = await Effect.runPromise(answers(opened(url), tree))
    const wrong: Array<string> = []
    const counts = { empty: 0, unchanged: 0, refused: 0, found: 0, same: 0, mended: 0 }
    // Some of the columns in each run, another choice for each seed.
    const chosen = columns.filter(() => full || random.chance(0.4))
    for (const column of chosen) {
      const { table } = column
      for (let n = 0; n < rowsEach; n++) {
        await reset()
        const [[{ rows = 0 } = {}] = []] = await run(name, `SELECT count(*)::int AS rows FROM ${table}`)
        if (Number(rows) === 0) {
          counts.empty += 1
          break
        }
        const [row, way] = [random.below(Number(rows)), random.below(10_000)]
        const where = `ctid = (SELECT ctid FROM ${table} ORDER BY ctid OFFSET ${row} LIMIT 1)`
        const what = `${table}.${column.column}, row ${row}, way ${way}, seed ${seed}`
        const change = `UPDATE ${table} SET "${column.column}" = ${changed(column, way)} WHERE ${where}`
        const isChanged = await run(name, change).then(
          () => true,
          () => false
        )
        if (!isChanged) {
          // The database's own rules do not let it be.
          counts.unchanged += 1
          continue
        }
        const storage = opened(url)
        const said = await Effect.runPromise(sayOf(storage))
        if (said === "nothing") {
          const found = await Effect.runPromise(answers(storage, tree))
          expect(plain(found), what).toEqual(plain(expected))
          expect(found, what).toBe(expected)
          counts.same += 1
          continue
        }
        counts[said] += 1
        if (said === "refused") continue
        const report = await using(storage, ({ repair }) => repair({ from: Stream.fromIterable(parts) }))
        const { findings } = await using(storage, ({ verify }) => verify())
        if (report.lost.length + report.moved.length + findings.length > 0) {
          wrong.push(`${what}: ${JSON.stringify([report.lost, report.moved, findings])}`)
          continue
        }
        const now = plain(await Effect.runPromise(answers(storage, tree)))
        const line = plain(expected).findIndex((text, i) => text !== now[i])
        if (line >= 0) wrong.push(`${what}: ${now[line]?.slice(0, 200)}`)
        counts.mended += 1
      }
    }
    await run("postgres", `DROP DATABASE IF EXISTS ${name}`)
    expect(wrong).toEqual([])
    console.info(`postgres: changed values in ${chosen.length} of ${columns.length} columns (seed ${seed}):`, counts)
    expect(counts.mended).toBeGreaterThan(chosen.length / 4)
  })
})
