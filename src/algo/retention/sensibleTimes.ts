/** What to make of times that a clock gave while it was wrong. */

/**
 * The times of a sequence, newest first, in which each one that lies after `now` is replaced by that of the next newer
 * one, or by `now`. A clock that stood in the future for a while leaves no trace so: whatever was made then counts as
 * made right before what came after.
 *
 * @internal
 */
export const sensibleTimes = (times: ReadonlyArray<number>, now: number): ReadonlyArray<number> => {
  let newer = now
  return times.map((time) => {
    newer = time > now ? newer : time
    return newer
  })
}
