/** Objects in two tables: what is known of them, and their bytes. */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import type { ObjectId } from "../../model/Ids.ts"
import type { ObjectStorageService, StoredObject } from "../../storage/ObjectStorage.ts"
import { keyBelow, keyOfObject, keysOfObjects, objectOfKey } from "./objectKeys.ts"
import { chunked, type SqlStore } from "./SqlStore.ts"
import { emptyRows, placeObjects } from "./sharedRows.ts"
import { soundRows } from "./soundRows.ts"

/** A statement's bytes are copied on their way into the database: a bound on them bounds the memory of a batch. */
const maxBytesPerStatement = 8 * 1024 * 1024

const chunkedByBytes = <A extends { readonly bytes: Uint8Array }>(
  items: NonEmptyReadonlyArray<A>
): ReadonlyArray<NonEmptyReadonlyArray<A>> => {
  const parts: Array<[A, ...Array<A>]> = []
  let room = 0
  for (const item of items) {
    const part = parts.at(-1)
    if (part === undefined || room < item.bytes.length) {
      parts.push([item])
      room = maxBytesPerStatement
    } else part.push(item)
    room -= item.bytes.length
  }
  return parts
}

const noIds: ReadonlySet<string> = new Set()

/** @internal */
export const makeSqlObjects = (base: SqlStore): ObjectStorageService => {
  const { sql, store, dialect } = base
  const chunks = <A>(items: ReadonlyArray<A>, columns: number) => chunked(items, columns, dialect.maxParameters - 8)

  // A piece of no bytes is none for SQLite, and then so is all of the row.
  const piece = "coalesce(substr(c.bytes, o.start + 1, o.size), c.bytes)"
  const bytesOf = sql.literal(dialect.sharedRows === null ? "c.bytes" : piece)

  const isAfter = ({ isAbove, key }: ReturnType<typeof keyBelow>) => (isAbove ? sql`id >= ${key}` : sql`id > ${key}`)

  /** Locks rows in the order of their ids, so that of two writers one waits for the other, and not both. */
  const lock = Effect.fnUntraced(function* (keys: ReadonlyArray<Uint8Array>) {
    if (dialect.forUpdate === "") return
    yield* sql`SELECT id FROM tidemark_objects WHERE store = ${store} AND id IN ${sql.in(keys)}
      ORDER BY id ${sql.literal(dialect.forUpdate)}`
  })

  /** Gives those that are there a fresh time, and returns them. */
  const touch = Effect.fnUntraced(function* (ids: ReadonlySet<ObjectId>, storedAt: number) {
    const present = new Set<string>()
    for (const part of chunks(keysOfObjects([...ids].sort()), 1)) {
      yield* lock(part)
      const rows = yield* sql<{ id: Uint8Array }>`
        UPDATE tidemark_objects SET stored_at = ${storedAt} WHERE store = ${store} AND id IN ${sql.in(part)} RETURNING id`
      for (const { id } of rows) present.add(objectOfKey(id))
    }
    return present
  })

  /**
   * What is there already only gets a fresh time. Where rows are shared, that is found out first, so that no row holds what
   * nobody asks for; elsewhere in one pass over the keys, where what is there answers with the number it has.
   */
  const put = Effect.fnUntraced(function* (objects: ReadonlyArray<StoredObject>) {
    const stored_at = yield* base.now
    const byId = new Map<ObjectId, StoredObject>()
    for (const object of objects) if (!byId.has(object.id)) byId.set(object.id, object)
    const present = dialect.sharedRows === null ? noIds : yield* touch(new Set(byId.keys()), stored_at)
    const { placed, rows: contents } = placeObjects(
      [...byId.values()].filter(({ id }) => !present.has(id)),
      dialect.sharedRows
    )
    if (placed.length === 0) return
    const drawn = yield* dialect.drawContents(sql, contents.length)
    const rows = placed
      .toSorted((a, b) => (a.object.id < b.object.id ? -1 : 1))
      .map(({ object: { bytes, id }, row, start }) => {
        return { store, id: keyOfObject(id), size: bytes.length, stored_at, content: drawn[row] ?? 0, start }
      })
    const taken = new Set<number>()
    for (const part of chunks(rows, 6)) {
      const held = yield* sql<{ content: number }>`
        INSERT INTO tidemark_objects ${sql.insert(part)}
        ON CONFLICT (store, id) DO UPDATE SET stored_at = excluded.stored_at RETURNING content`
      for (const { content } of held) taken.add(Number(content))
    }
    const fresh = contents.flatMap((row, i) => {
      const content = drawn[i] ?? 0
      return taken.has(content) ? [{ content, ...row }] : []
    })
    for (const part of chunks(fresh, 3).flatMap(chunkedByBytes)) {
      yield* sql`INSERT INTO tidemark_contents ${sql.insert(part)}`
    }
  })

  const get = Effect.fnUntraced(function* (ids: ReadonlyArray<ObjectId>) {
    const found = new Map<ObjectId, Uint8Array>()
    for (const part of chunks(keysOfObjects(ids), 1)) {
      const rows = yield* sql<{ id: Uint8Array; bytes: Uint8Array }>`
        SELECT o.id, ${bytesOf} AS bytes FROM tidemark_objects o JOIN tidemark_contents c ON c.content = o.content
        WHERE o.store = ${store} AND o.id IN ${sql.in(part)}`
      for (const { id, bytes } of yield* soundRows("get", rows, { id: "bytes", bytes: "bytes" }))
        found.set(objectOfKey(id), bytes)
    }
    return found
  })

  const claim = Effect.fnUntraced(function* (ids: ReadonlyArray<ObjectId>) {
    const wanted = new Set(ids)
    const present = yield* touch(wanted, yield* base.now)
    return [...wanted].filter((id) => !present.has(id))
  })

  const remove = Effect.fnUntraced(function* (ids: ReadonlyArray<ObjectId>, storedBefore: number) {
    let removed = 0
    for (const part of chunks(keysOfObjects([...new Set(ids)].sort()), 1)) {
      yield* lock(part)
      const rows = yield* sql<{ id: Uint8Array; content: number; size: number }>`
        DELETE FROM tidemark_objects WHERE store = ${store} AND id IN ${sql.in(part)} AND stored_at < ${storedBefore}
        RETURNING id, content, size`
      yield* emptyRows(base, rows)
      removed += rows.length
    }
    return removed
  })

  return {
    capabilities: base.capabilities,
    put: (objects) => base.write("put", "relaxed", put(objects)),
    get: (ids) => base.told("get", get(ids)),
    claim: (ids) => (ids.length === 0 ? Effect.succeed([]) : base.write("claim", "relaxed", claim(ids))),
    remove: (ids, { storedBefore }) =>
      ids.length === 0 ? Effect.succeed(0) : base.write("remove", "relaxed", remove(ids, storedBefore)),
    list: ({ after, limit }) =>
      base.told(
        "list",
        Effect.map(
          Effect.flatMap(
            sql<{ id: Uint8Array; size: number; stored_at: number }>`
              SELECT id, size, stored_at FROM tidemark_objects
              WHERE ${sql.and([
                sql`store = ${store}`,
                ...(after === undefined ? [] : [isAfter(keyBelow(after))])
              ])} ORDER BY id LIMIT ${Math.max(limit, 0)}`,
            (rows) => soundRows("list", rows, { id: "bytes", size: "number", stored_at: "number" })
          ),
          (rows) =>
            rows.map((row) => ({ id: objectOfKey(row.id), size: Number(row.size), storedAt: Number(row.stored_at) }))
        )
      ),
    now: base.told("now", base.now)
  }
}
