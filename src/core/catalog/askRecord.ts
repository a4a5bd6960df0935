/** Asking for a record by an id that a caller gave. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Text } from "../../model/Ids.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"

const isText = Schema.is(Text)

/** Reads a record; a text that can be no id is the id of nothing, and no storage is asked about it. @internal */
export const askRecord = (
  catalog: CatalogStorageService,
  kind: string,
  id: string
): Effect.Effect<StoredRecord | undefined, StorageError> =>
  id === "" || !isText(id)
    ? Effect.succeed(undefined)
    : Effect.map(catalog.records(kind, [id]), (records) => records.get(id))
