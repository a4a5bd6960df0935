/**
 * Postgres within the process, for machines without a server: `@electric-sql/pglite`, if it is installed (or in the
 * folder that `TIDEMARK_PGLITE` names). It has one session, so it stands in for one process alone.
 */
import { createRequire } from "node:module"
import { join } from "node:path"
import { Duplex } from "node:stream"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { SqlClient } from "effect/sql/SqlClient"

interface Database {
  readonly execProtocolRaw: (message: Uint8Array) => Promise<Uint8Array>
}

const locate = (): string | undefined => {
  const folder = process.env.TIDEMARK_PGLITE ?? import.meta.dirname
  try {
    return createRequire(join(folder, "x.js")).resolve("@electric-sql/pglite")
  } catch {
    return undefined
  }
}
const located = locate()

/** Whether it is there. */
export const hasPglite: boolean = located !== undefined

/** The wire of a session: what is written is a message, what is read its answer. */
const wireOf = (database: Database): Duplex => {
  const wire = new Duplex({
    read: () => {},
    write: (message: Uint8Array, _, done) => {
      database.execProtocolRaw(message).then(
        (answer) => {
          if (answer.length > 0) wire.push(answer)
          done()
        },
        (error) => done(error)
      )
    }
  })
  return wire
}

const open = async () => {
  const { PGlite } = (await import(located ?? "")) as { readonly PGlite: { readonly create: () => Promise<Database> } }
  const database = await PGlite.create()
  // One for all stores: a transaction of one waits for that of another.
  const client = PgClient.layer({ stream: () => wireOf(database), username: "postgres", maxConnections: 1 })
  const context = await Effect.runPromise(Layer.buildWithScope(client, Scope.makeUnsafe()))
  console.log("postgres: PGlite, within the process")
  return Layer.succeedContext(context)
}

let opened: Promise<Layer.Layer<SqlClient>> | undefined

/** Its client, made when it is first asked for. */
export const pgliteClient: Layer.Layer<SqlClient> = Layer.unwrap(
  Effect.promise(() => {
    opened ??= open()
    return opened
  })
)
