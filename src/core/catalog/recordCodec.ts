/** Records as the catalog keeps them: canonical JSON of a model value, checked again whenever it is read. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { canonicalJson } from "../../algo/encoding/canonicalJson.ts"
import type { StoredRecord } from "../../storage/CatalogStorage.ts"
import { StorageCorrupt, StorageError } from "../../storage/StorageError.ts"

/** Reads and writes the records of one kind. @internal */
export interface RecordCodec<A> {
  readonly kind: string
  readonly encode: (value: A) => string
  readonly decode: (record: StoredRecord) => Effect.Effect<A, StorageError>
}

/** Damage found while reading `key`. @internal */
export const corrupt = (operation: string, key: string, detail: string): StorageError =>
  new StorageError({ reason: new StorageCorrupt({ operation, key, detail }) })

/** Makes the codec of a record kind from the schema of its values, which must encode to JSON as they are. @internal */
export const recordCodec = <A extends { readonly id: string }>(
  kind: string,
  schema: Schema.Codec<A, unknown>
): RecordCodec<A> => {
  const decode = Schema.decodeUnknownExit(schema)
  return {
    kind,
    encode: (value) => canonicalJson(value),
    decode: (record) => {
      const damaged = (detail: string) => Effect.fail(corrupt("read", `${kind} ${record.id}`, detail))
      let json: unknown
      try {
        json = JSON.parse(record.body)
      } catch {
        return damaged("its body is not JSON")
      }
      const decoded = decode(json)
      if (decoded._tag === "Failure") return damaged("its body has another shape than its kind")
      if (decoded.value.id !== record.id) return damaged(`its body names ${decoded.value.id}`)
      return Effect.succeed(decoded.value)
    }
  }
}
