/** What a host that reads the SQL views of a store sees. */
import * as Effect from "effect/Effect"
import { SqlClient } from "effect/sql/SqlClient"
import { viewNames } from "../../src/adapters/sql/views.ts"

/** All rows of all views, each view's in one order. */
export const viewRows = (store: string): Effect.Effect<unknown, never, SqlClient> =>
  Effect.orDie(
    Effect.flatMap(SqlClient, (sql) =>
      Effect.forEach(viewNames, (view) => sql`SELECT * FROM ${sql(view)} WHERE store = ${store} ORDER BY 2, 3`)
    )
  )
