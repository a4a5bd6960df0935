/** A schedule that is written down: at a call of one, others do what they do, whole; then the call goes on. */
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { CatalogStorageService } from "../../../src/storage/CatalogStorage.ts"
import type { ObjectStorageService } from "../../../src/storage/ObjectStorage.ts"

/** Who acts; at calls of nobody nothing happens. */
const Acting = Context.Reference<string | null>("test/interleavings/Directed", { defaultValue: () => null })

/** A moment: just before `actor` makes its first call, or its `nth` one, that the pattern matches. */
export interface Moment {
  readonly actor: string
  readonly call: RegExp
  readonly nth?: number | undefined
}

interface Cue extends Moment {
  left: number
  readonly act: Effect.Effect<void>
}

/** Makes a director over a clock that stands still unless it is moved. */
export const makeDirector = () => {
  let time = 1_800_000_000_000
  const cues: Array<Cue> = []
  const trace: Array<string> = []

  const gated = <A, E>(call: string, run: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.flatMap(Acting, (actor) => {
      if (actor === null) return run
      const due: Array<Effect.Effect<void>> = []
      for (const cue of [...cues]) {
        if (cue.actor !== actor || !cue.call.test(call) || --cue.left > 0) continue
        cues.splice(cues.indexOf(cue), 1)
        due.push(cue.act)
      }
      const goOn = Effect.suspend(() => {
        trace.push(`${actor} ${call}`)
        return run
      })
      if (due.length === 0) return goOn
      return Effect.andThen(Effect.provideService(Effect.all(due, { discard: true }), Acting, null), goOn)
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
    clock,
    pass: (milliseconds: number) => {
      time += milliseconds
    },
    objects: (storage: ObjectStorageService): ObjectStorageService => ({
      ...storage,
      put: (batch) => gated("put", storage.put(batch)),
      get: (ids) => gated("get", storage.get(ids)),
      claim: (ids) => gated("claim", storage.claim(ids)),
      remove: (ids, guard) => gated("remove", storage.remove(ids, guard)),
      list: (page) => gated("list objects", storage.list(page)),
      now: gated("now", storage.now)
    }),
    catalog: (storage: CatalogStorageService): CatalogStorageService => ({
      ...storage,
      commit: (change) => gated("commit", storage.commit(change)),
      records: (kind, ids) => gated(`records ${kind}`, storage.records(kind, ids)),
      scan: (scan) => gated("scan", storage.scan(scan)),
      refs: (names) => gated(`refs ${names.join(" ")}`, storage.refs(names)),
      list: (page) => gated(`list ${page.prefix}`, storage.list(page))
    }),
    /** Who makes the calls of an effect. */
    as: <A, E, R>(actor: string, act: Effect.Effect<A, E, R>) => Effect.provideService(act, Acting, actor),
    /** What happens just before that call; once. */
    before: (moment: Moment, act: Effect.Effect<void>) => {
      cues.push({ ...moment, left: moment.nth ?? 1, act })
    },
    /** Moments that never came. */
    missed: () => cues.map(({ actor, call }) => `${actor} ${call}`),
    /** The calls so far, but those of nobody. */
    trace: (): ReadonlyArray<string> => trace
  }
}
