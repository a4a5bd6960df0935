/** Asking for a record by an id that a caller gave. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Text } from "../../model/Ids.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"

const isText = Schema.is(Text)

const isId = (id: string): boolean => id !== "" && isText(id)

/** Reads records; a text that can be no id is the id of nothing, and no storage is asked about it. @internal */
export const askRecords = (
  catalog: CatalogStorageService,
  kind: string,
  ids: ReadonlyArray<string>
): Effect.Effect<ReadonlyMap<string, StoredRecord>, StorageError> => {
  const asked = ids.filter(isId)
  return asked.length === 0 ? Effect.succeed(new Map()) : catalog.records(kind, asked)
}

/** Reads a record; a text that can be no id is the id of nothing, and no storage is asked about it. @internal */
export const askRecord = (
  catalog: CatalogStorageService,
  kind: string,
  id: string
): Effect.Effect<StoredRecord | undefined, StorageError> =>
  Effect.map(askRecords(catalog, kind, [id]), (records) => records.get(id))
