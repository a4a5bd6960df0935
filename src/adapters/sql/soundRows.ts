/** Rows whose values are of the types that their columns have: SQLite keeps a type with each value, which damage can change. */
import * as Effect from "effect/Effect"
import { StorageCorrupt, StorageError } from "../../storage/StorageError.ts"

/** What a column holds. A number may come as the text of one, where it is longer than numbers of JavaScript are. */
type Type = "text" | "number" | "bytes"

const isOf: { readonly [T in Type]: (value: unknown) => boolean } = {
  text: (value) => typeof value === "string",
  number: (value) => value !== null && typeof value !== "object" && Number.isFinite(Number(value)),
  bytes: (value) => value instanceof Uint8Array
}

/**
 * The rows, if each value is of its column's type; else the store is damaged, and whoever reads must not go on with such a value.
 *
 * @internal
 */
export const soundRows = <Row extends object>(
  operation: string,
  rows: ReadonlyArray<Row>,
  types: { readonly [K in keyof Row & string]: Type }
): Effect.Effect<ReadonlyArray<Row>, StorageError> => {
  for (const [column, type] of Object.entries<Type>(types)) {
    const isSound = isOf[type]
    for (const row of rows) {
      if (isSound((row as Readonly<Record<string, unknown>>)[column])) continue
      const { id, name }: { readonly id?: unknown; readonly name?: unknown } = row
      const detail = `the column ${column} holds no ${type}`
      const reason = new StorageCorrupt({ operation, key: String(id ?? name ?? column), detail })
      return Effect.fail(new StorageError({ reason }))
    }
  }
  return Effect.succeed(rows)
}
