/** How many of the newest operations can still be taken back. */
import type { UndoWindow } from "../../model/Retention.ts"
import { sensibleTimes } from "./sensibleTimes.ts"

/** What is kept where nothing else is said: thirty days, and the newest hundred operations. @public */
export const defaultUndoWindow: UndoWindow = { age: 30 * 24 * 3_600_000, operations: 100 }

/**
 * Counts the operations in the window, given the raw times of all of them, newest first.
 *
 * @remarks
 * The window is always a tail of the ledger, because an operation can be taken back only over those after it: it reaches
 * to the oldest operation that is young enough. Ages count from the newest operation, or from `now` where that is earlier,
 * so a clock that is wrong when this is asked takes nothing away; and times from the future say nothing about age.
 *
 * @internal
 */
export const undoWindowLength = (window: UndoWindow, times: ReadonlyArray<number>, now: number): number => {
  const sensible = sensibleTimes(times, now)
  const [newest = now] = sensible
  let length = Math.min(window.operations, times.length)
  for (const [index, time] of sensible.entries()) {
    if (time > newest - window.age) length = Math.max(length, index + 1)
  }
  return length
}
