/** The schema's history: numbered, forward only, never edited once released. */
import type { Dialect, LongTexts } from "./Dialect.ts"
import { createViews } from "./views.ts"

/** @internal */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly statements: (dialect: Dialect) => ReadonlyArray<string>
}

/** Keys of texts where an index takes them whole. */
const wholeKeys = {
  records: "CREATE UNIQUE INDEX tidemark_records_by_id ON tidemark_records (store, kind, id)",
  terms: { key: ", PRIMARY KEY (space, term, at, start, record)", indexes: [] },
  spaces: "CREATE UNIQUE INDEX tidemark_spaces_by_kind ON tidemark_spaces (store, kind)",
  refs: { key: ", PRIMARY KEY (store, name)", indexes: [], value: " NOT NULL" }
}

/** And where it does not. A page then sorts what has one time, and names that start alike for long. */
const digestKeys = ({ digest, prefix }: LongTexts) => ({
  records: `CREATE UNIQUE INDEX tidemark_records_by_id ON tidemark_records (store, ${digest("kind")}, ${digest("id")})`,
  terms: {
    key: "",
    indexes: ["CREATE INDEX tidemark_terms_by_term ON tidemark_terms (space, term, at)"]
  },
  spaces: `CREATE UNIQUE INDEX tidemark_spaces_by_kind ON tidemark_spaces (store, ${digest("kind")})`,
  refs: {
    key: "",
    indexes: [
      `CREATE UNIQUE INDEX tidemark_refs_by_name ON tidemark_refs (store, ${digest("name")})`,
      `CREATE INDEX tidemark_refs_in_order ON tidemark_refs (store, ${prefix("name")})`
    ],
    // An absent name that a transaction relies on is a row without a value for as long as it runs.
    value: ""
  }
})

const tables = ({ longTexts, types: { bytes, integer, row, text }, table }: Dialect): ReadonlyArray<string> => {
  const keys = longTexts === null ? wholeKeys : digestKeys(longTexts)
  return [
    // Contents stand apart, because a database rewrites a whole row, bytes and all, to change its `stored_at`; and an
    // object's bytes are `size` of a content's from `start` on, because rows of a few kilobytes leave much of a page empty.
    `CREATE TABLE tidemark_objects (
      store ${text} NOT NULL, id ${bytes} NOT NULL, size ${integer} NOT NULL, stored_at ${integer} NOT NULL,
      content ${integer} NOT NULL, start ${integer} NOT NULL, PRIMARY KEY (store, id)) ${table.clustered}`,
    // `members`: how the ids of the objects begin, with 8 bytes each, that the row was stored for. No other's removal takes it away.
    `CREATE TABLE tidemark_contents (content ${row}, members ${bytes} NOT NULL, bytes ${bytes} NOT NULL) ${table.rows}`,
    `CREATE TABLE tidemark_records (
      record ${row}, store ${text} NOT NULL, kind ${text} NOT NULL, id ${text} NOT NULL, at ${integer} NOT NULL,
      terms ${text} NOT NULL, body ${text} NOT NULL) ${table.rows}`,
    keys.records,
    // A record has many terms: what their rows have in common stands elsewhere, a short key stands for the term, and of the
    // record's id they have no more than nearly always decides the order of equal times. Those that begin alike too are sorted
    // by each page. The terms themselves are packed in the record.
    `CREATE TABLE tidemark_spaces (space ${row}, store ${text} NOT NULL, kind ${text} NOT NULL) ${table.rows}`,
    keys.spaces,
    `CREATE TABLE tidemark_terms (
      space ${integer} NOT NULL, term ${bytes} NOT NULL, at ${integer} NOT NULL, start ${text} NOT NULL,
      record ${integer} NOT NULL${keys.terms.key}) ${table.clustered}`,
    ...keys.terms.indexes,
    `CREATE TABLE tidemark_refs (
      store ${text} NOT NULL, name ${text} NOT NULL, value ${text}${keys.refs.value}${keys.refs.key}) ${table.clustered}`,
    ...keys.refs.indexes,
    // Derived, and large: in parts, each of which is one row's content.
    `CREATE TABLE tidemark_indexes (
      store ${text} NOT NULL, part ${integer} NOT NULL, bytes ${bytes} NOT NULL, PRIMARY KEY (store, part)) ${table.clustered}`
  ]
}

/** @internal */
export const migrations: ReadonlyArray<Migration> = [
  { version: 1, name: "tables and views", statements: (dialect) => [...tables(dialect), ...createViews(dialect)] }
]
