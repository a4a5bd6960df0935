/** The index of the version graph, kept in parts in a table of its own. */
import * as Effect from "effect/Effect"
import { joinBytes } from "../../model/joinBytes.ts"
import type { VersionIndexStorageService } from "../../storage/VersionIndexStorage.ts"
import type { SqlStore } from "./SqlStore.ts"

const partBytes = 1 << 20

/** @internal */
export const makeSqlVersionIndex = ({ sql, store, told, write }: SqlStore): VersionIndexStorageService => {
  // One statement, so that no other writer's parts get in between.
  const load = Effect.map(
    sql<{ bytes: Uint8Array }>`SELECT bytes FROM tidemark_indexes WHERE store = ${store} ORDER BY part`,
    (parts) => {
      // One that is damaged is as good as none: it is made again.
      if (parts.length === 0 || !parts.every(({ bytes }) => bytes instanceof Uint8Array)) return null
      return joinBytes(parts.map(({ bytes }) => bytes))
    }
  )
  const save = Effect.fnUntraced(function* (whole: Uint8Array) {
    yield* sql`DELETE FROM tidemark_indexes WHERE store = ${store}`
    for (let part = 0; part * partBytes < whole.length; part++) {
      const bytes = whole.subarray(part * partBytes, (part + 1) * partBytes)
      yield* sql`INSERT INTO tidemark_indexes ${sql.insert({ store, part, bytes })}`
    }
  })
  return {
    load: told("load index", load),
    // Whatever is lost of it is made again.
    save: (bytes) => write("save index", "relaxed", save(bytes))
  }
}
