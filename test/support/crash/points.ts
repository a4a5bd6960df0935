/** Numbered points at which a process may be killed: before and after every call of storage, and before every step on a disk. */
import { Socket } from "node:net"
import { DatabaseSync, StatementSync } from "node:sqlite"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { ObjectStorage } from "../../../src/storage/ObjectStorage.ts"
import type { StorageError } from "../../../src/storage/StorageError.ts"
import type { StorageServices } from "../../../src/testkit/StorageFixture.ts"

/** Told of each point, as it is reached. */
export type OnPoint = (label: string) => void

/** A storage with a point before and after each call. */
export const pointed = (
  storage: Layer.Layer<StorageServices, StorageError>,
  onPoint: OnPoint
): Layer.Layer<StorageServices, StorageError> => {
  const around = <A, E>(label: string, call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      onPoint(`before ${label}`)
      // Whoever is interrupted here notices at once, also where storage never waits.
      const answered = Effect.andThen(
        Effect.sync(() => onPoint(`after ${label}`)),
        Effect.yieldNow
      )
      return Effect.andThen(
        Effect.yieldNow,
        Effect.tap(call, () => answered)
      )
    })
  return Layer.effectContext(
    Effect.gen(function* () {
      const [objects, catalog] = [yield* ObjectStorage, yield* CatalogStorage]
      return Context.empty().pipe(
        Context.add(ObjectStorage, {
          ...objects,
          put: (batch) => around("put", objects.put(batch)),
          get: (ids) => around("get", objects.get(ids)),
          claim: (ids) => around("claim", objects.claim(ids)),
          remove: (ids, options) => around("remove", objects.remove(ids, options)),
          list: (options) => around("list objects", objects.list(options))
        }),
        Context.add(CatalogStorage, {
          ...catalog,
          commit: (change) => around("commit", catalog.commit(change)),
          records: (kind, ids) => around("records", catalog.records(kind, ids)),
          scan: (scan) => around("scan", catalog.scan(scan)),
          refs: (names) => around("refs", catalog.refs(names)),
          list: (options) => around("list", catalog.list(options))
        })
      )
    })
  ).pipe(Layer.provide(storage))
}

/** Has a point before each call of a method, for as long as this process lives. */
const tap = (prototype: object, method: string, onPoint: (...args: ReadonlyArray<unknown>) => void): void => {
  const original = Reflect.get(prototype, method)
  Reflect.set(prototype, method, function (this: unknown, ...args: ReadonlyArray<unknown>) {
    onPoint(...args)
    return Reflect.apply(original, this, args)
  })
}

/** Has a point before each statement of SQLite's and each message to a server: between them, a transaction is half done. */
export const pointDrivers = (onPoint: OnPoint): void => {
  const sqlOf = (sql: unknown) => String(sql).trimStart().slice(0, 60).replaceAll(/\s+/g, " ")
  tap(DatabaseSync.prototype, "exec", (sql) => onPoint(`sqlite ${sqlOf(sql)}`))
  for (const method of ["run", "all", "get", "iterate"]) {
    tap(StatementSync.prototype, method, () => onPoint(`sqlite ${method}`))
  }
  tap(Socket.prototype, "write", (message) => {
    onPoint("message to the server")
    if (!isReading(message)) written++
  })
}

let written = 0

/** How many messages to a server may have changed what it holds, so far. */
export const messagesThatWrite = (): number => written

/** What a server was told to remember by a name, where it can change nothing. */
const reading = new Set<string>()

/** Whether a message only begins a transaction or asks. `P`, a length, a name and a statement; or `B`, and the name of one. */
const isReading = (message: unknown): boolean => {
  if (!(message instanceof Uint8Array)) return false
  const text = Buffer.from(message).toString("latin1")
  if (/\b(INSERT|UPDATE|DELETE|COMMIT|CREATE|ALTER|DROP|NEXTVAL)\b/i.test(text)) return false
  const [first = "", second = ""] = text.slice(5).split("\0")
  if (text.startsWith("B")) return first === "" && reading.has(second)
  if (!text.startsWith("P") || !/^\s*(SELECT|BEGIN)\b/.test(second)) return false
  reading.add(first)
  return true
}
