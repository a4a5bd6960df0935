/** Reading all of a store, page by page: what is held at once does not grow with the store. */
import * as Effect from "effect/Effect"
import type { ObjectId, RefName } from "../../model/Ids.ts"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { ObjectInfo, ObjectStorageService } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"

const objectPage = 1000
const refPage = 1000
const operationPage = 200

/** Gives `use` every object of a store, in pages. @internal */
export const eachObjectPage = Effect.fnUntraced(function* <E>(
  storage: ObjectStorageService,
  use: (page: ReadonlyArray<ObjectInfo>) => Effect.Effect<void, E>
): Effect.fn.Return<void, E | StorageError> {
  for (let after: ObjectId | undefined; ; ) {
    const page: ReadonlyArray<ObjectInfo> = yield* storage.list({ after, limit: objectPage })
    yield* use(page)
    after = page.at(-1)?.id
    if (page.length < objectPage) return
  }
})

/** Gives `use` every ref of a store, in pages. @internal */
export const eachRefPage = Effect.fnUntraced(function* <E>(
  catalog: CatalogStorageService,
  use: (page: ReadonlyArray<readonly [RefName, string]>) => Effect.Effect<void, E>
): Effect.fn.Return<void, E | StorageError> {
  for (let after: RefName | undefined; ; ) {
    const page: ReadonlyArray<readonly [RefName, string]> = yield* catalog.list({ prefix: "", after, limit: refPage })
    yield* use(page)
    after = page.at(-1)?.[0]
    if (page.length < refPage) return
  }
})

/** Gives `use` every stored operation, newest first, in pages. @internal */
export const eachOperationPage = Effect.fnUntraced(function* <E>(
  catalog: CatalogStorageService,
  use: (page: ReadonlyArray<StoredRecord>) => Effect.Effect<void, E>
): Effect.fn.Return<void, E | StorageError> {
  for (let after: StoredRecord | undefined; ; ) {
    const page: ReadonlyArray<StoredRecord> = yield* catalog.scan({
      kind: "operation",
      term: "all",
      direction: "backward",
      after,
      limit: operationPage
    })
    yield* use(page)
    after = page.at(-1)
    if (page.length < operationPage) return
  }
})
