/** What an operation says of the records it stored: a list in itself, or, where they are very many, objects that list them. */
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { ObjectId } from "../../model/Ids.ts"
import type { Operation, RecordSum } from "../../model/Operation.ts"
import type { StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import type { Content, ObjectsService } from "../objects/Objects.ts"
import { recordSum } from "./recordSum.ts"

/** So many records an operation lists in itself. @internal */
export const listedRecords = 2000
/** Records of a page, which is an object of less than a megabyte. */
const pageRecords = 4000
/** Pages put together. */
const pagesPerPut = 8

const heading = "tidemark records 1\n"

/** Ids and sums are hex; whatever else an id may be, its JSON is one line. */
const encodePage = (sums: ReadonlyArray<RecordSum>): Uint8Array => {
  let text = heading
  for (const { at, id, kind, sha256, terms } of sums) {
    text += `${sha256} ${terms} ${at} ${kind} ${/^[0-9a-f]{64}$/.test(id) ? id : JSON.stringify(id)}\n`
  }
  return new TextEncoder().encode(text)
}

const decodePage = (bytes: Uint8Array): ReadonlyArray<RecordSum> | undefined => {
  const text = new TextDecoder().decode(bytes)
  if (!text.startsWith(heading)) return undefined
  const sums: Array<RecordSum> = []
  for (const line of text.slice(heading.length).split("\n")) {
    if (line === "") continue
    const match = /^([0-9a-f]{64}) ([0-9a-f]{64}) (-?\d+) (\S+) ([0-9a-f]{64}|".*")$/.exec(line)
    if (match === null) return undefined
    const [, sha256 = "", terms = "", at, kind = "", id = ""] = match
    sums.push({ kind, id: id.startsWith('"') ? (JSON.parse(id) as string) : id, sha256, at: Number(at), terms })
  }
  return sums
}

/**
 * Sums up the records of an operation that is to be. A list of very many goes into objects, which the operation names by
 * their hash: what is in them cannot change unseen, and the operation stays small.
 *
 * @internal
 */
export const sumRecords = Effect.fnUntraced(function* (
  objects: ObjectsService,
  records: Iterable<StoredRecord>,
  sha256: Sha256Function
): Effect.fn.Return<Pick<Operation, "records" | "pages">, StorageError> {
  let sums: Array<RecordSum> = []
  let waiting: Array<Content> = []
  const pages: Array<ObjectId> = []
  const closePage = Effect.gen(function* () {
    const bytes = encodePage(sums)
    const id = objects.identify(bytes)
    waiting.push({ id, bytes })
    pages.push(id)
    sums = []
    if (waiting.length >= pagesPerPut) yield* putWaiting
    else yield* Effect.yieldNow
  })
  const putWaiting = Effect.suspend(() => {
    const full = waiting
    waiting = []
    return full.length === 0 ? Effect.void : objects.put(full)
  })
  for (const record of records) {
    sums.push(recordSum(record, sha256))
    if (sums.length >= pageRecords) yield* closePage
  }
  if (pages.length === 0 && sums.length <= listedRecords) return { records: sums }
  if (sums.length > 0) yield* closePage
  yield* putWaiting
  return { records: [], pages }
})

/** Reads one page; `undefined` where it is missing, or is no such list. @internal */
export const readRecordPage = Effect.fnUntraced(function* (
  objects: ObjectsService,
  id: ObjectId
): Effect.fn.Return<ReadonlyArray<RecordSum> | undefined, StorageError> {
  const found = yield* objects
    .get([id])
    .pipe(
      Effect.catch((error) =>
        error.reason._tag === "StorageCorrupt" ? Effect.succeed(new Map<ObjectId, Uint8Array>()) : Effect.fail(error)
      )
    )
  const bytes = found.get(id)
  return bytes === undefined ? undefined : decodePage(bytes)
})

/** Goes through what an operation says of its records, a list at a time. A damaged page is `StorageCorrupt`. @internal */
export const eachRecordList = Effect.fnUntraced(function* <E, R>(
  objects: ObjectsService,
  operation: Operation,
  visit: (sums: ReadonlyArray<RecordSum>) => Effect.Effect<void, E, R>
): Effect.fn.Return<void, E | StorageError, R> {
  if (operation.records.length > 0) yield* visit(operation.records)
  for (const page of operation.pages ?? []) {
    const sums = yield* readRecordPage(objects, page)
    if (sums === undefined) {
      const detail = `it should list records of operation ${operation.id}, but is missing or damaged`
      return yield* Effect.fail(corrupt("read", `object ${page}`, detail))
    }
    yield* visit(sums)
  }
})
