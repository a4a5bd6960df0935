/** Whether refs are found in every way that they are asked for. */
import * as Effect from "effect/Effect"
import type { RefName } from "../../model/Ids.ts"
import type { CatalogStorageService } from "../../storage/CatalogStorage.ts"
import type { StorageError } from "../../storage/StorageError.ts"
import { ledgerHead } from "../catalog/names.ts"
import type { StoreFinding } from "./StoreReport.ts"

const refPage = 1000
const steadyTries = 5
type Refs = ReadonlyArray<readonly [RefName, string]>

const listAll = Effect.fnUntraced(function* (catalog: CatalogStorageService, prefix: string) {
  const all: Array<readonly [RefName, string]> = []
  for (;;) {
    const page: Refs = yield* catalog.list({ prefix, after: all.at(-1)?.[0], limit: refPage })
    for (const ref of page) all.push(ref)
    if (page.length < refPage) return all
  }
})

/** What hosts list refs by: the first two parts of a name, and the first three. */
const prefixesOf = (name: string): ReadonlyArray<string> => {
  const parts = name.split("/")
  return [2, 3].filter((n) => n < parts.length).map((n) => `${parts.slice(0, n).join("/")}/`)
}

const compare = Effect.fnUntraced(function* (catalog: CatalogStorageService) {
  const findings: Array<StoreFinding> = []
  const all = yield* listAll(catalog, "")
  for (let i = 0; i < all.length; i += refPage) {
    const page = all.slice(i, i + refPage)
    const found = yield* catalog.refs(page.map(([name]) => name))
    for (const [name, listed] of page) {
      const value = found.get(name) ?? null
      if (value !== listed) findings.push({ _tag: "RefUnsteady", name, listed, found: value })
    }
  }
  const groups = new Map<string, Array<readonly [RefName, string]>>()
  for (const ref of all) {
    for (const prefix of prefixesOf(ref[0])) {
      const group = groups.get(prefix)
      if (group === undefined) groups.set(prefix, [ref])
      else group.push(ref)
    }
  }
  for (const [prefix, group] of groups) {
    const listed = yield* listAll(catalog, prefix)
    const isSame =
      listed.length === group.length &&
      group.every(([name, value], i) => {
        const other = listed[i]
        return other?.[0] === name && other[1] === value
      })
    if (!isSame) findings.push({ _tag: "RefListedWrong", prefix })
  }
  return findings
})

/** Lists, asks and compares; again where somebody moved a ref meanwhile. @internal */
export const checkRefs = Effect.fnUntraced(function* (
  catalog: CatalogStorageService
): Effect.fn.Return<ReadonlyArray<StoreFinding>, StorageError> {
  const head = Effect.map(catalog.refs([ledgerHead]), (refs) => refs.get(ledgerHead))
  let before = yield* head
  for (let tries = 1; ; tries++) {
    const findings = yield* compare(catalog)
    const after = yield* head
    if (findings.length === 0 || after === before || tries === steadyTries) return findings
    before = after
  }
})
