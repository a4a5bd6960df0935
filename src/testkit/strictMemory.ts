/** A memory that refuses whatever a real store may happen to allow: what works on it works on every adapter. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { type MemoryStore, make } from "../adapters/memory/Memory.ts"
import { ObjectId, RefName, Text } from "../model/Ids.ts"
import {
  type CatalogCommit,
  CatalogStorage,
  type CatalogStorageService,
  type StoredRecord
} from "../storage/CatalogStorage.ts"
import { ObjectStorage, type ObjectStorageService, type StoredObject } from "../storage/ObjectStorage.ts"
import { same, show } from "./same.ts"

const maxObject = 4 * 1024 * 1024

/** A caller did what the contract does not allow. Always a defect: the caller is to be mended. @public */
export class ContractMisused extends Schema.TaggedError<ContractMisused>("tidemark/testkit/ContractMisused")(
  "ContractMisused",
  { operation: Schema.String, detail: Schema.String }
) {
  override get message(): string {
    return `${this.operation} was called with ${this.detail}.`
  }
}

type Complaint = string | null

const isObjectId = Schema.is(ObjectId)
const isRefName = Schema.is(RefName)
const isText = Schema.is(Text)

/** The first complaint, if there is any. */
const first = (...complaints: ReadonlyArray<Complaint>): Complaint => complaints.find((one) => one !== null) ?? null
const each = <A>(items: ReadonlyArray<A>, complain: (item: A) => Complaint): Complaint => first(...items.map(complain))
const unless = (holds: boolean, detail: string): Complaint => (holds ? null : detail)

const objectId = (id: string) => unless(isObjectId(id), `${show(id)}, which is no object id`)
const refName = (name: string) => unless(isRefName(name), `${show(name)}, which is no name of a ref`)
const text = (value: string) => unless(isText(value), `${show(value)}, which not every store can hold`)
const filled = (value: string) => first(unless(value !== "", "an empty text"), text(value))
const page = (limit: number) => unless(Number.isInteger(limit) && limit > 0, `the limit ${limit}`)
const time = (at: number) => unless(Number.isSafeInteger(at) && at >= 0, `the time ${at}`)

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const isJson = (value: string) => decodeJson(value)._tag === "Some"

/** Canonical JSON has one text for one value (RFC 8785): keys in order, no spaces. */
const isCanonical = (body: string): boolean => {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted)
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, item]) => [key, sorted(item)])
    )
  }
  // Keys that look like array indices come first in an object whatever their order, so their texts cannot be compared.
  return /"\d+":/.test(body) || JSON.stringify(sorted(JSON.parse(body))) === body
}

const body = (value: string) => unless(isJson(value) && isCanonical(value), "a body that is not canonical JSON")

const duplicates = (keys: ReadonlyArray<string>, what: string) =>
  unless(new Set(keys).size === keys.length, `${what} named twice`)

const putComplaint = (objects: ReadonlyArray<StoredObject>, known: ReadonlyMap<string, Uint8Array>): Complaint => {
  const seen = new Map<string, Uint8Array>(known)
  return first(
    unless(objects.length > 0, "no object at all"),
    each(objects, ({ id, bytes }) => {
      const before = seen.get(id)
      seen.set(id, bytes)
      return first(
        objectId(id),
        unless(bytes.length <= maxObject, `an object of ${bytes.length} bytes; the most is ${maxObject}`),
        unless(before === undefined || same(before, bytes), `other bytes for ${id} than it has`)
      )
    })
  )
}

const commitComplaint = ({ records: given = [], remove = [], refs }: CatalogCommit): Complaint => {
  const records = [...given]
  const key = ({ kind, id }: { readonly kind: string; readonly id: string }) => `${kind}\0${id}`
  return first(
    unless(refs.length > 0, "no ref at all"),
    duplicates(
      refs.map(({ name }) => name),
      "a ref"
    ),
    duplicates(records.map(key), "a record"),
    duplicates(remove.map(key), "a record to remove"),
    each(refs, ({ name, expected, next }) => first(refName(name), filled(expected ?? "-"), filled(next ?? "-"))),
    each(records, (record) =>
      first(
        filled(record.kind),
        filled(record.id),
        time(record.at),
        each(record.terms, filled),
        duplicates(record.terms, "a term"),
        body(record.body)
      )
    )
  )
}

/** Storage may answer in any order where the contract names none; callers that rely on one get the other. */
const backwards = <K, V>(map: ReadonlyMap<K, V>): ReadonlyMap<K, V> => new Map([...map].reverse())

const strictObjects = (objects: ObjectStorageService): ObjectStorageService => {
  const guard = guarded("objects")
  return {
    ...objects,
    put: (batch) =>
      Effect.flatMap(objects.get(batch.map(({ id }) => id)), (known) =>
        guard("put", putComplaint(batch, known), objects.put(batch))
      ),
    get: (ids) => guard("get", each(ids, objectId), Effect.map(objects.get(ids), backwards)),
    claim: (ids) =>
      guard(
        "claim",
        each(ids, objectId),
        Effect.map(objects.claim(ids), (missing) => missing.toReversed())
      ),
    remove: (ids, options) =>
      guard("remove", first(each(ids, objectId), time(options.storedBefore)), objects.remove(ids, options)),
    list: (options) => guard("list", page(options.limit), objects.list(options))
  }
}

/** What an adapter may answer to those who do not look at terms. */
const withoutTerms = (record: StoredRecord): StoredRecord => ({ ...record, terms: [] })

const strictCatalog = (catalog: CatalogStorageService): CatalogStorageService => {
  const guard = guarded("catalog")
  return {
    ...catalog,
    commit: (change) => guard("commit", commitComplaint(change), catalog.commit(change)),
    records: (kind, ids) =>
      guard("records", first(filled(kind), each(ids, filled)), Effect.map(catalog.records(kind, ids), backwards)),
    scan: (scan) =>
      guard(
        "scan",
        first(filled(scan.kind), filled(scan.term), page(scan.limit)),
        Effect.map(catalog.scan(scan), (found) => (scan.omitTerms === true ? found.map(withoutTerms) : found))
      ),
    refs: (names) => guard("refs", each(names, refName), Effect.map(catalog.refs(names), backwards)),
    list: (options) => guard("list", first(text(options.prefix), page(options.limit)), catalog.list(options))
  }
}

/** Other fibers run before and after each call, as they would with a store that is far away. */
const guarded =
  (service: string) =>
  <A, E>(operation: string, complaint: Complaint, call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    complaint === null
      ? Effect.yieldNow.pipe(Effect.andThen(call), Effect.tap(Effect.yieldNow))
      : Effect.die(new ContractMisused({ operation: `${service}.${operation}`, detail: complaint }))

/** Memory that is strict with its callers. Every build of its `layer` opens the same state. @public */
export const makeStrictMemory: Effect.Effect<MemoryStore> = Effect.map(make, (store) => {
  const objects = strictObjects(store.objects)
  const catalog = strictCatalog(store.catalog)
  const layer = Layer.mergeAll(Layer.succeed(ObjectStorage, objects), Layer.succeed(CatalogStorage, catalog))
  return { objects, catalog, layer }
})

/** An empty strict memory for each build of the layer. @public */
export const strictMemory: Layer.Layer<ObjectStorage | CatalogStorage> = Layer.unwrap(
  Effect.map(makeStrictMemory, (store) => store.layer)
)
