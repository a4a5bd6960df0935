/** Checks of a store that others prune and collect meanwhile. */
import * as Effect from "effect/Effect"
import type { OperationId } from "../../model/Ids.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import { StorageError, StorageUnavailable } from "../../storage/StorageError.ts"
import { ledgerHead } from "../catalog/names.ts"
import { operationCodec } from "./OperationLog.ts"

/** So often a check begins again. */
const attempts = 5

const clearing: ReadonlySet<string> = new Set(["prune", "collect", "repair"])

/** Whether an operation since this one took something away. Where the chain cannot be read, none is known to have. */
const isCleared = (catalog: CatalogStorageService, since: OperationId): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    let id: string | null = (yield* catalog.refs([ledgerHead])).get(ledgerHead) ?? null
    while (id !== null && id !== since) {
      const record = (yield* catalog.records(operationCodec.kind, [id])).get(id)
      if (record === undefined) return false
      const { kind, previous } = yield* operationCodec.decode(record)
      if (clearing.has(kind)) return true
      id = previous
    }
    return false
  }).pipe(Effect.catchCause(() => Effect.succeed(false)))

/**
 * Runs a check, and begins it again where it found something while something was pruned or collected: what it missed need not
 * be damage. Fails with `StorageUnavailable` where that does not end.
 *
 * @internal
 */
export const unlessCleared = Effect.fnUntraced(function* <
  A extends { readonly head: OperationId | null; readonly findings: ReadonlyArray<unknown> }
>(catalog: CatalogStorageService, check: Effect.Effect<A, StorageError>): Effect.fn.Return<A, StorageError> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const report = yield* check
    if (report.findings.length === 0 || report.head === null) return report
    if (!(yield* isCleared(catalog, report.head))) return report
  }
  const detail = "the store was pruned or collected each time that it was checked"
  return yield* new StorageError({ reason: new StorageUnavailable({ operation: "verify", detail }) })
})
