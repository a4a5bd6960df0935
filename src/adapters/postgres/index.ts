/**
 * `tidemark/postgres`: storage in Postgres, over `@effect/sql-pg` or a SqlClient of the host's.
 *
 * @packageDocumentation
 */
export {
  capabilities,
  layer,
  layerClient,
  layerStore,
  type PostgresClientOptions,
  type PostgresOptions,
  type PostgresStoreOptions
} from "./Postgres.ts"
