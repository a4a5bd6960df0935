/** One node:sqlite database with its prepared statements: the only file that touches the driver. */
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite"

/** @internal */
export interface OpenOptions {
  readonly file: string
  readonly readonly: boolean
}

/** @internal */
export type Row = { readonly [column: string]: SQLOutputValue }

interface Prepared {
  readonly statement: StatementSync
  readonly reads: boolean
}

/** A longer statement is a batch of its own size, seldom met again: preparing it costs little beside running it. */
const maxCachedLength = 4_096
const maxCached = 200

/** A value that SqlClient hands on, as the driver takes it. @internal */
const toInput = (value: unknown): SQLInputValue => {
  switch (typeof value) {
    case "string":
    case "number":
    case "bigint":
      return value
    case "boolean":
      return value ? 1 : 0
  }
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return value
  throw new TypeError(`SQLite has no type for ${Object.prototype.toString.call(value)}`)
}

/** @internal */
export class SqliteDatabase {
  readonly #db: DatabaseSync
  readonly #cache = new Map<string, Prepared>()

  constructor({ file, readonly }: OpenOptions) {
    // No busy timeout: the driver would hold up the whole process while it waits. The client waits without blocking.
    this.#db = new DatabaseSync(file, { readOnly: readonly, timeout: 0 })
  }

  get isTransaction(): boolean {
    return this.#db.isTransaction
  }

  exec(sql: string): void {
    this.#db.exec(sql)
  }

  /** The first column of a statement's first row. */
  value(sql: string): unknown {
    return Object.values(this.#db.prepare(sql).get() ?? {})[0]
  }

  close(): void {
    this.#cache.clear()
    this.#db.close()
  }

  rows(sql: string, params: ReadonlyArray<unknown>, bigints: boolean): ReadonlyArray<Row> {
    const { statement, reads } = this.#prepare(sql, bigints, false)
    if (reads) return statement.all(...params.map(toInput))
    statement.run(...params.map(toInput))
    return []
  }

  /** What the driver says of a statement that was run: its rows, or how many it changed. */
  changes(sql: string, params: ReadonlyArray<unknown>, bigints: boolean): unknown {
    const { statement, reads } = this.#prepare(sql, bigints, false)
    return reads ? statement.all(...params.map(toInput)) : statement.run(...params.map(toInput))
  }

  /** Rows without names: two columns of one name are both there. */
  values(sql: string, params: ReadonlyArray<unknown>, bigints: boolean): ReadonlyArray<ReadonlyArray<unknown>> {
    const { statement, reads } = this.#prepare(sql, bigints, true)
    if (reads) return statement.all(...params.map(toInput)).map((row) => Array.from(Object.values(row)))
    statement.run(...params.map(toInput))
    return []
  }

  /** Rows as they are read. The statement is its own, so that others may run meanwhile. */
  iterate(sql: string, params: ReadonlyArray<unknown>, bigints: boolean): Iterable<Row> {
    const statement = this.#db.prepare(sql)
    statement.setReadBigInts(bigints)
    return { [Symbol.iterator]: () => statement.iterate(...params.map(toInput)) }
  }

  /** A map keeps its insertion order, so the first key is the one that was not used for longest. */
  #prepare(sql: string, bigints: boolean, arrays: boolean): Prepared {
    let prepared = this.#cache.get(sql)
    if (prepared === undefined) {
      const statement = this.#db.prepare(sql)
      prepared = { statement, reads: statement.columns().length > 0 }
    } else this.#cache.delete(sql)
    if (sql.length <= maxCachedLength) this.#cache.set(sql, prepared)
    if (this.#cache.size > maxCached) {
      for (const oldest of this.#cache.keys()) {
        this.#cache.delete(oldest)
        break
      }
    }
    prepared.statement.setReadBigInts(bigints)
    prepared.statement.setReturnArrays(arrays)
    return prepared
  }
}
