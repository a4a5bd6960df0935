/** Storage in any SQL database that Effect's SqlClient reaches and a {@link Dialect} describes. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CatalogStorage } from "../../storage/CatalogStorage.ts"
import { ObjectStorage } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { migrate } from "./migrate.ts"
import { makeSqlStore, type SqlStoreOptions } from "./SqlStore.ts"
import { makeSqlCatalog } from "./sqlCatalog.ts"
import { makeSqlObjects } from "./sqlObjects.ts"

/**
 * Opens a store: brings the schema up to date (with `readonly`: only checks it), and gives both kinds of storage.
 *
 * @public
 */
export const layer = (
  options: SqlStoreOptions & { readonly readonly?: boolean | undefined }
): Layer.Layer<ObjectStorage | CatalogStorage, StorageError> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const store = makeSqlStore(options)
      yield* migrate(store, { readonly: options.readonly ?? false })
      return Context.empty().pipe(
        Context.add(ObjectStorage, makeSqlObjects(store)),
        Context.add(CatalogStorage, makeSqlCatalog(store))
      )
    })
  )
