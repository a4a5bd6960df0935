/** The most memory that this process has had. */
import { readFileSync } from "node:fs"

/**
 * Bytes resident at the most so far.
 *
 * @remarks
 * Linux counts what the parent had when it forked into a child's `ru_maxrss` (getrusage(2)), so there it is read from
 * proc(5), where counting begins with the program.
 */
export const peakMemory = (): number => {
  try {
    const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1]
    if (kilobytes !== undefined) return Number(kilobytes) * 1024
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024
}
