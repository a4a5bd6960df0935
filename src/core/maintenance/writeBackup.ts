/** Writes a store as one stream of bytes, as it is at one operation, while others go on writing. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { canonicalJson } from "../../algo/encoding/canonicalJson.ts"
import type { ObjectId, RefName } from "../../model/Ids.ts"
import type { Operation, RecordSum } from "../../model/Operation.ts"
import type { StoredRecord } from "../../storage/CatalogStorage.ts"
import type { ObjectInfo } from "../../storage/ObjectStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { ledgerHead, storeIdentity } from "../catalog/names.ts"
import { corrupt } from "../catalog/recordCodec.ts"
import { operationCodec } from "../ledger/OperationLog.ts"
import { readRecordPage } from "../ledger/recordPages.ts"
import { Progress } from "../references/Progress.ts"
import { archiveHeader, encodeObject, type FrameKind, makeFrameChain } from "./archiveFrames.ts"
import { keyOf } from "./recordLinks.ts"
import type { StoreParts } from "./verifyStore.ts"

const objectPage = 500
const batchBytes = 8 * 1024 * 1024
const operationPage = 200
const recordPage = 500
const refPage = 1000

const encoder = new TextEncoder()

type Frames = ReadonlyArray<Uint8Array>
type Step = Effect.Effect<readonly [Frames, Step | null], StorageError>

/**
 * The objects first, then operations and records from the newest to the oldest, then the refs as those operations left them.
 * What was pruned or collected meanwhile may be gone: then what was done since is written, too.
 *
 * @internal
 */
export const writeBackup = ({
  catalog,
  objects: content,
  sha256,
  storage
}: StoreParts): Stream.Stream<Uint8Array, StorageError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const progress = yield* Progress
      const chain = makeFrameChain(sha256)
      const frame = (kind: FrameKind, value: unknown) => chain.encode(kind, encoder.encode(canonicalJson(value)))
      const readHead = Effect.map(catalog.refs([ledgerHead]), (refs) => refs.get(ledgerHead) ?? null)

      const written = new Set<string>()
      const objects = new Set<ObjectId>()
      const removed = new Set<string>()
      const refs = new Map<RefName, string | null>()
      let records = 0

      const operationOf = Effect.fnUntraced(function* (id: string) {
        const record = (yield* catalog.records(operationCodec.kind, [id])).get(id)
        if (record === undefined) return yield* Effect.fail(corrupt("backup", `operation ${id}`, "it is missing"))
        return record
      })

      /** One batch of bounded size a step: what is left of a page, then the next page. */
      const writeObjects = (rest: ReadonlyArray<ObjectInfo>, after: ObjectId | undefined, then: Step): Step =>
        Effect.gen(function* () {
          let page = rest
          if (page.length === 0) {
            const listed: ReadonlyArray<ObjectInfo> = yield* storage.list({ after, limit: objectPage })
            const last = listed.at(-1)
            if (last === undefined) return [[], then] as const
            page = listed.filter(({ id }) => !objects.has(id))
            if (page.length === 0) return [[], writeObjects([], last.id, then)] as const
            after = last.id
          }
          let [count, room] = [0, batchBytes]
          for (const { size } of page) {
            if (count > 0 && size > room) break
            count += 1
            room -= size
          }
          const frames: Array<Uint8Array> = []
          for (const [id, bytes] of yield* storage.get(page.slice(0, count).map(({ id }) => id))) {
            objects.add(id)
            frames.push(chain.encode("o", encodeObject(id, bytes)))
          }
          progress({ phase: "back up objects", done: objects.size, total: 0 })
          return [frames, writeObjects(page.slice(count), after, then)] as const
        })

      /** The refs as they are after this operation, unless a later one said so already. */
      const replay = (operation: Operation) => {
        for (const { after, name } of operation.refs) {
          if (!seen.has(name)) refs.set(name, after)
          seen.add(name)
        }
        for (const key of operation.removes ?? []) removed.add(keyOf(key))
      }
      let seen = new Set<RefName>()

      /** From `from`, which is written, down to `until`, which is not. */
      const writeOperations = (after: StoredRecord, until: string | null, then: Step): Step =>
        Effect.gen(function* () {
          const page: ReadonlyArray<StoredRecord> = yield* catalog.scan({
            kind: operationCodec.kind,
            term: "all",
            direction: "backward",
            after,
            limit: operationPage
          })
          const end = until === null ? -1 : page.findIndex(({ id }) => id === until)
          const mine = end < 0 ? page : page.slice(0, end)
          const last = page.at(-1)
          const isDone = end >= 0 || page.length < operationPage || last === undefined
          return yield* writeRecords(mine, isDone ? then : writeOperations(last, until, then))
        })

      const writeListed = Effect.fnUntraced(function* (sums: ReadonlyArray<RecordSum>) {
        const frames: Array<Uint8Array> = []
        const fresh = sums.filter((sum) => !written.has(keyOf(sum)) && !removed.has(keyOf(sum)))
        for (const sum of fresh) written.add(keyOf(sum))
        for (const [kind, group] of Map.groupBy(fresh, (sum) => sum.kind)) {
          const ids = [...new Set(group.map(({ id }) => id))]
          for (let i = 0; i < ids.length; i += recordPage) {
            const found = [...(yield* catalog.records(kind, ids.slice(i, i + recordPage))).values()]
            if (found.length > 0) frames.push(frame("r", found))
            records += found.length
          }
        }
        progress({ phase: "back up records", done: records, total: 0 })
        return frames
      })

      /** A list of very many records that an operation names; one that is damaged is missing in the backup, too. */
      const writePage = (page: ObjectId, then: Step): Step =>
        Effect.gen(function* () {
          return [yield* writeListed((yield* readRecordPage(content, page))?.records ?? []), then] as const
        })

      const writeRecords = Effect.fnUntraced(function* (operations: ReadonlyArray<StoredRecord>, then: Step) {
        const sums: Array<RecordSum> = []
        const pages: Array<ObjectId> = []
        for (const record of operations) {
          const operation = yield* operationCodec.decode(record)
          replay(operation)
          for (const sum of operation.records) sums.push(sum)
          for (const page of operation.pages ?? []) {
            const listed = yield* readRecordPage(content, page)
            for (const key of listed?.removes ?? []) removed.add(keyOf(key))
            // Read again when it is its turn: only one is held at a time.
            if (listed !== undefined && listed.records.length > 0) pages.push(page)
          }
        }
        const own = operations.length > 0 ? [frame("r", operations)] : []
        records += operations.length
        const frames = [...own, ...(yield* writeListed(sums))]
        return [frames, pages.reduceRight((next, page) => writePage(page, next), then)] as const
      })

      /** Whether something was taken away since this operation. */
      const wasCleared = Effect.fnUntraced(function* (now: string | null, since: string) {
        for (let id = now; id !== null && id !== since; ) {
          const { kind, previous } = yield* operationCodec.decode(yield* operationOf(id))
          if (["prune", "collect"].includes(kind)) return true
          id = previous
        }
        return false
      })

      const finish = (head: string | null): Step =>
        Effect.gen(function* () {
          const now = yield* readHead
          if (head !== null && now !== null && now !== head && (yield* wasCleared(now, head))) {
            return [[], begin(now, head)] as const
          }
          const identity = (yield* catalog.refs([storeIdentity])).get(storeIdentity)
          const all = [...refs, [storeIdentity, identity ?? null], [ledgerHead, head]].filter(([, v]) => v !== null)
          const frames: Array<Uint8Array> = []
          for (let i = 0; i < all.length; i += refPage) frames.push(frame("n", all.slice(i, i + refPage)))
          const gone = [...removed].filter((key) => written.has(key)).map((key) => key.split("\0"))
          frames.push(frame("e", { head, objects: objects.size, refs: all.length, removed: gone }))
          return [frames, null] as const
        })

      /** Writes what led to `head`, from `until` on, where that was written before. */
      const begin = (head: string | null, until: string | null): Step =>
        Effect.gen(function* () {
          seen = new Set()
          if (head === null) return [[], writeObjects([], undefined, finish(null))] as const
          const newest = yield* operationOf(head)
          const operations = writeRecords([newest], writeOperations(newest, until, finish(head)))
          return [[], writeObjects([], undefined, operations)] as const
        })

      const first: Step = Effect.flatMap(readHead, (head) => begin(head, null))
      const steps = Stream.paginate(first, (step: Step) =>
        Effect.map(step, ([frames, next]) => [frames, next === null ? Option.none() : Option.some(next)] as const)
      )
      return Stream.concat(Stream.succeed(archiveHeader), steps)
    })
  )
