/** Whether records are found by the terms that they have. */
import * as Effect from "effect/Effect"
import type { CatalogStorageService, StoredRecord } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import type { StoreFinding } from "./StoreReport.ts"

const scanPage = 1000

/** Whether a body is that of a record of this id. One that is not was another record's: whoever reads a page with it is refused. @internal */
export const isNamedIn = (body: string, id: string): boolean => body.includes(`"id":${JSON.stringify(id)}`)

/**
 * Looks each record up by each of its terms, those of one term in one scan; returns how many terms there were. Records that
 * are found by terms which they do not have are told by the careful catalog itself.
 *
 * @internal
 */
export const checkTerms = Effect.fnUntraced(function* (
  catalog: CatalogStorageService,
  records: ReadonlyArray<StoredRecord>,
  note: (finding: StoreFinding) => void
): Effect.fn.Return<number, StorageError> {
  const expected = new Map<string, Array<StoredRecord>>()
  let terms = 0
  for (const record of records) {
    for (const term of record.terms) {
      terms += 1
      const key = `${record.kind}\0${term}`
      const group = expected.get(key)
      if (group === undefined) expected.set(key, [record])
      else group.push(record)
    }
  }
  for (const [key, group] of expected) {
    const [kind = "", term = ""] = key.split("\0")
    // Neither can a sound record have such a term, nor can a storage be asked for it.
    if (term === "" || key.split("\0").length !== 2) {
      for (const { id } of group) note({ _tag: "NotFoundBy", kind, id, term })
      continue
    }
    const missing = new Map(group.map((record) => [record.id, record]))
    const times = group.map(({ at }) => at)
    const to = times.reduce((a, b) => Math.max(a, b))
    for (let after: StoredRecord | undefined, from = times.reduce((a, b) => Math.min(a, b)); ; ) {
      const page: ReadonlyArray<StoredRecord> = yield* catalog.scan({
        kind,
        term,
        direction: "forward",
        from,
        to,
        after,
        limit: scanPage
      })
      for (const { at, body, id } of page) {
        if (!isNamedIn(body, id)) note({ _tag: "FoundBy", kind, id, term })
        const record = missing.get(id)
        if (record?.at === at && record.body === body) missing.delete(id)
      }
      after = page.at(-1)
      if (page.length < scanPage) break
    }
    for (const id of missing.keys()) note({ _tag: "NotFoundBy", kind, id, term })
  }
  return terms
})
