/** The conformance suite of working trees: every law that binds an adapter, run by any test runner. */
import * as Effect from "effect/Effect"
import type { TestRunner } from "./Law.ts"
import { treeApplyLaws } from "./laws/treeApplyLaws.ts"
import { treeRecoveryLaws } from "./laws/treeRecoveryLaws.ts"
import { treeRefusalLaws } from "./laws/treeRefusalLaws.ts"
import { treeScanLaws } from "./laws/treeScanLaws.ts"
import { treeStreamLaws } from "./laws/treeStreamLaws.ts"
import type { WorkingTreeFixture, WorkingTreeLaw } from "./WorkingTreeFixture.ts"

/** Everything that a working tree owes, each law on its own. @public */
export const workingTreeLaws: ReadonlyArray<WorkingTreeLaw> = [
  ...treeScanLaws,
  ...treeStreamLaws,
  ...treeApplyLaws,
  ...treeRefusalLaws,
  ...treeRecoveryLaws
]

/**
 * Declares a test for each law.
 *
 * @remarks
 * A law that needs an ability the adapter does not have is shown as skipped, with the ability. No other law can be left
 * out.
 *
 * @public
 */
export const workingTreeSuite = <E>(fixture: WorkingTreeFixture<E>, runner: TestRunner): void => {
  runner.describe(`working tree: ${fixture.name}`, () => {
    for (const law of workingTreeLaws) {
      const missing = law.requires.filter((ability) => !fixture.abilities[ability])
      if (missing.length > 0) runner.skip(`${law.name} (not able to: ${missing.join(", ")})`)
      else runner.it(law.name, () => Effect.runPromise(Effect.scoped(law.run(fixture))))
    }
  })
}
