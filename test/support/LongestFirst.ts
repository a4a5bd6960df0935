/** Which files of tests begin first: those that take long, so that no core waits for the last of them. */
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** The longest of a whole run, and of a bounded one where it matters, longest first. */
const long = [
  "algo/text/fuzzTrees",
  "crash/kill",
  "crash/disturb",
  "core/maintenance/interleavings",
  "adapters/filesystem/storeDamage",
  "adapters/sqlite/damage",
  "adapters/filesystem/edits",
  "core/maintenance/verify",
  "crash/edits",
  "crash/torn",
  "algo/text/fuzz",
  "core/merge/gitHistories",
  "crash/together"
]

/** @see long */
export class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = long.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
      return at < 0 ? long.length : at
    }
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b))
  }
}
