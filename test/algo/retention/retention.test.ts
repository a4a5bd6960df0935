/** Laws of retention, over timelines with tags, equal times, and clocks that jump. */
import { assert, describe, it } from "@effect/vitest"
import { type RetentionDecision, retain, type TimelineSnapshot } from "../../../src/algo/retention/retain.ts"
import { undoWindowLength } from "../../../src/algo/retention/undoWindow.ts"
import type { SnapshotId } from "../../../src/model/Ids.ts"
import type { RetentionPolicy } from "../../../src/model/Retention.ts"
import { makeRandom, type Random, runSeed } from "../../support/random.ts"

const hour = 3_600_000
const day = 24 * hour
const now = Date.UTC(2026, 10, 22, 12)
const id = (n: number) => `snapshot-${n}` as SnapshotId
type Rules = { -readonly [Key in keyof RetentionPolicy]: RetentionPolicy[Key] }

/** Newest first. */
const randomTimeline = (random: Random): ReadonlyArray<TimelineSnapshot> => {
  let time = now - random.below(3) * hour
  return Array.from({ length: random.below(40) }, (_, n) => {
    time -= random.pick([0, 1, 60_000, hour, 5 * hour, day, 8 * day, 40 * day, 500 * day])
    return { id: id(n), time, tags: random.chance(0.1) ? ["v1"] : [], newest: n === 0 }
  })
}

/** Times of the calendar's corners: leap days, ends of years, weeks that two years share, and both sides of midnight. */
const corners = [1969, 1999, 2000, 2004, 2015, 2016, 2020, 2021, 2024, 2025].flatMap((year) =>
  [
    [1, 28],
    [1, 29],
    [2, 1],
    [11, 27],
    [11, 28],
    [11, 31],
    [0, 1],
    [0, 3],
    [0, 4]
  ].flatMap(([month = 0, date = 1]) => {
    const midnight = Date.UTC(year, month, date)
    return [midnight - 1, midnight, midnight + hour - 1, midnight + hour]
  })
)

/** Newest first in the order of making, while the clock jumps: back, ahead of `now`, and to the same time again. */
const jumpingTimeline = (random: Random): ReadonlyArray<TimelineSnapshot> =>
  Array.from({ length: random.below(40) }, (_, n) => {
    const time = random.chance(0.15) ? now + random.pick([0, 1, day, 4000 * day]) : random.pick(corners)
    return { id: id(n), time, tags: random.chance(0.1) ? ["v1"] : [] }
  })

const counted = ["last", "hourly", "daily", "weekly", "monthly", "yearly"] as const

const randomPolicy = (random: Random): Rules => {
  const policy: Rules = {}
  for (const rule of counted) if (random.chance(0.4)) policy[rule] = random.below(6)
  if (random.chance(0.3)) policy.within = random.pick([0, hour, 3 * day, 100 * day])
  if (random.chance(0.3)) policy.tags = random.pick(["any" as const, ["v1"], ["other"], []])
  if (random.chance(0.2)) policy.keep = [id(random.below(40))]
  return policy
}

const keptOf = (decisions: ReadonlyArray<RetentionDecision>) =>
  decisions.filter(({ kept }) => kept.length > 0).map((decision) => decision.id)

/** The bucket of a time as a text of the calendar, made in another way than the code's. */
const bucketOf = (rule: (typeof counted)[number], time: number): string => {
  const text = new Date(time).toISOString()
  if (rule === "hourly") return text.slice(0, 13)
  if (rule === "daily") return text.slice(0, 10)
  if (rule === "monthly") return text.slice(0, 7)
  if (rule === "yearly") return text.slice(0, 4)
  const date = new Date(time)
  // The Monday that the week begins with.
  return new Date(time - ((date.getUTCDay() + 6) % 7) * day).toISOString().slice(0, 10)
}

describe("retention", () => {
  const seed = runSeed()
  const rounds = process.env.TIDEMARK_FULL === "1" ? 20_000 : 500

  it(`keeps what a plain reading of each rule keeps, and says why (seed ${seed})`, () => {
    const random = makeRandom(seed)
    let prunedSome = 0
    for (let round = 0; round < rounds; round++) {
      const timeline = randomTimeline(random)
      const policy = randomPolicy(random)
      const decisions = retain(policy, timeline, now)
      const context = JSON.stringify({ policy, timeline, decisions })
      assert.deepStrictEqual(
        decisions.map((decision) => decision.id),
        timeline.map((snapshot) => snapshot.id)
      )
      if (Object.keys(policy).length === 0) {
        assert.strictEqual(keptOf(decisions).length, timeline.length, context)
        continue
      }
      for (const [index, { id, tags = [], time }] of timeline.entries()) {
        const expected = new Set<string>()
        if (index === 0) expected.add("newest")
        if (index < (policy.last ?? 0)) expected.add("last")
        for (const rule of counted) {
          if (rule === "last") continue
          const bucket = bucketOf(rule, time)
          // Times only fall here, so order and date agree.
          const newer = timeline.slice(0, index).map((snapshot) => bucketOf(rule, snapshot.time))
          if (!newer.includes(bucket) && new Set(newer).size < (policy[rule] ?? 0)) expected.add(rule)
        }
        if (policy.within !== undefined && time >= (timeline[0]?.time ?? 0) - policy.within) expected.add("within")
        const own = [...tags]
        if (policy.tags === "any" ? own.length > 0 : policy.tags?.some((tag) => own.includes(tag)) === true) {
          expected.add("tags")
        }
        if (policy.keep?.includes(id) === true) expected.add("keep")
        assert.deepStrictEqual(new Set<string>(decisions[index]?.kept), expected, context)
      }
      if (keptOf(decisions).length < timeline.length) prunedSome += 1
    }
    assert.isAbove(prunedSome, rounds / 4)
  })

  it(`agrees with the calendar where the clock jumps and years, leap days and ISO weeks end (seed ${seed})`, () => {
    const random = makeRandom(seed + 4)
    for (let round = 0; round < rounds; round++) {
      const timeline = jumpingTimeline(random)
      const policy = randomPolicy(random)
      if (Object.keys(policy).length === 0) continue
      // A time of the future is that of the nearest newer snapshot that has a sensible one.
      const dated = timeline.map(({ id, tags = [] }, index) => {
        const sensible = timeline.slice(0, index + 1).findLast(({ time }) => time <= now)
        return { id, tags: [...tags], index, time: sensible?.time ?? now }
      })
      const newest = Math.max(...dated.map(({ time }) => time))
      const expected = dated.map(({ id, index, tags, time }) => {
        const reasons = new Set<string>()
        if (index < (policy.last ?? 0)) reasons.add("last")
        for (const rule of counted) {
          if (rule === "last") continue
          const bucket = bucketOf(rule, time)
          const within = dated.filter((other) => bucketOf(rule, other.time) === bucket)
          const beaten = within.some((other) => other.time > time || (other.time === time && other.index < index))
          const later = dated.filter((other) => other.time > time && !within.includes(other))
          const places = new Set(later.map((other) => bucketOf(rule, other.time))).size
          if (!beaten && places < (policy[rule] ?? 0)) reasons.add(rule)
        }
        if (policy.within !== undefined && newest - time <= policy.within) reasons.add("within")
        const { tags: wanted } = policy
        if (wanted === "any" ? tags.length > 0 : wanted?.some((tag) => tags.includes(tag)) === true) reasons.add("tags")
        if (policy.keep?.includes(id) === true) reasons.add("keep")
        return reasons
      })
      const decisions = retain(policy, timeline, now)
      assert.deepStrictEqual(
        decisions.map(({ kept }) => new Set<string>(kept)),
        expected,
        JSON.stringify({ round, policy, timeline, decisions })
      )
    }
  })

  it("keeps the same when it is asked again about what it kept, and no less when it is told to keep more", () => {
    const random = makeRandom(seed + 1)
    for (let round = 0; round < rounds; round++) {
      const timeline = randomTimeline(random)
      const policy = randomPolicy(random)
      const kept = keptOf(retain(policy, timeline, now))
      const again = retain(
        policy,
        timeline.filter((snapshot) => kept.includes(snapshot.id)),
        now
      )
      assert.deepStrictEqual(keptOf(again), kept)
      const more: Rules = { ...policy }
      const rule = random.pick(counted)
      if (more[rule] === undefined) continue
      more[rule] = (more[rule] ?? 0) + 1
      const larger = new Set<string>(keptOf(retain(more, timeline, now)))
      for (const one of kept) assert.isTrue(larger.has(one))
    }
  })

  it("decides about all others as if a snapshot made while the clock was ahead were not there", () => {
    const random = makeRandom(seed + 2)
    for (let round = 0; round < rounds; round++) {
      const timeline = randomTimeline(random)
      const { last: _, ...policy } = randomPolicy(random)
      if (timeline.length < 2) continue
      const ahead: TimelineSnapshot = { id: id(999), time: Date.UTC(2100, random.below(12)) }
      // Somewhere behind the newest: the clock is back.
      const at = random.between(1, timeline.length)
      const jumped = [...timeline.slice(0, at), ahead, ...timeline.slice(at)]
      const before = retain(policy, timeline, now)
      const after = retain(policy, jumped, now).filter((decision) => decision.id !== ahead.id)
      assert.deepStrictEqual(after, before)
    }
  })

  it("takes no newer snapshot's place for one made while the clock was behind", () => {
    const random = makeRandom(seed + 3)
    for (let round = 0; round < rounds; round++) {
      const timeline = randomTimeline(random)
      const { last: _, ...policy } = randomPolicy(random)
      const behind: TimelineSnapshot = { id: id(999), time: random.below(1000) }
      const at = random.below(timeline.length + 1)
      const jumped = [...timeline.slice(0, at), behind, ...timeline.slice(at)]
      const kept = new Set<string>(keptOf(retain(policy, jumped, now)))
      for (const one of keptOf(retain(policy, timeline, now))) assert.isTrue(kept.has(one))
    }
  })
})

describe("the undo window", () => {
  it("is a tail of the ledger: what is young enough, and at least so many operations", () => {
    const times = [100, 90, 80, 70, 60].map((days) => now - 400 * day + days * day)
    const length = (age: number, operations: number) => undoWindowLength({ age, operations }, times, now)
    assert.strictEqual(length(0, 0), 0)
    assert.strictEqual(length(0, 3), 3)
    assert.strictEqual(length(11 * day, 0), 2)
    assert.strictEqual(length(11 * day, 1), 2)
    assert.strictEqual(length(1000 * day, 0), 5)
    assert.strictEqual(length(0, 99), 5)
  })

  it("is not shortened by a clock that is wrong, in the past, now, or for a while", () => {
    const age = 30 * day
    const times = [1, 2, 3, 40, 50].map((days) => now - days * day)
    const plain = undoWindowLength({ age, operations: 0 }, times, now)
    assert.strictEqual(plain, 3)
    // Asked while the clock stands in 2100.
    assert.strictEqual(undoWindowLength({ age, operations: 0 }, times, Date.UTC(2100, 0)), plain)
    // One operation was made in 2100, one in 1970.
    const with2100 = [...times.slice(0, 3), Date.UTC(2100, 0), ...times.slice(3)]
    assert.isAtMost(undoWindowLength({ age, operations: 0 }, with2100, now), 4)
    assert.isAtLeast(undoWindowLength({ age, operations: 0 }, with2100, now), 3)
    const with1970 = [...times.slice(0, 2), 5, ...times.slice(2)]
    assert.strictEqual(undoWindowLength({ age, operations: 0 }, with1970, now), 4)
  })
})
