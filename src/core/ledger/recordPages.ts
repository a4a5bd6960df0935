/** What an operation says of the records it stored and removed: lists in itself, or, where they are very many, objects that list them. */
import * as Effect from "effect/Effect"
import type { Sha256Function } from "../../algo/encoding/Sha256Function.ts"
import type { ObjectId } from "../../model/Ids.ts"
import type { Operation, RecordName, RecordSum } from "../../model/Operation.ts"
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

const storedHeading = "tidemark records 1\n"
const removedHeading = "tidemark removed records 1\n"

/** Ids are hex as a rule; whatever else one may be, its JSON is one line. */
const encodeId = (id: string): string => (/^[0-9a-f]{64}$/.test(id) ? id : JSON.stringify(id))
const decodeId = (text: string): string => (text.startsWith('"') ? (JSON.parse(text) as string) : text)

const encodeStored = (sums: ReadonlyArray<RecordSum>): Uint8Array => {
  let text = storedHeading
  for (const { at, id, kind, sha256, terms } of sums) text += `${sha256} ${terms} ${at} ${kind} ${encodeId(id)}\n`
  return new TextEncoder().encode(text)
}

const encodeRemoved = (names: ReadonlyArray<RecordName>): Uint8Array => {
  let text = removedHeading
  for (const { id, kind } of names) text += `${kind} ${encodeId(id)}\n`
  return new TextEncoder().encode(text)
}

/** What a page lists: records that were stored, or ones that were removed. Its heading says which. @internal */
export interface RecordPage {
  readonly records: ReadonlyArray<RecordSum>
  readonly removes: ReadonlyArray<RecordName>
}

const linesOf = (text: string, heading: string) =>
  text
    .slice(heading.length)
    .split("\n")
    .filter((line) => line !== "")

const decodePage = (bytes: Uint8Array): RecordPage | undefined => {
  const text = new TextDecoder().decode(bytes)
  const records: Array<RecordSum> = []
  const removes: Array<RecordName> = []
  if (text.startsWith(storedHeading)) {
    for (const line of linesOf(text, storedHeading)) {
      const match = /^([0-9a-f]{64}) ([0-9a-f]{64}) (-?\d+) (\S+) ([0-9a-f]{64}|".*")$/.exec(line)
      if (match === null) return undefined
      const [, sha256 = "", terms = "", at, kind = "", id = ""] = match
      records.push({ kind, id: decodeId(id), sha256, at: Number(at), terms })
    }
  } else if (text.startsWith(removedHeading)) {
    for (const line of linesOf(text, removedHeading)) {
      const match = /^(\S+) ([0-9a-f]{64}|".*")$/.exec(line)
      if (match === null) return undefined
      const [, kind = "", id = ""] = match
      removes.push({ kind, id: decodeId(id) })
    }
  } else return undefined
  return { records, removes }
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
    const bytes = encodeStored(sums)
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

/**
 * The same for the names of records that are to be removed. A list of very many goes into pages, too.
 *
 * @internal
 */
export const nameRemoved = Effect.fnUntraced(function* (
  objects: ObjectsService,
  removes: ReadonlyArray<RecordName>
): Effect.fn.Return<Pick<Operation, "removes" | "pages">, StorageError> {
  if (removes.length === 0) return {}
  if (removes.length <= listedRecords) return { removes }
  const pages: Array<ObjectId> = []
  for (let i = 0; i < removes.length; i += pageRecords) {
    const bytes = encodeRemoved(removes.slice(i, i + pageRecords))
    const id = objects.identify(bytes)
    yield* objects.put([{ id, bytes }])
    pages.push(id)
  }
  return { pages }
})

/** Reads one page; `undefined` where it is missing, or is no such list. @internal */
export const readRecordPage = Effect.fnUntraced(function* (
  objects: ObjectsService,
  id: ObjectId
): Effect.fn.Return<RecordPage | undefined, StorageError> {
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
  visit: (sums: ReadonlyArray<RecordSum>) => Effect.Effect<void, E, R>,
  /** What it removed; after what it stored. */
  visitRemoved: (names: ReadonlyArray<RecordName>) => Effect.Effect<void, E, R> = () => Effect.void
): Effect.fn.Return<void, E | StorageError, R> {
  if (operation.records.length > 0) yield* visit(operation.records)
  // Pages of what was removed stand after those of what was stored.
  for (const page of operation.pages ?? []) {
    const listed = yield* readRecordPage(objects, page)
    if (listed === undefined) {
      const detail = `it should list records of operation ${operation.id}, but is missing or damaged`
      return yield* Effect.fail(corrupt("read", `object ${page}`, detail))
    }
    if (listed.records.length > 0) yield* visit(listed.records)
    if (listed.removes.length > 0) yield* visitRemoved(listed.removes)
  }
  if (operation.removes !== undefined) yield* visitRemoved(operation.removes)
})
