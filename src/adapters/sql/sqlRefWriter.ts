/** Refs within a commit: compared under lock, then moved. */
import * as Effect from "effect/Effect"
import { compareUtf8 } from "../../model/order.ts"
import type { CommitResult, RefUpdate } from "../../storage/CatalogStorage.ts"
import { chunked, type SqlStore } from "./SqlStore.ts"
import { makeTextKeys } from "./textKeys.ts"

/** @internal */
export const makeRefWriter = ({ sql, store, dialect }: SqlStore) => {
  const chunks = <A>(items: ReadonlyArray<A>, columns: number) => chunked(items, columns, dialect.maxParameters - 1)

  const keys = makeTextKeys(sql, dialect)

  /** Those that are expected to be absent: no lock holds what is not there, so a row without a value stands for them. */
  const absent = (updates: ReadonlyArray<RefUpdate>) =>
    dialect.isSerial ? [] : updates.flatMap(({ name, expected }) => (expected === null ? [name] : [])).sort(compareUtf8)

  const hold = Effect.fnUntraced(function* (updates: ReadonlyArray<RefUpdate>) {
    const rows = absent(updates).map((name) => ({ store, name }))
    for (const part of chunks(rows, 2)) yield* sql`INSERT INTO tidemark_refs ${sql.insert(part)} ON CONFLICT DO NOTHING`
  })

  /** Removes those rows, of names that stay absent. */
  const letGo = Effect.fnUntraced(function* (updates: ReadonlyArray<RefUpdate>) {
    for (const part of chunks(absent(updates), 1)) {
      yield* sql`DELETE FROM tidemark_refs WHERE store = ${store} AND ${keys.isOneOf("name", part)} AND value IS NULL`
    }
  })

  /** What the names hold, none of which another transaction can change before this one ends. */
  const locked = Effect.fnUntraced(function* (updates: ReadonlyArray<RefUpdate>) {
    const held = new Map<string, string | null>()
    // In the order of names: two commits that lock rows can then not wait for each other.
    const names = updates.map(({ name }) => name).sort(compareUtf8)
    for (const part of chunks(names, 1)) {
      const rows = yield* sql<{ name: string; value: string | null }>`
        SELECT name, value FROM tidemark_refs WHERE store = ${store} AND ${keys.isOneOf("name", part)}
        ORDER BY name ${sql.literal(dialect.forUpdate)}`
      for (const { name, value } of rows) held.set(name, value)
    }
    return held
  })

  /** Answers the first ref, in the order given, that is not as expected. */
  const compare = Effect.fnUntraced(function* (updates: ReadonlyArray<RefUpdate>) {
    const wanted = absent(updates)
    yield* hold(updates)
    let held = yield* locked(updates)
    // One was there, and was removed before it could be locked: now nothing stands for it.
    while (wanted.some((name) => !held.has(name))) {
      yield* hold(updates)
      held = yield* locked(updates)
    }
    for (const { name, expected } of updates) {
      const actual = held.get(name) ?? null
      if (actual === expected) continue
      yield* letGo(updates)
      return { _tag: "Refused", name, actual } satisfies CommitResult
    }
    return null
  })

  const move = Effect.fnUntraced(function* (updates: ReadonlyArray<RefUpdate>) {
    const moved = updates.filter(({ expected, next }) => expected !== next)
    yield* letGo(updates.filter(({ next }) => next === null))
    const set = moved.flatMap(({ name, next }) => (next === null ? [] : [{ store, name, value: next }]))
    for (const part of chunks(set, 3)) {
      yield* sql`INSERT INTO tidemark_refs ${sql.insert(part)}
        ON CONFLICT (store, ${sql.literal(dialect.longTexts?.digest("name") ?? "name")}) DO UPDATE SET value = excluded.value`
    }
    for (const part of chunks(
      moved.flatMap(({ name, next }) => (next === null ? [name] : [])),
      1
    )) {
      yield* sql`DELETE FROM tidemark_refs WHERE store = ${store} AND ${keys.isOneOf("name", part)}`
    }
  })

  return { compare, move }
}
