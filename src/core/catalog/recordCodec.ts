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
  /** Throws for a value whose body could not be read again. */
  readonly check: (value: A, body: string) => void
  readonly decode: (record: StoredRecord) => Effect.Effect<A, StorageError>
  readonly decodeAll: (records: Iterable<StoredRecord>) => Effect.Effect<ReadonlyArray<A>, StorageError>
}

/** Damage found while reading `key`. @internal */
export const corrupt = (operation: string, key: string, detail: string): StorageError =>
  new StorageError({ reason: new StorageCorrupt({ operation, key, detail }) })

/** NUL and halves of surrogate pairs, as JSON writes them: in keys too, where schemas do not look. */
const unstorable = /(?:^|[^\\])(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/

/**
 * Makes the codec of a record kind from the schema of its values, which must encode to JSON as they are. `isPlain` may say
 * yes to values that the schema would take as they are, where the schema costs too much.
 *
 * @internal
 */
export const recordCodec = <A extends { readonly id: string }>(
  kind: string,
  schema: Schema.Codec<A, unknown>,
  isPlain: (value: unknown) => value is A = (_): _ is A => false
): RecordCodec<A> => {
  const decode = Schema.decodeUnknownExit(schema)
  const isTaken = Schema.is(schema)
  const isValid = (value: A) => isPlain(value) || isTaken(value)
  // What could not be read again must not be written: one such record would spoil every page that it is on.
  const check = (value: A, body: string) => {
    if (unstorable.test(body) || !isValid(value)) throw new TypeError(`${kind} ${value.id} cannot be stored as it is`)
  }
  const damaged = (record: StoredRecord, detail: string) => corrupt("read", `${kind} ${record.id}`, detail)
  /** The value, or what is wrong with the record. */
  const readBody = (record: StoredRecord): { readonly value: A } | string => {
    let json: unknown
    try {
      json = JSON.parse(record.body)
    } catch {
      return "its body is not JSON"
    }
    const decoded = isPlain(json) ? { _tag: "Success" as const, value: json } : decode(json)
    if (decoded._tag === "Failure") return "its body has another shape than its kind"
    return decoded.value.id === record.id ? decoded : `its body names ${decoded.value.id}`
  }
  return {
    kind,
    check,
    encode: (value) => {
      const body = canonicalJson(value)
      check(value, body)
      return body
    },
    decode: (record) => {
      const read = readBody(record)
      return typeof read === "string" ? Effect.fail(damaged(record, read)) : Effect.succeed(read.value)
    },
    // In one step: a page has many records, and an effect for each costs as much as reading it.
    decodeAll: (records) =>
      Effect.suspend(() => {
        const values: Array<A> = []
        for (const record of records) {
          const read = readBody(record)
          if (typeof read === "string") return Effect.fail(damaged(record, read))
          values.push(read.value)
        }
        return Effect.succeed(values)
      })
  }
}
