/** What node:sqlite throws, as Effect's SqlError. */
import { classifySqliteError, SqlError } from "effect/sql/SqlError"

interface SqliteFailure {
  readonly errcode: number
}
const isSqliteFailure = (cause: unknown): cause is SqliteFailure =>
  typeof cause === "object" && cause !== null && "errcode" in cause && typeof cause.errcode === "number"

/** @internal */
export const sqliteError = (cause: unknown, operation: string): SqlError => {
  // Effect's classifier knows the number as `errno`, which is what other clients call it.
  if (isSqliteFailure(cause) && !("errno" in cause)) Object.assign(cause, { errno: cause.errcode })
  return new SqlError({ reason: classifySqliteError(cause, { message: `Failed to ${operation}`, operation }) })
}

const busySnapshot = 517

/**
 * Somebody else has the lock now, and asking again may get it. A read that is behind (517) has to start over instead.
 *
 * @internal
 */
export const isBusy = (cause: unknown): boolean =>
  isSqliteFailure(cause) && (cause.errcode & 0xff) === 5 && cause.errcode !== busySnapshot
