/** Refs within a commit: compared under lock, then moved. */
import * as Effect from "effect/Effect"
import { compareUtf8 } from "../../model/order.ts"
import type { CommitResult, RefUpdate } from "../../storage/CatalogStorage.ts"
import { chunked, type SqlStore } from "./SqlStore.ts"

/** @internal */
export const makeRefWriter = ({ sql, store, dialect }: SqlStore) => {
  const chunks = <A>(items: ReadonlyArray<A>, columns: number) => chunked(items, columns, dialect.maxParameters - 1)

  /** Answers the first ref, in the order given, that is not as expected. */
  const compare = Effect.fnUntraced(function* (updates: ReadonlyArray<RefUpdate>) {
    const held = new Map<string, string>()
    // In the order of names: two commits that lock rows can then not wait for each other.
    const names = updates.map(({ name }) => name).sort(compareUtf8)
    for (const part of chunks(names, 1)) {
      const rows = yield* sql<{ name: string; value: string }>`
        SELECT name, value FROM tidemark_refs WHERE store = ${store} AND name IN ${sql.in(part)}
        ORDER BY name ${sql.literal(dialect.forUpdate)}`
      for (const { name, value } of rows) held.set(name, value)
    }
    for (const { name, expected } of updates) {
      const actual = held.get(name) ?? null
      if (actual !== expected) return { _tag: "Refused", name, actual } satisfies CommitResult
    }
    return null
  })

  const move = Effect.fnUntraced(function* (updates: ReadonlyArray<RefUpdate>) {
    const moved = updates.filter(({ expected, next }) => expected !== next)
    const set = moved.flatMap(({ name, next }) => (next === null ? [] : [{ store, name, value: next }]))
    for (const part of chunks(set, 3)) {
      yield* sql`INSERT INTO tidemark_refs ${sql.insert(part)}
        ON CONFLICT (store, name) DO UPDATE SET value = excluded.value`
    }
    for (const part of chunks(
      moved.flatMap(({ name, next }) => (next === null ? [name] : [])),
      1
    )) {
      yield* sql`DELETE FROM tidemark_refs WHERE store = ${store} AND name IN ${sql.in(part)}`
    }
  })

  return { compare, move }
}
