/** Brings a database's schema up to what this code knows, and refuses one that knows more. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import { StorageDenied, StorageError, StorageSchemaNewer } from "../../storage/StorageError.ts"
import { type Migration, migrations as ours } from "./migrations.ts"
import type { SqlStore } from "./SqlStore.ts"
import { viewNames } from "./views.ts"

const operation = "open"
const denied = (detail: string) => new StorageError({ reason: new StorageDenied({ operation, detail }) })

/** The version that is there; 0 for a database that has never held a store. */
const currentVersion = Effect.fnUntraced(function* ({ sql, dialect }: SqlStore) {
  const known = yield* dialect.relations(sql, ["tidemark_schema"])
  if (known.length === 0) return 0
  const rows = yield* sql<{ version: number | null }>`SELECT max(version) AS version FROM tidemark_schema`
  return Number(rows[0]?.version ?? 0)
})

/** A host's own tables are in the way of our views: better told before than as a failed statement. */
const refuseClash = Effect.fnUntraced(function* ({ sql, dialect, database }: SqlStore) {
  const taken = yield* dialect.relations(sql, viewNames)
  if (taken.length === 0) return
  const names = taken.map(({ name, type }) => `the ${type} ${JSON.stringify(name)}`).join(" and ")
  return yield* denied(`${database} already has ${names}, whose name a view of Tidemark needs; use another database`)
})

/**
 * Makes the schema what `migrations` say, in one transaction under the lock, so that of several processes that open a new
 * database together one migrates and the others find it done. With `readonly` it only checks.
 *
 * @internal
 */
export const migrate = (
  store: SqlStore,
  options: { readonly readonly: boolean; readonly migrations?: ReadonlyArray<Migration> }
): Effect.Effect<void, StorageError> => {
  const { sql, dialect, database } = store
  const migrations = options.migrations ?? ours
  const supported = Math.max(...migrations.map(({ version }) => version))

  const check = Effect.fnUntraced(function* () {
    const found = yield* currentVersion(store)
    if (found > supported) {
      return yield* new StorageError({ reason: new StorageSchemaNewer({ operation, found, supported }) })
    }
    return found
  })

  const advance = Effect.gen(function* (): Effect.fn.Return<void, StorageError | SqlError> {
    if (dialect.lockMigrations !== null) yield* sql.unsafe(dialect.lockMigrations)
    const found = yield* check()
    if (found === supported) return
    if (found === 0) {
      yield* refuseClash(store)
      const { integer, text } = dialect.types
      yield* sql.unsafe(`CREATE TABLE tidemark_schema (
        version ${integer} PRIMARY KEY, name ${text} NOT NULL, applied_at ${integer} NOT NULL)`)
    }
    for (const migration of migrations) {
      if (migration.version <= found) continue
      for (const statement of migration.statements(dialect)) yield* sql.unsafe(statement).unprepared
      const applied_at = yield* Clock.currentTimeMillis
      yield* sql`INSERT INTO tidemark_schema ${sql.insert({ version: migration.version, name: migration.name, applied_at })}`
    }
  })

  return Effect.gen(function* () {
    // Most opens find the schema as it should be, and then no writer has to wait for them.
    const found = yield* store.told(operation, check())
    if (found === supported) return
    if (options.readonly) {
      return yield* denied(
        found === 0
          ? `${database} holds no store, and was opened for reading only`
          : `${database} has schema ${found} and must be migrated to ${supported}, but was opened for reading only`
      )
    }
    yield* store.write(operation, "full", advance)
  })
}
