import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { ObjectId, RefName } from "../../src/model/Ids.ts"
import type { CatalogCommit, CatalogStorageService, StoredRecord } from "../../src/storage/CatalogStorage.ts"
import type { ObjectStorageService } from "../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../src/storage/StorageError.ts"
import { ContractMisused, makeStrictMemory } from "../../src/testkit/index.ts"

const [a, b] = [ObjectId.make("a".repeat(64)), ObjectId.make("b".repeat(64))]
const bytes = new Uint8Array([1, 2, 3])
const ref = { name: RefName.make("r"), expected: null, next: "1" }
const record: StoredRecord = { kind: "version", id: "a", at: 5, terms: ["x"], body: '{"a":1,"b":[{"c":"d"}]}' }

type Call = (storage: {
  readonly objects: ObjectStorageService
  readonly catalog: CatalogStorageService
}) => Effect.Effect<unknown, StorageError>

const run = (call: Call) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const store = yield* makeStrictMemory
      yield* store.objects.put([{ id: a, bytes }])
      return yield* Effect.exit(call(store))
    })
  )

const commit =
  (change: Partial<CatalogCommit>): Call =>
  ({ catalog }) =>
    catalog.commit({ refs: [ref], ...change })
const commitRecord = (fields: Partial<StoredRecord>): Call => commit({ records: [{ ...record, ...fields }] })

const allowed: ReadonlyArray<readonly [string, Call]> = [
  ["a record and a ref", commitRecord({})],
  ["the same object again", ({ objects }) => objects.put([{ id: a, bytes: new Uint8Array([1, 2, 3]) }])],
  ["4 MiB", ({ objects }) => objects.put([{ id: b, bytes: new Uint8Array(4 * 1024 * 1024) }])],
  ["every ref", ({ catalog }) => catalog.list({ prefix: "", limit: 1 })]
]

const refused: ReadonlyArray<readonly [string, Call]> = [
  ["more than 4 MiB", ({ objects }) => objects.put([{ id: b, bytes: new Uint8Array(4 * 1024 * 1024 + 1) }])],
  ["other bytes for an id", ({ objects }) => objects.put([{ id: a, bytes: new Uint8Array([1]) }])],
  [
    "an id with two contents in one batch",
    ({ objects }) =>
      objects.put([
        { id: b, bytes },
        { id: b, bytes: new Uint8Array([1]) }
      ])
  ],
  ["a page of no length", ({ objects }) => objects.list({ limit: 0 })],
  ["a ref named twice", commit({ refs: [ref, { ...ref, next: "2" }] })],
  ["a record named twice", commit({ records: [record, record] })],
  ["a record removed twice", commit({ remove: [record, record] })],
  ["an empty value", commit({ refs: [{ ...ref, next: "" }] })],
  ["a lone surrogate", commitRecord({ id: "\ud800" })],
  ["NUL", commitRecord({ terms: ["a\0b"] })],
  ["a term named twice", commitRecord({ terms: ["x", "x"] })],
  ["half a millisecond", commitRecord({ at: 0.5 })],
  ["a body that is no JSON", commitRecord({ body: "{" })],
  ["a body with spaces", commitRecord({ body: '{ "a":1}' })],
  ["a body with keys in no order", commitRecord({ body: '{"b":1,"a":1}' })],
  ["an empty term", ({ catalog }) => catalog.scan({ kind: "k", term: "", direction: "forward", limit: 1 })]
]

describe("strict memory", () => {
  for (const [what, call] of allowed) {
    it(`allows ${what}`, async () => expect((await run(call))._tag).toBe("Success"))
  }
  for (const [what, call] of refused) {
    it(`refuses ${what}`, async () => {
      const exit = await run(call)
      const defects = exit._tag === "Failure" ? exit.cause.reasons.map((r) => r._tag === "Die" && r.defect) : []
      expect(defects[0]).toBeInstanceOf(ContractMisused)
    })
  }
})
