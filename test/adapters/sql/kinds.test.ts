/** Records whose rows say another kind, and rows of terms and kinds that are wrong themselves: a repair without a backup loses none. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SqlClient } from "effect/sql/SqlClient"
import * as Memory from "../../../src/adapters/memory/index.ts"
import * as Postgres from "../../../src/adapters/postgres/Postgres.ts"
import * as Sqlite from "../../../src/adapters/sqlite/index.ts"
import { Maintenance, type MaintenanceService } from "../../../src/core/maintenance/Maintenance.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import { dump, fill, loadInto, type Storage } from "../../support/maintenance/smallStore.ts"
import { hasPglite, pgliteClient } from "../../support/pglite.ts"
import { noServer } from "../../support/postgres.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { freshDatabase } from "../postgres/places.ts"

const seed = runSeed()

interface Database {
  readonly open: (store: string) => Storage
  readonly run: (sql: string, parameters: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>
}

const using = <A, E>(storage: Storage, work: (maintenance: MaintenanceService) => Effect.Effect<A, E>) =>
  Effect.flatMap(Maintenance, work).pipe(
    Effect.provide(Maintenance.layer.pipe(Layer.provide([storage, Memory.layerWorkingTree()])), { local: true })
  )

const law = ({ open, run }: Database) =>
  Effect.gen(function* () {
    const random = makeRandom(seed)
    const memory = yield* Memory.make
    yield* fill(memory.layer, Memory.makeWorkingTree())
    const parts = yield* dump(memory.layer)
    const kinds = [...new Set(parts.records.map(({ kind }) => kind))]
    const several = kinds.filter((kind) => parts.records.filter((record) => record.kind === kind).length > 1)
    const counts = { kind: 0, space: 0, term: 0 }
    const cases = [
      // One of each kind that has another to speak for it, and several at once.
      ...several.map((kind) => ["kind", [kind]] as const),
      ["kind", several] as const,
      ...kinds.map((kind) => ["space", [kind]] as const),
      ...kinds.map((kind) => ["term", [kind]] as const)
    ]
    for (const [n, [way, wrong]] of cases.entries()) {
      const what = `${way} of ${wrong.join(", ")}, seed ${seed}`
      const store = `store ${n}`
      const storage = open(store)
      yield* loadInto(parts).pipe(Effect.provide(storage, { local: true }))
      const ids: Array<string> = []
      for (const kind of wrong) {
        const { id } = random.pick(parts.records.filter((record) => record.kind === kind))
        // An operation is still found by its old terms: it is told of as damage of the storage.
        if (way === "kind" && kind !== "operation") ids.push(id)
        if (way === "kind") {
          yield* run("UPDATE tidemark_records SET kind = $1 WHERE store = $2 AND kind = $3 AND id = $4", [
            `${kind.slice(0, -1)}x`,
            store,
            kind,
            id
          ])
        } else if (way === "space") {
          yield* run("UPDATE tidemark_spaces SET kind = $1 WHERE store = $2 AND kind = $3", [`${kind}x`, store, kind])
        } else {
          const other = random.pick(kinds.filter((one) => one !== kind))
          yield* run(
            `UPDATE tidemark_terms SET space = (SELECT space FROM tidemark_spaces WHERE store = $1 AND kind = $2)
             WHERE record = (SELECT record FROM tidemark_records WHERE store = $1 AND kind = $3 AND id = $4)`,
            [store, other, kind, id]
          )
        }
      }
      const { findings } = yield* using(storage, ({ verify }) => verify())
      assert.isAbove(findings.length, 0, what)
      const report = yield* using(storage, ({ repair }) => repair())
      assert.deepStrictEqual([report.lost, report.moved], [[], []], what)
      for (const id of ids) assert.isTrue(report.records.some((one) => one.id === id))
      assert.deepStrictEqual((yield* using(storage, ({ verify }) => verify())).findings, [], what)
      const now = new Map((yield* dump(storage)).records.map(({ body, id, kind }) => [`${kind} ${id}`, body]))
      for (const { body, id, kind } of parts.records) assert.strictEqual(now.get(`${kind} ${id}`), body, what)
      counts[way] += 1
    }
    console.info(`kinds (seed ${seed}):`, counts)
  })

describe("a record under another kind", () => {
  it.live(
    "is put back by the rows of its terms, and by them alone (sqlite)",
    () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-kinds-"))),
          (path) => Effect.sync(() => rmSync(path, { recursive: true }))
        )
        const file = join(folder, "store.db")
        const run: Database["run"] = (sql, parameters) =>
          Effect.sync(() => {
            const database = new DatabaseSync(file)
            database.prepare(sql.replaceAll(/\$(\d)/g, "?$1")).run(...(parameters as ReadonlyArray<string>))
            database.close()
          })
        yield* law({ open: (store) => Sqlite.layer({ file, store }), run })
      }),
    60_000
  )

  const isMissing = noServer !== undefined && !hasPglite
  it.live.skipIf(isMissing)(
    `is put back by the rows of its terms, and by them alone (postgres${isMissing ? `; not run: ${noServer}` : ""})`,
    () =>
      Effect.gen(function* () {
        const client: Layer.Layer<SqlClient, StorageError> =
          noServer === undefined
            ? Postgres.layerClient({ url: yield* Effect.promise(() => freshDatabase()), maxConnections: 3 })
            : pgliteClient
        const connected = Layer.succeedContext(yield* Layer.build(client))
        const run: Database["run"] = (sql, parameters) =>
          Effect.provide(
            Effect.flatMap(SqlClient, (database) => database.unsafe(sql, parameters)),
            connected
          )
        yield* law({ open: (store) => Postgres.layerStore({ store }).pipe(Layer.provide(connected)), run })
      }),
    60_000
  )
})
