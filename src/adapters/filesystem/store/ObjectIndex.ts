/** Which objects there are, by what their log says. The files alone say nothing: one may be half of a batch. */
import type { ObjectId } from "../../../model/Ids.ts"
import type { ObjectInfo } from "../../../storage/ObjectStorage.ts"
import { entryLength, type ObjectChange } from "./objectFrames.ts"
import { SortedItems } from "./SortedItems.ts"

interface Known {
  readonly size: number
  readonly storedAt: number
}

// Ids are hexadecimal, so their order is that of any comparison.
const compareIds = (a: ObjectId, b: ObjectId) => (a < b ? -1 : a > b ? 1 : 0)

/** The order is kept by the first two digits: a page that follows a change then sorts a small part. */
const shardOf = (id: ObjectId) => Number.parseInt(id.slice(0, 2), 16)

/** @internal */
export class ObjectIndex {
  readonly #known = new Map<ObjectId, Known>()
  readonly #shards = Array.from({ length: 256 }, () => new SortedItems<ObjectId>(compareIds))
  /** Whose files may be there though the objects are not: of a batch that was begun, or of a removal. */
  #unsettled: ReadonlyArray<ObjectId> = []

  get unsettled(): ReadonlyArray<ObjectId> {
    return this.#unsettled
  }

  /** About how long a log would be that says nothing but what is known now. */
  get cost(): number {
    return this.#known.size * entryLength
  }

  get(id: ObjectId): Known | undefined {
    return this.#known.get(id)
  }

  clear(): void {
    for (const [i] of this.#shards.entries()) this.#shards[i] = new SortedItems(compareIds)
    this.#known.clear()
    this.#unsettled = []
  }

  apply(change: ObjectChange): void {
    this.#unsettled = change.unsettled
    for (const { id, size, storedAt } of change.stored) {
      if (!this.#known.has(id)) this.#shards[shardOf(id)]?.add(id)
      this.#known.set(id, { size, storedAt })
    }
    for (const id of change.removed) {
      if (this.#known.delete(id)) this.#shards[shardOf(id)]?.delete(id)
    }
  }

  list(after: ObjectId | undefined, limit: number): ReadonlyArray<ObjectInfo> {
    const page: Array<ObjectInfo> = []
    for (let shard = after === undefined ? 0 : shardOf(after); shard < 256 && page.length < limit; shard++) {
      const sorted = this.#shards[shard]
      if (sorted === undefined) break
      const start = after === undefined ? 0 : sorted.boundary((id) => id <= after)
      for (const id of sorted.all().slice(start, start + limit - page.length)) {
        const known = this.#known.get(id)
        if (known !== undefined) page.push({ id, ...known })
      }
    }
    return page
  }

  /** All that is known, in changes of bounded size. */
  *changes(): Generator<ObjectChange> {
    const all = [...this.#known].map(([id, known]) => ({ id, ...known }))
    for (let i = 0; i < all.length; i += 10_000) yield { stored: all.slice(i, i + 10_000), removed: [], unsettled: [] }
  }
}
