/** Where databases differ, as far as this room is concerned. Everything else is SQL that all of them understand. */
import type * as Effect from "effect/Effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type { Fragment } from "effect/sql/Statement"
import type { StorageErrorReason } from "../../storage/StorageError.ts"

/** How a view reads a member of a record's body; `a.b` is member `b` of member `a`. What is `null` there is `NULL` here. @public */
export interface JsonDialect {
  readonly text: (body: string, path: string) => string
  readonly integer: (body: string, path: string) => string
  /** The member as JSON text. */
  readonly json: (body: string, path: string) => string
  /** A row for each text of an array: the table to join under `alias`, and its columns' names there, counted from 0. */
  readonly each: (
    body: string,
    path: string,
    alias: string
  ) => { readonly table: string; readonly position: string; readonly value: string }
}

/** How a database keeps texts in an index that are too long for one of its entries. @public */
export interface LongTexts {
  /** An index's entry that stands for a text of any length: what {@link LongTexts.digestOf} gives of it. */
  readonly digest: (column: string) => string
  readonly digestOf: (text: string) => Uint8Array
  /** So much of a text's start as fits an entry; of two texts, the lesser has no greater one. */
  readonly prefix: (text: string) => string
}

/**
 * How a database whose transactions are serial stores very many records: without being asked first what it has, and with
 * the rows that they are found by in the order of their index.
 *
 * @public
 */
export interface BulkInsert {
  /** Records of a statement. One of 4,000 characters is prepared once; a longer one, each time. */
  readonly rows: number
  /** What to do before a commit of very many records, and what undoes it. */
  readonly prepare: (sql: SqlClient) => Effect.Effect<Effect.Effect<void, SqlError>, SqlError>
}

/** A record as a row of its table, with the number of its kind. @public */
export interface SpacedRecord {
  readonly space: number
  readonly kind: string
  readonly id: string
  readonly at: number
  /** Its terms, packed. */
  readonly terms: string
  /** What stands for each of its terms in the rows that it is found by. */
  readonly keys: ReadonlyArray<Uint8Array>
  readonly body: string
}

/** How a database that takes arrays stores many records: in one statement, whatever their number. @public */
export interface ArrayInsert {
  /** Stores records, none of which is there, and rows of their terms. */
  readonly insert: (
    sql: SqlClient,
    store: string,
    records: ReadonlyArray<SpacedRecord>
  ) => Effect.Effect<unknown, SqlError>
  /**
   * The bodies of those records of a kind that are there. Each is sought in the index by itself: within the transaction that
   * stores them, the database does not know yet how many they are, and would rather read all of them.
   */
  readonly bodies: (
    sql: SqlClient,
    store: string,
    kind: string,
    ids: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<{ readonly id: string; readonly body: string }>, SqlError>
  /** What to do after a commit of very many, so that the database plans for as many as it has now. */
  readonly settle: string
}

/** What a database adapter says of its database. @public */
export interface Dialect {
  readonly name: string
  /** Starts a transaction that will write. */
  readonly begin: string
  /**
   * Whether transactions that begin so run one after the other. Where they run side by side, rows are locked in the order
   * of their names, and names that are absent are held by rows without a value.
   */
  readonly isSerial: boolean
  /** Makes the transaction at hand {@link Durability | relaxed}; `null` if the client does, or nothing can. */
  readonly relax: string | null
  /** Whether a transaction that failed so may succeed when it is made again from its start. */
  readonly isTransient: (error: SqlError) => boolean
  /** The database's own clock, for one that several machines share; `null` for this machine's. */
  readonly now: ((sql: SqlClient) => Effect.Effect<number, SqlError>) | null
  /** The most parameters that one statement may have. */
  readonly maxParameters: number
  /** What follows a `SELECT` whose rows must not change until the transaction ends; empty where they cannot. */
  readonly forUpdate: string
  /** Keeps other processes from migrating until the transaction ends; `null` if `begin` does so already. */
  readonly lockMigrations: string | null
  /** Column types. Text compares by its UTF-8 bytes; `row` is a primary key that the database numbers. */
  readonly types: {
    readonly text: string
    readonly integer: string
    readonly bytes: string
    readonly row: string
  }
  /** What follows a table's columns: with row numbers of its own, and clustered by its primary key. */
  readonly table: { readonly rows: string; readonly clustered: string }
  readonly json: JsonDialect
  /** `null` where an index takes texts of any length. */
  readonly longTexts: LongTexts | null
  /** Which of these names are tables or views already. */
  readonly relations: (
    sql: SqlClient,
    names: ReadonlyArray<string>
  ) => Effect.Effect<ReadonlyArray<{ readonly name: string; readonly type: string }>, SqlError>
  /**
   * Small objects of a batch share rows, as long as rows and objects stay below so many bytes: for a database whose rows leave the ends
   * of pages empty, and whose transactions are serial. `null`: each has a row of its own.
   */
  readonly sharedRows: { readonly below: number; readonly objectsBelow: number } | null
  /** Draws numbers for contents that nobody has drawn before; runs in the transaction that uses them. */
  readonly drawContents: (sql: SqlClient, count: number) => Effect.Effect<ReadonlyArray<number>, SqlError>
  /** How records are stored in bulk; `null` where the statements that all databases understand do well. */
  readonly bulk: BulkInsert | null
  /** How records are stored by arrays; `null` where parameters for each row have to do. */
  readonly arrays: ArrayInsert | null
  /** Removes many rows of terms of a space in one statement, and says how many there were; `null` where a statement for each record costs little. */
  readonly deleteTerms:
    | ((
        sql: SqlClient,
        space: Fragment,
        rows: ReadonlyArray<{ readonly term: Uint8Array; readonly at: number; readonly record: number }>
      ) => Effect.Effect<number, SqlError>)
    | null
  /** Asks the database to look at its own pages and indexes; `null` where it cannot be asked. */
  readonly check: ((sql: SqlClient) => Effect.Effect<ReadonlyArray<string>, SqlError>) | null
  /** Makes indexes anew; `null` where the database is trusted with them. */
  readonly reindex: string | null
  /** Says what a failed statement means. `database` names the file or server, for people. */
  readonly reason: (error: SqlError, operation: string, database: string) => StorageErrorReason
}
