/** Durable stores of every adapter, as a crash test needs them: made, copied, opened, and looked at from below. */
import * as fs from "node:fs"
import { basename, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { SqlClient } from "effect/sql/SqlClient"
import * as Filesystem from "../../../src/adapters/filesystem/FilesystemStorage.ts"
import { openStore } from "../../../src/adapters/filesystem/store/openStore.ts"
import { StoreDisk } from "../../../src/adapters/filesystem/store/StoreDisk.ts"
import * as Postgres from "../../../src/adapters/postgres/Postgres.ts"
import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import type { StorageServices } from "../../../src/testkit/StorageFixture.ts"
import type { OnPoint } from "./points.ts"

/** What a store holds, in a form that two stores can be compared by. */
export interface Held {
  /** Records, their terms, names, and the rows of every view: everything but the store's own name. */
  readonly catalog: string
  readonly objects: ReadonlyArray<string>
  /** Every name and its value, but the ledger's head. */
  readonly names: ReadonlyArray<string>
  /** What nobody will ever collect. */
  readonly leftovers: ReadonlyArray<string>
}

/** An adapter. A place is a text that fits a command line; it is below the folder that is given, or named after it. */
export interface Adapter {
  readonly name: "sqlite" | "filesystem" | "postgres"
  readonly fresh: (folder: string) => Promise<string>
  readonly copy: (place: string, folder: string) => Promise<string>
  readonly remove: (place: string) => Promise<void>
  readonly layer: (place: string, onPoint?: OnPoint) => Layer.Layer<StorageServices, StorageError>
  readonly held: (place: string) => Promise<Held>
}

const ledgerHead = "head/ledger"

const isIdentity = (name: unknown) => name === "store/identity"

const busyTimeout = "20 seconds"

const plain = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value)

type Rows = ReadonlyArray<Record<string, unknown>>

/** What the tables and views of a database say of a store. Row numbers and times of storing are the database's own business. */
const heldInSql = async (
  store: string,
  views: ReadonlyArray<string>,
  query: (sql: string) => Promise<Rows>
): Promise<Held> => {
  const sorted = (rows: Rows) => rows.map((row) => JSON.stringify(row, plain)).sort()
  const of = (columns: string, table: string) => query(`SELECT ${columns} FROM ${table} WHERE store = '${store}'`)
  const refs = await of("name, value", "tidemark_refs")
  const tables = {
    records: sorted(await of("kind, id, at, body", "tidemark_records")),
    terms: sorted(
      await query(`SELECT s.kind, t.term, t.at, t.start, r.id FROM tidemark_spaces s JOIN tidemark_terms t ON t.space = s.space
        LEFT JOIN tidemark_records r ON r.record = t.record WHERE s.store = '${store}'`)
    ),
    refs: sorted(refs.filter(({ name }) => !isIdentity(name)))
  }
  const seen: Record<string, ReadonlyArray<string>> = {}
  for (const view of views) {
    const rows = (await of("*", view)).filter(({ name }) => !isIdentity(name))
    seen[view] = sorted(rows.map((row) => ({ ...row, store: null, stored_at: null })))
  }
  const lost = async (what: string, inner: string, outer: string) =>
    sorted(await query(`SELECT content FROM ${inner} WHERE content NOT IN (SELECT content FROM ${outer})`)).map(
      (row) => `${what} ${row}`
    )
  return {
    catalog: JSON.stringify({ tables, views: seen }, null, 1),
    names: refs
      .filter(({ name }) => !isIdentity(name) && name !== ledgerHead)
      .map(({ name, value }) => `${name} = ${value}`)
      .sort(),
    objects: (await of("id", "tidemark_objects")).map(({ id }) => Buffer.from(id as Uint8Array).toString("hex")).sort(),
    leftovers: [
      ...(await lost("content of no object", "tidemark_contents", "tidemark_objects")),
      ...(await lost("object without content", "tidemark_objects", "tidemark_contents"))
    ]
  }
}

export const sqlite: Adapter = {
  name: "sqlite",
  fresh: (folder) => Promise.resolve(join(folder, "store.db")),
  copy: (place, folder) => {
    const to = join(folder, "store.db")
    for (const end of ["", "-wal"]) if (fs.existsSync(place + end)) fs.copyFileSync(place + end, to + end)
    return Promise.resolve(to)
  },
  remove: () => Promise.resolve(),
  layer: (place) => Sqlite.layer({ file: place, busyTimeout }),
  held: async (place) => {
    const db = new DatabaseSync(place)
    try {
      const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'view'").all()
      const held = await heldInSql(
        "default",
        names.map(({ name }) => String(name)),
        (sql) => Promise.resolve(db.prepare(sql).all())
      )
      const intact = db
        .prepare("PRAGMA integrity_check")
        .all()
        .map((row) => String(row.integrity_check))
      return { ...held, leftovers: [...held.leftovers, ...intact.filter((line) => line !== "ok")] }
    } finally {
      db.close()
    }
  }
}

export const filesystem: Adapter = {
  name: "filesystem",
  fresh: (folder) => Promise.resolve(join(folder, "store")),
  copy: (place, folder) => {
    const to = join(folder, "store")
    if (fs.existsSync(place)) fs.cpSync(place, to, { recursive: true })
    return Promise.resolve(to)
  },
  remove: () => Promise.resolve(),
  layer: (place, onPoint) =>
    Filesystem.layer({
      directory: place,
      busyTimeout,
      ...(onPoint === undefined ? {} : { onStep: (_: number, label: string) => onPoint(`store ${label}`) })
    }),
  held: async (place) => {
    // A name that somebody may still be writing is left alone for an hour.
    for (const name of fs.readdirSync(join(place, "locks"))) {
      if (name.endsWith(".tmp")) fs.utimesSync(join(place, "locks", name), 1, 1)
    }
    const options = { capabilities: Filesystem.capabilities, readonly: false, patience: 1000, compactAbove: 1 << 20 }
    const store = await Effect.runPromise(openStore({ ...options, directory: place, disk: new StoreDisk(undefined) }))
    const changes = [...store.catalog.changes()]
    const records = changes.flatMap((change) => change.records.map((one) => JSON.stringify(one))).sort()
    const refs = changes.flatMap((change) =>
      change.refs.filter(([name]) => !isIdentity(name)).map((one) => one.join(" = "))
    )
    store.close()
    const files = fs.readdirSync(join(place, "objects"), { recursive: true, encoding: "utf8" })
    const objects = files.filter((file) => file.includes("/"))
    return {
      catalog: JSON.stringify({ records, refs: refs.sort() }, null, 1),
      names: refs.filter((ref) => !ref.startsWith(`${ledgerHead} = `)).sort(),
      objects: objects.map((file) => file.slice(file.indexOf("/") + 1)).sort(),
      leftovers: [
        ...fs.readdirSync(join(place, "locks")).map((file) => `lock ${file}`),
        ...fs.readdirSync(place).filter((file) => /\.(tmp|new)$/.test(file)),
        ...objects.filter((file) => file.endsWith(".tmp"))
      ]
    }
  }
}

/** Opens a store on a server by its place, `url#store`. */
export const layerPostgres = (place: string): Layer.Layer<StorageServices, StorageError> => {
  const [url = "", store = ""] = place.split("#")
  return Postgres.layer({ url, store, busyTimeout, maxConnections: 2 })
}

/** Copies a store within a database: rows are numbered anew. */
const copyStore = (from: string, to: string): ReadonlyArray<string> => {
  const next = (table: string, column: string) => `nextval(pg_get_serial_sequence('${table}', '${column}')) AS fresh`
  return [
    `WITH source AS MATERIALIZED (
       SELECT id, size, stored_at, start, members, bytes, ${next("tidemark_contents", "content")}
       FROM tidemark_objects JOIN tidemark_contents USING (content) WHERE store = '${from}'),
     contents AS (INSERT INTO tidemark_contents (content, members, bytes) SELECT fresh, members, bytes FROM source)
     INSERT INTO tidemark_objects (store, id, size, stored_at, content, start)
     SELECT '${to}', id, size, stored_at, fresh, start FROM source`,
    `INSERT INTO tidemark_spaces (store, kind) SELECT '${to}', kind FROM tidemark_spaces WHERE store = '${from}'`,
    `WITH source AS MATERIALIZED (
       SELECT *, ${next("tidemark_records", "record")} FROM tidemark_records WHERE store = '${from}'),
     records AS (INSERT INTO tidemark_records (record, store, kind, id, at, terms, body)
       SELECT fresh, '${to}', kind, id, at, terms, body FROM source)
     INSERT INTO tidemark_terms (space, term, at, start, record)
     SELECT s.space, term, terms.at, terms.start, fresh
     FROM tidemark_terms terms JOIN source USING (record)
     JOIN tidemark_spaces s ON s.store = '${to}' AND s.kind = source.kind`,
    `INSERT INTO tidemark_refs (store, name, value)
     SELECT '${to}', name, value FROM tidemark_refs WHERE store = '${from}'`
  ]
}

/** Stores in a database of a server, which stays open until `close`. A copy has a name of its own. */
export const openPostgres = async (
  url: string
): Promise<{ readonly adapter: Adapter; readonly close: () => Promise<void> }> => {
  const runtime = ManagedRuntime.make(Postgres.layerClient({ url, busyTimeout, maxConnections: 4 }))
  const client = await runtime.runPromise(SqlClient)
  const query = (text: string): Promise<Rows> =>
    runtime.runPromise(client.unsafe<Record<string, unknown>>(text)) as Promise<Rows>
  const storeOf = (place: string) => place.split("#")[1] ?? ""
  const nameOf = (folder: string) => basename(folder)
  const layer = (place: string) =>
    Postgres.layerStore({ store: storeOf(place) }).pipe(Layer.provide(Layer.succeed(SqlClient, client)))
  const adapter: Adapter = {
    name: "postgres",
    fresh: (folder) => Promise.resolve(`${url}#${nameOf(folder)}`),
    copy: async (place, folder) => {
      for (const statement of copyStore(storeOf(place), nameOf(folder))) await query(statement)
      return `${url}#${nameOf(folder)}`
    },
    remove: async (place) => {
      const ours = `WHERE store = '${storeOf(place)}'`
      await query(
        `WITH gone AS (DELETE FROM tidemark_objects ${ours} RETURNING content)
         DELETE FROM tidemark_contents WHERE content IN (SELECT content FROM gone)`
      )
      await query(`DELETE FROM tidemark_terms WHERE space IN (SELECT space FROM tidemark_spaces ${ours})`)
      for (const table of ["spaces", "records", "refs"]) await query(`DELETE FROM tidemark_${table} ${ours}`)
    },
    layer,
    held: async (place) => {
      const views = await query("SELECT viewname FROM pg_views WHERE schemaname = 'public'")
      return heldInSql(
        storeOf(place),
        views.map(({ viewname }) => String(viewname)),
        query
      )
    }
  }
  // The tables, before anything is copied.
  await runtime.runPromise(Effect.provide(Effect.void, layer(`${url}#first`)))
  return { adapter, close: () => runtime.dispose() }
}
