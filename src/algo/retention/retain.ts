/** Which snapshots of a timeline a policy keeps, and why. */
import type { SnapshotId } from "../../model/Ids.ts"
import type { RetentionPolicy, RetentionReason } from "../../model/Retention.ts"
import { sensibleTimes } from "./sensibleTimes.ts"

/** A snapshot, as far as retention asks. `time` is the raw clock in milliseconds; `tags` are those of its versions. @public */
export interface TimelineSnapshot {
  readonly id: SnapshotId
  readonly time: number
  readonly tags?: Iterable<string> | undefined
  /** Kept whatever the policy says, because a name holds it. */
  readonly newest?: boolean | undefined
}

/** A snapshot and the reasons to keep it; without one it is pruned. @public */
export interface RetentionDecision {
  readonly id: SnapshotId
  readonly kept: ReadonlyArray<RetentionReason>
}

const hour = 3_600_000
const day = 24 * hour

type Period = "hourly" | "daily" | "weekly" | "monthly" | "yearly"

const monthOf = (time: number): number => {
  const date = new Date(time)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** The number of the hour, day, week, month or year that a time is in, by UTC. */
const periods: ReadonlyArray<readonly [Period, (time: number) => number]> = [
  ["hourly", (time) => Math.floor(time / hour)],
  ["daily", (time) => Math.floor(time / day)],
  // 1970-01-01 was a Thursday; ISO weeks begin on Mondays.
  ["weekly", (time) => Math.floor((Math.floor(time / day) + 3) / 7)],
  ["monthly", monthOf],
  ["yearly", (time) => new Date(time).getUTCFullYear()]
]

const rules = ["last", "hourly", "daily", "weekly", "monthly", "yearly", "within", "tags", "keep"] as const

/**
 * Decides for each snapshot of a timeline whether a policy keeps it. The timeline is given newest first, in the order in
 * which the snapshots were made: that order, and not their times, says which one is newer. `now` is the clock: a snapshot
 * from its future was made while the clock was wrong, and counts as made when the next newer one was.
 *
 * @public
 */
export const retain = (
  policy: RetentionPolicy,
  timeline: ReadonlyArray<TimelineSnapshot>,
  now: number
): ReadonlyArray<RetentionDecision> => {
  const kept = timeline.map((): Array<RetentionReason> => [])
  const times = sensibleTimes(
    timeline.map(({ time }) => time),
    now
  )
  const mark = (index: number, reason: RetentionReason) => kept[index]?.push(reason)
  for (const [index, { newest }] of timeline.entries()) if (newest === true) mark(index, "newest")
  if (rules.every((rule) => policy[rule] === undefined)) {
    for (const index of timeline.keys()) mark(index, "no-rule")
  }

  for (let index = 0; index < Math.min(policy.last ?? 0, timeline.length); index++) mark(index, "last")

  // By date, so that one made while the clock stood in the past takes no newer one's place.
  const timeOf = (index: number): number => times[index] ?? 0
  const byDate = [...timeline.keys()].sort((a, b) => timeOf(b) - timeOf(a) || a - b)
  for (const [rule, numberOf] of periods) {
    const wanted = policy[rule] ?? 0
    const seen = new Set<number>()
    for (const index of byDate) {
      const period = numberOf(timeOf(index))
      if (seen.has(period)) continue
      if (seen.size >= wanted) break
      seen.add(period)
      mark(index, rule)
    }
  }

  const { tags, within } = policy
  const [first] = byDate
  if (within !== undefined && first !== undefined) {
    for (const index of byDate) if (timeOf(index) >= timeOf(first) - within) mark(index, "within")
  }
  if (tags !== undefined) {
    const wanted = tags === "any" ? null : new Set(tags)
    for (const [index, snapshot] of timeline.entries()) {
      for (const tag of snapshot.tags ?? []) {
        if (wanted !== null && !wanted.has(tag)) continue
        mark(index, "tags")
        break
      }
    }
  }
  const named = new Set(policy.keep)
  for (const [index, { id }] of timeline.entries()) if (named.has(id)) mark(index, "keep")
  return timeline.map(({ id }, index) => ({ id, kept: kept[index] ?? [] }))
}
