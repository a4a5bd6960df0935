/** An object's row that names a content of another's, of this store or of another, never takes that content away with it. */
import { randomUUID } from "node:crypto"
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
import { Maintenance } from "../../../src/core/maintenance/Maintenance.ts"
import type { ObjectId } from "../../../src/model/Ids.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import { type Dump, dump, fill, loadInto, type Storage } from "../../support/maintenance/smallStore.ts"
import { hasPglite, pgliteClient } from "../../support/pglite.ts"
import { noServer } from "../../support/postgres.ts"
import { makeRandom, runSeed } from "../../support/random.ts"
import { freshDatabase } from "../postgres/places.ts"

const seed = runSeed()

/** A database that stores live in, and what asks it from below. */
interface Database {
  readonly open: (store: string) => Storage
  readonly run: (sql: string, parameters: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>
}

const law = (database: Database) =>
  Effect.gen(function* () {
    const random = makeRandom(seed)
    const memory = yield* Memory.make
    yield* fill(memory.layer, Memory.makeWorkingTree())
    const parts = yield* dump(memory.layer)
    // Large ones have rows of their own, wherever small ones share theirs; of one length, so that no length tells.
    const large = Array.from({ length: 6 }, (_, i) => ({
      id: `${i}`.repeat(64) as ObjectId,
      bytes: new Uint8Array(9_000).fill(i)
    }))
    const stores = [randomUUID(), randomUUID()] as const
    const [own, foreign] = [database.open(stores[0]), database.open(stores[1])]
    // A repair empties rows, and so does a removal of all that is there.
    const ways: ReadonlyArray<(storage: Storage) => Effect.Effect<unknown, unknown>> = [
      (storage) =>
        Effect.flatMap(Maintenance, ({ repair }) => repair()).pipe(
          Effect.provide(Maintenance.layer.pipe(Layer.provide([storage, Memory.layerWorkingTree()])), { local: true })
        ),
      (storage) =>
        Effect.flatMap(ObjectStorage, (objects) =>
          Effect.flatMap(objects.list({ limit: 10_000 }), (all) =>
            objects.remove(
              all.slice(0, 20).map(({ id }) => id),
              { storedBefore: Number.MAX_SAFE_INTEGER }
            )
          )
        ).pipe(Effect.provide(storage, { local: true }))
    ]
    for (const way of ways) {
      for (let round = 0; round < 6; round++) {
        const what = `round ${round} of seed ${seed}`
        for (const [i, storage] of [own, foreign].entries()) {
          for (const table of ["refs", "objects"]) {
            yield* database.run(`DELETE FROM tidemark_${table} WHERE store = $1`, [stores[i]])
          }
          yield* database.run(
            "DELETE FROM tidemark_terms WHERE space IN (SELECT space FROM tidemark_spaces WHERE store = $1)",
            [stores[i]]
          )
          yield* database.run("DELETE FROM tidemark_records WHERE store = $1", [stores[i]])
          const objects: Dump["objects"] = [...parts.objects, ...(i === 1 ? large : [])]
          yield* loadInto({ ...parts, objects }).pipe(Effect.provide(storage, { local: true }))
        }
        // Some row of one store names a content of the other's, or of another object's.
        const victim = random.pick(parts.objects)
        const [other, store] = random.chance(0.5)
          ? [random.pick(large), stores[1]]
          : [random.pick(parts.objects.filter(({ id }) => id !== victim.id)), random.pick(stores)]
        yield* database.run(
          `UPDATE tidemark_objects SET content =
             (SELECT content FROM tidemark_objects WHERE store = $1 AND id = $2), size = $3
           WHERE store = $4 AND id = $5`,
          [store, Buffer.from(other.id, "hex"), other.bytes.length, stores[0], Buffer.from(victim.id, "hex")]
        )
        yield* way(own)
        const found = new Map((yield* dump(foreign)).objects.map(({ bytes, id }) => [id, bytes]))
        for (const { bytes, id } of [...parts.objects, ...large]) assert.deepStrictEqual(found.get(id), bytes, what)
        if (way !== ways[0]) continue
        const now = new Map((yield* dump(own)).objects.map(({ bytes, id }) => [id, bytes]))
        for (const { bytes, id } of parts.objects) {
          if (id !== victim.id) assert.deepStrictEqual(now.get(id), bytes, what)
        }
      }
    }
  })

describe("a row that names another's content", () => {
  it.live("leaves it where it is (sqlite)", () =>
    Effect.gen(function* () {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-rows-"))),
        (path) => Effect.sync(() => rmSync(path, { recursive: true }))
      )
      const file = join(folder, "store.db")
      const open = (store: string): Storage => Sqlite.layer({ file, store })
      yield* Effect.provide(ObjectStorage, open("any"), { local: true })
      const run: Database["run"] = (sql, parameters) =>
        Effect.sync(() => {
          const database = new DatabaseSync(file)
          database.prepare(sql.replaceAll(/\$(\d)/g, "?$1")).run(...(parameters as ReadonlyArray<string>))
          database.close()
        })
      yield* law({ open, run })
    })
  )

  const isMissing = noServer !== undefined && !hasPglite
  it.live.skipIf(isMissing)(
    `leaves it where it is (postgres${isMissing ? `; not run: ${noServer}` : ""})`,
    () =>
      Effect.gen(function* () {
        const client: Layer.Layer<SqlClient, StorageError> =
          noServer === undefined
            ? Postgres.layerClient({ url: yield* Effect.promise(() => freshDatabase()), maxConnections: 3 })
            : pgliteClient
        const context = yield* Layer.build(client)
        const connected = Layer.succeedContext(context)
        const open = (store: string): Storage => Postgres.layerStore({ store }).pipe(Layer.provide(connected))
        yield* Effect.provide(ObjectStorage, open("any"), { local: true })
        const run: Database["run"] = (sql, parameters) =>
          Effect.provide(
            Effect.flatMap(SqlClient, (database) => database.unsafe(sql, parameters)),
            connected
          )
        yield* law({ open, run })
      }),
    60_000
  )
})
