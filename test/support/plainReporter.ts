/** Ends a test run with lines that a script can read. */
import { relative, sep } from "node:path"
import type { Reporter, SerializedError, TestModule } from "vitest/node"

const acceptanceFolder = ["test", "acceptance", ""].join(sep)

/**
 * Prints `N passed, N failed` (and `, N skipped` where some were), before it `acceptance: N ran, N skipped` for the tests
 * below `test/acceptance`, and why tests were skipped. Where `TIDEMARK_SHARED` is set, a skipped acceptance test is a
 * failure of the run: its data is there, so it has no excuse.
 */
export default class PlainReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<SerializedError>): void {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    const acceptance = { ran: 0, skipped: 0 }
    const reasons = new Map<string, number>()
    for (const module of modules) {
      const isAcceptance = relative(process.cwd(), module.moduleId).startsWith(acceptanceFolder)
      let tests = 0
      for (const test of module.children.allTests()) {
        tests++
        const result = test.result()
        const state = result.state === "pending" ? "failed" : result.state
        counts[state]++
        if (isAcceptance) acceptance[state === "skipped" ? "skipped" : "ran"]++
        const note = result.state === "skipped" ? result.note : undefined
        if (note !== undefined) reasons.set(note, (reasons.get(note) ?? 0) + 1)
      }
      // A file that could not be loaded has no tests to fail.
      if (module.state() === "failed" && (tests === 0 || module.errors().length > 0)) counts.failed++
    }
    if (unhandledErrors.length > 0) counts.failed += unhandledErrors.length
    for (const [reason, times] of reasons) console.log(`skipped ${times}: ${reason}`)
    if (acceptance.skipped > 0) {
      const isFailure = process.env.TIDEMARK_SHARED !== undefined
      if (isFailure) process.exitCode = 1
      console.log(
        isFailure
          ? "TIDEMARK_SHARED is set, so no acceptance test may be skipped"
          : "acceptance tests need shared data: set TIDEMARK_SHARED to its folder"
      )
    }
    console.log(`acceptance: ${acceptance.ran} ran, ${acceptance.skipped} skipped`)
    const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`
    console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`)
  }
}
