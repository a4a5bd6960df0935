/** Histories of what a catalog was asked and answered, and whether one order of all of it explains every answer. */
import * as Effect from "effect/Effect"
import type { CatalogStorageService, RefUpdate } from "../storage/CatalogStorage.ts"

/**
 * A commit that was tried, or a look at a ref: when it was asked and when it was answered, by any clock that all who take
 * part share. `answered` is `null` when no answer came: the one who asked was killed, or storage failed.
 *
 * @public
 */
export type HistoryEvent = {
  readonly by: string
  readonly asked: number
  readonly answered: number | null
} & (
  | { readonly did: "commit"; readonly refs: ReadonlyArray<RefUpdate>; readonly committed: boolean | null }
  | { readonly did: "look"; readonly name: string; readonly value: string | null }
)

/** A catalog that writes down what it is asked, and what it answers. @public */
export interface RecordedCatalog {
  readonly catalog: CatalogStorageService
  readonly events: () => ReadonlyArray<HistoryEvent>
}

/**
 * Writes down every commit and every look at refs. A refused commit also is a look at the ref that its answer names.
 * `clock` is read right before and right after each call; processes that share a store have to share it.
 *
 * @public
 */
export const recordHistory = (catalog: CatalogStorageService, by: string, clock: () => number): RecordedCatalog => {
  const events: Array<HistoryEvent> = []
  return {
    events: () => [...events],
    catalog: {
      ...catalog,
      commit: (change) =>
        Effect.suspend(() => {
          const { refs } = change
          const at = events.length
          const asked = clock()
          // Should no answer come, this stands.
          events.push({ by, asked, answered: null, did: "commit", refs, committed: null })
          return Effect.tap(catalog.commit(change), (result) =>
            Effect.sync(() => {
              const answered = clock()
              const committed = result._tag === "Committed"
              events[at] = { by, asked, answered, did: "commit", refs, committed }
              if (result._tag === "Refused") {
                events.push({ by, asked, answered, did: "look", name: result.name, value: result.actual })
              }
            })
          )
        }),
      refs: (names) =>
        Effect.suspend(() => {
          const asked = clock()
          return Effect.tap(catalog.refs(names), (held) =>
            Effect.sync(() => {
              const answered = clock()
              for (const name of names) {
                events.push({ by, asked, answered, did: "look", name, value: held.get(name) ?? null })
              }
            })
          )
        })
    }
  }
}

const show = (event: HistoryEvent): string =>
  event.did === "look"
    ? `${event.by} saw ${event.value} at ${event.name}`
    : `${event.by} moved ${event.refs.map(({ expected, name, next }) => `${name} from ${expected} to ${next}`).join(", ")}`

/** What must come before what, as far as it is known. */
class Before {
  readonly #after: Array<Array<number>> = []
  readonly #count: Array<number> = []

  add(first: number, then: number): void {
    while (this.#after.length <= Math.max(first, then)) {
      this.#after.push([])
      this.#count.push(0)
    }
    this.#after[first]?.push(then)
    this.#count[then] = (this.#count[then] ?? 0) + 1
  }

  /** Those that come in no order, because each comes before itself. */
  circle(): ReadonlyArray<number> {
    const count = [...this.#count]
    const free = [...count.keys()].filter((node) => count[node] === 0)
    let left = count.length
    for (let node = free.pop(); node !== undefined; node = free.pop()) {
      left--
      for (const then of this.#after[node] ?? []) {
        const now = (count[then] ?? 0) - 1
        count[then] = now
        if (now === 0) free.push(then)
      }
    }
    if (left === 0) return []
    // Whoever is left and has nobody left behind it only waits for a circle.
    const stuck = new Set([...count.keys()].filter((node) => (count[node] ?? 0) > 0))
    for (let before = -1; before !== stuck.size; ) {
      before = stuck.size
      for (const node of stuck) {
        if (!(this.#after[node] ?? []).some((then) => stuck.has(then))) stuck.delete(node)
      }
    }
    return [...stuck]
  }
}

/**
 * Looks for an order of all events that explains every answer: each commit found what it expected, each look saw what the
 * last commit before it left, and whatever was answered before something else was asked comes before it. Answers `null`
 * where there is one, else a sentence that says what cannot be.
 *
 * @remarks
 * No value may be given to a ref twice, and none may be removed: then each value tells which commit it is from, and the
 * answer is exact, in a time that grows with the events as sorting does. What no answer came to counts as done if anybody
 * has seen it.
 *
 * @public
 */
export const explainHistory = (events: ReadonlyArray<HistoryEvent>): string | null => {
  const key = (name: string, value: string | null) => `${name}\0${value === null ? "absent" : `is ${value}`}`
  const seen = new Set(
    events.flatMap((event) => {
      if (event.did === "look") return [key(event.name, event.value)]
      return event.committed === true ? event.refs.map(({ expected, name }) => key(name, expected)) : []
    })
  )
  const isDone = (event: HistoryEvent) =>
    event.did === "commit" &&
    (event.committed === true ||
      (event.committed === null &&
        event.refs.some(({ name, next, expected }) => next !== expected && seen.has(key(name, next)))))
  const writers = new Map<string, number>()
  const overwriters = new Map<string, number>()
  for (const [index, event] of events.entries()) {
    if (event.did !== "commit" || !isDone(event)) continue
    for (const { expected, name, next } of event.refs) {
      if (expected === next) continue
      if (next === null) throw new TypeError("A history in which refs are removed cannot be judged.")
      if (writers.has(key(name, next))) throw new TypeError(`${name} was given ${next} twice: that cannot be judged.`)
      writers.set(key(name, next), index)
      const other = events[overwriters.get(key(name, expected)) ?? -1]
      if (other !== undefined) return `Two won: ${show(other)}, and ${show(event)}.`
      overwriters.set(key(name, expected), index)
    }
  }
  const order = new Before()
  const sees = (index: number, name: string, value: string | null): string | null => {
    const [writer, overwriter] = [writers.get(key(name, value)), overwriters.get(key(name, value))]
    if (writer === undefined && value !== null) return `Nobody gave ${value} to ${name}, which was found there.`
    if (writer !== undefined && writer !== index) order.add(writer, index)
    if (overwriter !== undefined && overwriter !== index) order.add(index, overwriter)
    return null
  }
  for (const [index, event] of events.entries()) {
    const found =
      event.did === "look"
        ? [sees(index, event.name, event.value)]
        : isDone(event)
          ? event.refs.map(({ expected, name }) => sees(index, name, expected))
          : []
    const strange = found.find((one) => one !== null)
    if (strange !== undefined) return strange
  }
  // One node for each answer, in the order of time: what is asked later comes after it, and so after all before it.
  const answers = events.flatMap((event, index) => (event.answered === null ? [] : [{ index, at: event.answered }]))
  answers.sort((a, b) => a.at - b.at)
  const nodeOf = (i: number) => events.length + i
  for (const [i, { index }] of answers.entries()) {
    order.add(index, nodeOf(i))
    if (i > 0) order.add(nodeOf(i - 1), nodeOf(i))
  }
  for (const [index, { asked }] of events.entries()) {
    let [low, high] = [0, answers.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((answers[middle]?.at ?? 0) < asked) low = middle + 1
      else high = middle
    }
    if (low > 0) order.add(nodeOf(low - 1), index)
  }
  const circle = order.circle().flatMap((node) => events[node] ?? [])
  if (circle.length === 0) return null
  return `No order explains these ${circle.length}: ${circle.slice(0, 6).map(show).join("; ")}.`
}
