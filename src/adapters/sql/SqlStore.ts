/** What objects and catalog share: the client, the store's name, and how transactions are made and errors told. */
import { isReadonlyArrayNonEmpty, type NonEmptyReadonlyArray } from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Capabilities } from "../../storage/Capabilities.ts"
import { StorageError } from "../../storage/StorageError.ts"
import type { Dialect } from "./Dialect.ts"
import { CurrentDurability, type Durability } from "./Durability.ts"

/** Which store of which database. @public */
export interface SqlStoreOptions {
  readonly sql: SqlClient.SqlClient
  readonly dialect: Dialect
  readonly capabilities: Capabilities
  /** The store's name: many stores live in one database, and none sees another. */
  readonly store: string
  /** Names the database to people, in errors: a file, a host. */
  readonly database: string
}

/** @internal */
export interface SqlStore extends SqlStoreOptions {
  /** Tells what a failed statement means. */
  readonly told: <A>(
    operation: string,
    effect: Effect.Effect<A, StorageError | SqlError>
  ) => Effect.Effect<A, StorageError>
  /** The store's own clock. */
  readonly now: Effect.Effect<number, SqlError>
  /** Runs the effect as one transaction, and again from its start where the database asks for that. */
  readonly write: <A>(
    operation: string,
    durability: Durability,
    effect: Effect.Effect<A, StorageError | SqlError>
  ) => Effect.Effect<A, StorageError>
}

/** Cuts a batch into parts that fit a statement with `columns` parameters a row. @internal */
export const chunked = <A>(
  items: ReadonlyArray<A>,
  columns: number,
  max: number
): ReadonlyArray<NonEmptyReadonlyArray<A>> => {
  // A statement of many thousand parameters gains nothing, and costs memory to prepare.
  const size = Math.max(1, Math.floor(Math.min(max, 8_000) / columns))
  const parts: Array<NonEmptyReadonlyArray<A>> = []
  for (let i = 0; i < items.length; i += size) {
    const part: ReadonlyArray<A> = items.slice(i, i + size)
    if (isReadonlyArrayNonEmpty(part)) parts.push(part)
  }
  return parts
}

/** So often a transaction is made again. Those that met once seldom meet again. */
const maxTries = 12

/** Waits by the machine's clock, not the program's, and not as long as the other one that waits, too. */
const wait = (tries: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const timer = setTimeout(() => resume(Effect.void), Math.random() * Math.min(2 ** tries, 64))
    return Effect.sync(() => clearTimeout(timer))
  })

/** @internal */
export const makeSqlStore = (options: SqlStoreOptions): SqlStore => {
  const { database, dialect } = options
  // A host's client may rename columns on their way in and out; ours have one name.
  const sql = options.sql.withoutTransforms()

  const told: SqlStore["told"] = (operation, effect) =>
    Effect.catchTag(effect, "SqlError", (error) =>
      Effect.fail(new StorageError({ reason: dialect.reason(error, operation, database) }))
    )
  /** Within a transaction of the host's, it is the host's to make it again, and as durable as the host wants it. */
  const isNested = Effect.map(Effect.serviceOption(sql.transactionService), Option.isSome)

  const transaction = <A>(durability: Durability, effect: Effect.Effect<A, StorageError | SqlError>, relax: boolean) =>
    sql
      .withTransaction(relax && dialect.relax !== null ? Effect.andThen(sql.unsafe(dialect.relax), effect) : effect)
      .pipe(
        Effect.provideService(SqlClient.BeginTransaction, dialect.begin),
        Effect.provideService(CurrentDurability, durability)
      )

  const again = <A>(
    attempt: Effect.Effect<A, StorageError | SqlError>,
    tries: number
  ): Effect.Effect<A, StorageError | SqlError> =>
    Effect.catch(attempt, (error) =>
      error._tag === "SqlError" && tries < maxTries && dialect.isTransient(error)
        ? Effect.andThen(wait(tries), again(attempt, tries + 1))
        : Effect.fail(error)
    )

  return {
    ...options,
    sql,
    told,
    now: dialect.now === null ? Clock.currentTimeMillis : dialect.now(sql),
    write: (operation, durability, effect) =>
      told(
        operation,
        Effect.flatMap(isNested, (isNested) =>
          isNested
            ? transaction(durability, effect, false)
            : again(transaction(durability, effect, durability === "relaxed"), 0)
        )
      )
  }
}
