import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import { LongestFirst } from "./test/support/LongestFirst.ts"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", "./test/support/plainReporter.ts"],
    // Effect is loaded once per worker instead of once per file: the suite is four times faster.
    isolate: false,
    pool: "threads",
    // A whole run mostly waits for processes that it has started: it leaves no core idle.
    ...(process.env.TIDEMARK_FULL === undefined ? {} : { maxWorkers: availableParallelism() }),
    // Only there to end what hangs: how long a test takes decides nothing.
    testTimeout: process.env.TIDEMARK_FULL === undefined ? 120_000 : 3_600_000,
    hookTimeout: 120_000,
    sequence: { sequencer: LongestFirst }
  }
})
