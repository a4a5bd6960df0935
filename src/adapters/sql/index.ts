/**
 * `tidemark/sql`: storage in a SQL database, for authors of adapters that bring a dialect.
 *
 * @packageDocumentation
 */
export type { ArrayInsert, BulkInsert, Dialect, JsonDialect, LongTexts, SpacedRecord } from "./Dialect.ts"
export { CurrentDurability, type Durability } from "./Durability.ts"
export { postgresDialect } from "./postgresDialect.ts"
export { layer } from "./SqlStorage.ts"
export type { SqlStoreOptions } from "./SqlStore.ts"
export { sqliteDialect } from "./sqliteDialect.ts"
