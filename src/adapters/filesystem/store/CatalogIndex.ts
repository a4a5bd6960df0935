/** What a catalog's log says, in memory: records by id and by term, refs by name, each in the order that is asked for. */
import type { RefName } from "../../../model/Ids.ts"
import { compareUtf8 } from "../../../model/order.ts"
import type { RecordPosition, RecordScan, StoredRecord } from "../../../storage/CatalogStorage.ts"
import type { CatalogChange } from "./catalogFrames.ts"
import { SortedItems } from "./SortedItems.ts"

const comparePositions = (a: RecordPosition, b: RecordPosition) => a.at - b.at || compareUtf8(a.id, b.id)

// NUL is in no kind and no id, so the pair has one text.
const keyOf = (kind: string, rest: string) => `${kind}\0${rest}`

/** About how many bytes a record, or a ref, takes in the log. */
const recordCost = ({ kind, id, terms, body }: StoredRecord) =>
  terms.reduce((sum, term) => sum + Buffer.byteLength(term) + 3, 40 + kind.length) +
  Buffer.byteLength(id) +
  Buffer.byteLength(body)
const refCost = (name: string, value: string) => 10 + Buffer.byteLength(name) + Buffer.byteLength(value)

/** So many records, or refs, of a log that is written anew stand or fall together when a byte of it is damaged. */
const together = 64

/** @internal */
export class CatalogIndex {
  readonly #records = new Map<string, StoredRecord>()
  readonly #byTerm = new Map<string, SortedItems<StoredRecord>>()
  readonly #refs = new Map<RefName, string>()
  #names = new SortedItems<RefName>(compareUtf8)
  #cost = 0

  /** About how long a log would be that says nothing but what is known now. */
  get cost(): number {
    return this.#cost
  }

  clear(): void {
    this.#records.clear()
    this.#byTerm.clear()
    this.#refs.clear()
    this.#names = new SortedItems<RefName>(compareUtf8)
    this.#cost = 0
  }

  apply({ records, remove, refs }: CatalogChange): void {
    for (const { kind, id } of remove) this.#erase(kind, id)
    for (const record of records) this.#insert(record)
    for (const [name, value] of refs) this.#move(name, value)
  }

  ref(name: RefName): string | null {
    return this.#refs.get(name) ?? null
  }

  record(kind: string, id: string): StoredRecord | undefined {
    return this.#records.get(keyOf(kind, id))
  }

  scan({
    kind,
    term,
    direction,
    from = -Infinity,
    to = Infinity,
    after,
    limit
  }: RecordScan): ReadonlyArray<StoredRecord> {
    const sorted = this.#byTerm.get(keyOf(kind, term))
    if (sorted === undefined || limit <= 0) return []
    const forward = direction === "forward"
    let start = sorted.boundary((r) => r.at < from)
    let end = sorted.boundary((r) => r.at <= to)
    if (after !== undefined) {
      if (forward)
        start = Math.max(
          start,
          sorted.boundary((r) => comparePositions(r, after) <= 0)
        )
      else
        end = Math.min(
          end,
          sorted.boundary((r) => comparePositions(r, after) < 0)
        )
    }
    if (end <= start) return []
    return forward
      ? sorted.all().slice(start, Math.min(end, start + limit))
      : sorted
          .all()
          .slice(Math.max(start, end - limit), end)
          .reverse()
  }

  list(prefix: string, after: RefName | undefined, limit: number): ReadonlyArray<readonly [RefName, string]> {
    const names = this.#names.all()
    const page: Array<readonly [RefName, string]> = []
    const start = this.#names.boundary(
      (name) => compareUtf8(name, prefix) < 0 || (after !== undefined && compareUtf8(name, after) <= 0)
    )
    for (let i = start; i < names.length && page.length < limit; i++) {
      const name = names[i]
      // Names that start alike stand together in the order of bytes.
      if (name === undefined || !name.startsWith(prefix)) break
      page.push([name, this.#refs.get(name) ?? ""])
    }
    return page
  }

  /** All that is known, in changes of bounded size. */
  *changes(): Generator<CatalogChange> {
    const [records, refs] = [[...this.#records.values()], [...this.#refs]]
    for (let i = 0; i < records.length; i += together) {
      yield { records: records.slice(i, i + together), remove: [], refs: [] }
    }
    for (let i = 0; i < refs.length; i += together) {
      yield { records: [], remove: [], refs: refs.slice(i, i + together) }
    }
  }

  #insert(given: StoredRecord): void {
    const record = Object.freeze({ ...given, terms: Object.freeze([...new Set(given.terms)]) })
    this.#records.set(keyOf(record.kind, record.id), record)
    this.#cost += recordCost(record)
    for (const term of record.terms) {
      const key = keyOf(record.kind, term)
      const sorted = this.#byTerm.get(key)
      if (sorted !== undefined) sorted.add(record)
      else {
        const made = new SortedItems<StoredRecord>(comparePositions)
        made.add(record)
        this.#byTerm.set(key, made)
      }
    }
  }

  #erase(kind: string, id: string): void {
    const record = this.record(kind, id)
    if (record === undefined) return
    this.#records.delete(keyOf(kind, id))
    this.#cost -= recordCost(record)
    for (const term of record.terms) {
      const key = keyOf(kind, term)
      const sorted = this.#byTerm.get(key)
      sorted?.delete(record)
      if (sorted?.size === 0) this.#byTerm.delete(key)
    }
  }

  #move(name: RefName, value: string | null): void {
    const held = this.#refs.get(name)
    if (held !== undefined) this.#cost -= refCost(name, held)
    if (value === null) {
      if (held !== undefined) this.#names.delete(name)
      this.#refs.delete(name)
      return
    }
    if (held === undefined) this.#names.add(name)
    this.#refs.set(name, value)
    this.#cost += refCost(name, value)
  }
}
