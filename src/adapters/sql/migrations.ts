/** The schema's history: numbered, forward only, never edited once released. */
import type { Dialect } from "./Dialect.ts"
import { createViews } from "./views.ts"

/** @internal */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly statements: (dialect: Dialect) => ReadonlyArray<string>
}

const tables = ({ types: { bytes, integer, row, text }, table }: Dialect): ReadonlyArray<string> => [
  // Contents stand apart, because a database rewrites a whole row, bytes and all, to change its `stored_at`.
  `CREATE TABLE tidemark_objects (
    store ${text} NOT NULL, id ${text} NOT NULL, size ${integer} NOT NULL, stored_at ${integer} NOT NULL,
    content ${integer} NOT NULL, PRIMARY KEY (store, id)) ${table.clustered}`,
  `CREATE TABLE tidemark_contents (content ${row}, bytes ${bytes} NOT NULL) ${table.rows}`,
  `CREATE TABLE tidemark_records (
    record ${row}, store ${text} NOT NULL, kind ${text} NOT NULL, id ${text} NOT NULL, at ${integer} NOT NULL,
    terms ${text} NOT NULL, body ${text} NOT NULL) ${table.rows}`,
  "CREATE UNIQUE INDEX tidemark_records_by_id ON tidemark_records (store, kind, id)",
  // The id is in the key for the order of equal times: without it, a page would have to sort all of them.
  `CREATE TABLE tidemark_terms (
    store ${text} NOT NULL, kind ${text} NOT NULL, term ${text} NOT NULL, at ${integer} NOT NULL,
    id ${text} NOT NULL, record ${integer} NOT NULL, PRIMARY KEY (store, kind, term, at, id)) ${table.clustered}`,
  `CREATE TABLE tidemark_refs (
    store ${text} NOT NULL, name ${text} NOT NULL, value ${text} NOT NULL, PRIMARY KEY (store, name)) ${table.clustered}`
]

/** @internal */
export const migrations: ReadonlyArray<Migration> = [
  { version: 1, name: "tables and views", statements: (dialect) => [...tables(dialect), ...createViews(dialect)] }
]
