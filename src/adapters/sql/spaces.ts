/** The numbers that stand for a store and a kind in the rows of terms. */
import type { SqlClient } from "effect/sql/SqlClient"
import type { Fragment } from "effect/sql/Statement"
import type { TextKeys } from "./textKeys.ts"

/** The query for a space's number: no row where no record of the kind was ever stored. @internal */
export const spaceOf = (sql: SqlClient, keys: TextKeys, store: string, kind: string): Fragment =>
  sql`SELECT space FROM tidemark_spaces WHERE store = ${store} AND ${keys.is("kind", kind)}`
