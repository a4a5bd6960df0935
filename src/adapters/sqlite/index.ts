/**
 * `tidemark/sqlite`: storage in one SQLite file, over `node:sqlite` or a SqlClient of the host's.
 *
 * @packageDocumentation
 */
export {
  capabilities,
  layer,
  layerClient,
  layerStore,
  type SqliteOptions,
  type SqliteStoreOptions
} from "./Sqlite.ts"
export type { SqliteClientOptions } from "./SqliteClient.ts"
