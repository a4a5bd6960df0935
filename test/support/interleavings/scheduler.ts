/** A deterministic scheduler: of all fibers that wait for a call of the storage, one at a time goes on, and time with it. */
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { CatalogStorageService } from "../../../src/storage/CatalogStorage.ts"
import type { ObjectStorageService } from "../../../src/storage/ObjectStorage.ts"
import type { Random } from "../random.ts"

/** Who acts; calls of nobody are not scheduled. */
const Acting = Context.Reference<string | null>("test/interleavings/Acting", { defaultValue: () => null })

interface Waiting {
  readonly actor: string
  readonly operation: string
  readonly go: () => void
  passed: number
}

/** Nobody waits longer than this many calls of others: a fiber may be slow, but it is not dead. */
const patience = { even: 8, steered: 150 }
/** Nor so many milliseconds between its look at the ledger's head and its commit: the rule of half the grace. */
const brink = 300

/**
 * How the next one is chosen: `even`, by chance alone, call by call; `steered`, by ranks drawn at first, the highest going on
 * until it stands before a look that it relies on, or before its commit: there it may have to let all others by. So whole
 * operations pass one that is halfway, which chance alone hardly ever comes to.
 */
type Manner = "even" | "steered"

/** Where one is made to wait, and how often: what it knows may be outdated by what the others do. */
const windows: ReadonlyArray<readonly [RegExp, number]> = [
  [/^commit/, 0.5],
  [/^(refs|list objects|now|remove)/, 0.2]
]

/**
 * Makes a scheduler. Between two calls a few milliseconds pass, and sometimes `jump` of them, but never while an operation is
 * being committed: that is what the rule of half the grace asks of writers.
 */
export const makeScheduler = (random: Random, jump: () => number) => {
  let time = 1_800_000_000_000
  const alive = new Map<string, number>()
  const waiting: Array<Waiting> = []
  /** Since when. */
  const committing = new Map<string, number>()
  const ranks = new Map<string, number>()
  let manner: Manner = "even"
  let calls = 0
  let jumps = 0
  const trace: Array<string> = []

  const rankOf = ({ actor }: Waiting) => ranks.get(actor) ?? 0
  const choose = (): number => {
    const late = waiting.findIndex(
      ({ actor, passed }) => passed >= patience[manner] || time - (committing.get(actor) ?? time) >= brink
    )
    if (late >= 0) return late
    if (manner === "even") return random.below(waiting.length)
    return waiting.reduce((best, one, i) => (rankOf(one) > rankOf(waiting[best] ?? one) ? i : best), 0)
  }

  const step = () => {
    for (const actor of alive.keys()) if (!waiting.some((one) => one.actor === actor)) return
    if (waiting.length === 0) return
    const [next] = waiting.splice(choose(), 1)
    if (next === undefined) return
    for (const one of waiting) one.passed += 1
    calls += 1
    time += random.below(4)
    if (random.chance(0.03) && committing.size === 0) {
      jumps += 1
      time += jump()
    }
    trace.push(`${next.actor} ${next.operation}`)
    queueMicrotask(next.go)
  }

  const gate = (operation: string): Effect.Effect<void> =>
    Effect.flatMap(Acting, (actor) =>
      actor === null
        ? Effect.void
        : Effect.callback<void>((resume) => {
            // From the look at the head on, an operation is about to be committed.
            if (operation === "refs head/ledger") committing.set(actor, time)
            else if (!/^(commit|records)/.test(operation)) committing.delete(actor)
            const odds = manner === "steered" ? windows.find(([calls]) => calls.test(operation)) : undefined
            if (odds !== undefined && random.chance(odds[1])) {
              ranks.set(actor, Math.min(...ranks.values()) - 1)
            }
            waiting.push({ actor, operation, go: () => resume(Effect.void), passed: 0 })
            step()
          })
    )

  const gated = <A, E>(operation: string, call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.andThen(gate(operation), call)

  const objects = (storage: ObjectStorageService): ObjectStorageService => ({
    ...storage,
    put: (batch) => gated("put", storage.put(batch)),
    get: (ids) => gated("get", storage.get(ids)),
    claim: (ids) => gated("claim", storage.claim(ids)),
    remove: (ids, guard) => gated("remove", storage.remove(ids, guard)),
    list: (page) => gated("list objects", storage.list(page)),
    now: gated("now", storage.now)
  })
  const catalog = (storage: CatalogStorageService): CatalogStorageService => ({
    ...storage,
    commit: (change) => gated("commit", storage.commit(change)),
    records: (kind, ids) => gated(`records ${kind}`, storage.records(kind, ids)),
    scan: (scan) => gated("scan", storage.scan(scan)),
    refs: (names) => gated(`refs ${names.length === 1 ? names[0] : names.length}`, storage.refs(names)),
    list: (page) => gated("list refs", storage.list(page))
  })

  const nanos = () => BigInt(time) * 1_000_000n
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => time,
    currentTimeMillis: Effect.sync(() => time),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: () => Effect.void
  }

  return {
    objects,
    catalog,
    clock,
    pass: (milliseconds: number) => {
      time += milliseconds
    },
    calls: () => calls,
    jumps: () => jumps,
    /** The last calls, for a failure's report. */
    trace: () => trace.slice(-200),
    /** Runs all of them at once, call by call. */
    run: <E>(actors: ReadonlyMap<string, Effect.Effect<void, E>>) =>
      Effect.suspend(() => {
        for (const actor of actors.keys()) alive.set(actor, 1)
        committing.clear()
        manner = random.chance(0.5) ? "steered" : "even"
        ranks.clear()
        for (const actor of actors.keys()) ranks.set(actor, random.below(1000))
        const gone = (actor: string) =>
          Effect.sync(() => {
            alive.delete(actor)
            committing.delete(actor)
            step()
          })
        return Effect.forEach(
          actors,
          ([actor, act]) =>
            Effect.andThen(gate("begin"), act).pipe(Effect.ensuring(gone(actor)), Effect.provideService(Acting, actor)),
          { concurrency: "unbounded", discard: true }
        )
      })
  }
}

export type Scheduler = ReturnType<typeof makeScheduler>
