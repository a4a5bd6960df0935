/** Effect's SqlClient over node:sqlite: one connection, whose transactions queue. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Reactivity from "effect/reactivity/Reactivity"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import * as Client from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import type { SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import { CurrentDurability } from "../sql/Durability.ts"
import { SqliteDatabase } from "./sqliteDatabase.ts"
import { isBusy, sqliteError } from "./sqliteErrors.ts"

/** How to open a SQLite database. @public */
export interface SqliteClientOptions {
  /** A path, or `:memory:` for a database that lives as long as the layer. */
  readonly file: string
  /** How long a write waits for another writer. Five seconds unless given. */
  readonly busyTimeout?: Duration.Input | undefined
  readonly readonly?: boolean | undefined
  /**
   * Which commits are on the disk when they return. `commits` (unless given): those that move names; objects written
   * before them come along. `always`: every one, for a host whose catalog lives elsewhere.
   */
  readonly synchronous?: "commits" | "always" | undefined
}

/** Waits by the machine's clock, not the program's: a test that stops the clock must not stop a lock's release. */
const wait = (milliseconds: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const timer = setTimeout(() => resume(Effect.void), milliseconds)
    return Effect.sync(() => clearTimeout(timer))
  })

/** Runs `attempt`, and again while another writer has the lock, without holding up the process meanwhile. */
const patiently = (patience: number) => {
  const again = <A>(attempt: () => A, operation: string, tries: number, deadline: number): Effect.Effect<A, SqlError> =>
    Effect.catch(Effect.try({ try: attempt, catch: (cause) => ({ cause }) }), ({ cause }) =>
      isBusy(cause) && performance.now() < deadline
        ? Effect.andThen(wait(Math.min(2 ** tries, 8)), again(attempt, operation, tries + 1, deadline))
        : Effect.fail(sqliteError(cause, operation))
    )
  return <A>(attempt: () => A, operation: string): Effect.Effect<A, SqlError> =>
    Effect.suspend(() => again(attempt, operation, 0, performance.now() + patience))
}

/** Readers do not wait for writers in this mode. The mode is kept in the file, and cannot be had in every place. */
const writeAhead = (db: SqliteDatabase, readonly: boolean): boolean =>
  db.value("PRAGMA journal_mode") === "wal" || (!readonly && db.value("PRAGMA journal_mode = WAL") === "wal")

/**
 * Opens a database for as long as the scope lives.
 *
 * @public
 */
export const make = (
  options: SqliteClientOptions
): Effect.Effect<Client.SqlClient, SqlError, Scope.Scope | Reactivity.Reactivity> =>
  Effect.gen(function* () {
    const readonly = options.readonly ?? false
    const attempt = patiently(Duration.toMillis(options.busyTimeout ?? "5 seconds"))

    const db = yield* Effect.acquireRelease(
      attempt(() => new SqliteDatabase({ file: options.file, readonly }), "open"),
      (db) => Effect.sync(() => db.close())
    )
    const isWriteAhead = yield* attempt(() => writeAhead(db, readonly), "open")
    // The log may grow to 16 MB before it is moved into the file: storing many objects then waits for the disk a quarter
    // as often as with SQLite's 4 MB.
    yield* attempt(() => db.exec("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000"), "open")
    const relaxes = isWriteAhead && options.synchronous !== "always"

    const run = <A>(operation: (bigints: boolean) => A): Effect.Effect<A, SqlError> =>
      Effect.flatMap(Client.SafeIntegers, (bigints) => attempt(() => operation(bigints), "execute"))
    const execute: Connection["execute"] = (sql, params, transform) => {
      const rows = run((bigints) => db.rows(sql, params, bigints))
      return transform === undefined ? rows : Effect.map(rows, transform)
    }
    const executeValues: Connection["executeValues"] = (sql, params) =>
      run((bigints) => db.values(sql, params, bigints))

    const connection: Connection = {
      execute,
      executeUnprepared: execute,
      executeRaw: (sql, params) => run((bigints) => db.changes(sql, params, bigints)),
      executeValues,
      executeValuesUnprepared: executeValues,
      executeStream: (sql, params, transform) =>
        Effect.map(
          run((bigints) => db.iterate(sql, params, bigints)),
          (rows) =>
            Stream.fromIterable(rows).pipe(
              transform === undefined ? (rows) => rows : Stream.flatMap((row) => Stream.fromIterable(transform([row]))),
              Stream.catchDefect((cause) => Stream.fail(sqliteError(cause, "stream")))
            )
        ).pipe(Stream.unwrap)
    }

    const acquirers = Client.makeSqliteAcquirers({
      connection: Effect.succeed(connection),
      semaphore: yield* Semaphore.make(1),
      isTransaction: () => db.isTransaction
    })
    // SQLite takes the level only between transactions. It is put back before the connection is given on, so that
    // whatever else the host writes through it is as durable as SQLite says.
    const relaxed = Effect.acquireRelease(
      attempt(() => db.exec("PRAGMA synchronous = NORMAL"), "begin"),
      () => Effect.ignore(attempt(() => db.exec("PRAGMA synchronous = FULL"), "end"))
    )
    const transactionAcquirer = Effect.tap(acquirers.transactionAcquirer, () =>
      Effect.flatMap(CurrentDurability, (durability) => (relaxes && durability === "relaxed" ? relaxed : Effect.void))
    )

    return yield* Client.make({
      ...acquirers,
      transactionAcquirer,
      compiler: Statement.makeCompilerSqlite(),
      driver: "sqlite-node",
      beginTransaction: "BEGIN IMMEDIATE",
      prepareTransactionControls: true,
      releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
      spanAttributes: [["db.system.name", "sqlite"]]
    })
  })

/**
 * A SqlClient of one database file, for hosts that want to share it with a store, or to query the views.
 *
 * @public
 */
export const layer = (options: SqliteClientOptions): Layer.Layer<Client.SqlClient, SqlError> =>
  Layer.effect(Client.SqlClient, make(options)).pipe(Layer.provide(Reactivity.layer))
