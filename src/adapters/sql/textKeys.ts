/** Conditions on texts of any length that an index answers. */
import type { SqlClient } from "effect/sql/SqlClient"
import type { Fragment } from "effect/sql/Statement"
import type { Dialect } from "./Dialect.ts"

/** @internal */
export interface TextKeys {
  /** The column holds this text. */
  readonly is: (column: string, text: string) => Fragment
  /** The column holds one of these texts. */
  readonly isOneOf: (column: string, texts: ReadonlyArray<string>) => Fragment
  /** The column's text is above, or not below, this one. */
  readonly above: (column: string, text: string, inclusive: boolean) => ReadonlyArray<Fragment>
  /** The column's text is below this one. */
  readonly below: (column: string, text: string) => ReadonlyArray<Fragment>
  /** What an index orders the column's texts by, and they themselves. */
  readonly order: (column: string) => Fragment
}

/** @internal */
export const makeTextKeys = (sql: SqlClient, { longTexts }: Dialect): TextKeys => {
  if (longTexts === null) {
    return {
      is: (column, text) => sql`${sql.literal(column)} = ${text}`,
      isOneOf: (column, texts) => sql`${sql.literal(column)} IN ${sql.in(texts)}`,
      above: (column, text, inclusive) => [sql`${sql.literal(column)} ${sql.literal(inclusive ? ">=" : ">")} ${text}`],
      below: (column, text) => [sql`${sql.literal(column)} < ${text}`],
      order: (column) => sql.literal(column)
    }
  }
  const { digest, digestOf, prefix } = longTexts
  const bound = (column: string, sign: ">=" | "<=", text: string) => {
    const [before = "", after = ""] = prefix("\0").split("\0")
    return sql`${sql.literal(prefix(column))} ${sql.literal(sign)} ${sql.literal(before)}${text}${sql.literal(after)}`
  }
  return {
    is: (column, text) => sql`${sql.literal(digest(column))} = ${digestOf(text)}`,
    // One parameter: the statement is the same for any number of texts.
    isOneOf: (column, texts) => sql`${sql.literal(digest(column))} = ANY(${texts.map(digestOf)})`,
    above: (column, text, inclusive) => [
      bound(column, ">=", text),
      sql`${sql.literal(column)} ${sql.literal(inclusive ? ">=" : ">")} ${text}`
    ],
    below: (column, text) => [bound(column, "<=", text), sql`${sql.literal(column)} < ${text}`],
    order: (column) => sql.literal(`${prefix(column)}, ${column}`)
  }
}
