/** Retention: which snapshots stay when old ones are pruned, and how far back operations can be taken back. */
import * as Schema from "effect/Schema"
import { SnapshotId } from "./Ids.ts"

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Milliseconds = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/**
 * Which snapshots to keep. A snapshot stays when any rule keeps it; with no rule at all, every one stays.
 *
 * - `last`: so many of the newest
 * - `hourly` … `yearly`: the newest of each of so many of the newest hours (days, ISO weeks, months, years) that have any.
 *   Their borders are those of UTC
 * - `within`: those not older than so many milliseconds before the newest one
 * - `tags`: those that hold a version with one of these tags; `"any"`: with any tag
 * - `keep`: these, by id
 *
 * @public
 */
export const RetentionPolicy = Schema.Struct({
  last: Schema.optionalKey(Count),
  hourly: Schema.optionalKey(Count),
  daily: Schema.optionalKey(Count),
  weekly: Schema.optionalKey(Count),
  monthly: Schema.optionalKey(Count),
  yearly: Schema.optionalKey(Count),
  within: Schema.optionalKey(Milliseconds),
  tags: Schema.optionalKey(Schema.Union([Schema.Literal("any"), Schema.Array(Schema.String)])),
  keep: Schema.optionalKey(Schema.Array(SnapshotId))
})
/** @public */
export interface RetentionPolicy extends Schema.Schema.Type<typeof RetentionPolicy> {}

/** Why a snapshot stays: a rule of the policy, or that it is the newest of its collection. @public */
export const RetentionReason = Schema.Literals([
  "newest",
  "last",
  "hourly",
  "daily",
  "weekly",
  "monthly",
  "yearly",
  "within",
  "tags",
  "keep",
  "no-rule"
])
/** @public */
export type RetentionReason = typeof RetentionReason.Type

/**
 * How far back operations keep alive what they need to be taken back: those not older than `age` milliseconds before the
 * newest one, and at least the newest `operations`.
 *
 * @public
 */
export const UndoWindow = Schema.Struct({ age: Milliseconds, operations: Count })
/** @public */
export interface UndoWindow extends Schema.Schema.Type<typeof UndoWindow> {}
