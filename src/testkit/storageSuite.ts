/** The conformance suite of storage: every law that binds an adapter, run by any test runner. */
import * as Effect from "effect/Effect"
import type { TestRunner } from "./Law.ts"
import { historyLaws } from "./laws/historyLaws.ts"
import { objectLaws } from "./laws/objectLaws.ts"
import { openingLaws } from "./laws/openingLaws.ts"
import { recordLaws } from "./laws/recordLaws.ts"
import { refLaws } from "./laws/refLaws.ts"
import { scanLaws } from "./laws/scanLaws.ts"
import { storedAtLaws } from "./laws/storedAtLaws.ts"
import { traceLaws } from "./laws/traceLaws.ts"
import { wholeLaws } from "./laws/wholeLaws.ts"
import type { StorageFixture, StorageLaw } from "./StorageFixture.ts"

/** Everything that storage owes, each law on its own. @public */
export const storageLaws: ReadonlyArray<StorageLaw> = [
  ...objectLaws,
  ...storedAtLaws,
  ...recordLaws,
  ...scanLaws,
  ...refLaws,
  ...historyLaws,
  ...wholeLaws,
  ...openingLaws,
  ...traceLaws
]

/**
 * Declares a test for each law.
 *
 * @remarks
 * A law that needs a promise the adapter does not make is shown as skipped, with the promise it needs. No other law can
 * be left out.
 *
 * @public
 */
export const storageSuite = <Location, E>(fixture: StorageFixture<Location, E>, runner: TestRunner): void => {
  runner.describe(`storage: ${fixture.name}`, () => {
    for (const law of storageLaws) {
      const missing = law.requires.filter((promise) => !fixture.capabilities[promise])
      if (missing.length > 0) runner.skip(`${law.name} (not promised: ${missing.join(", ")})`)
      else runner.it(law.name, () => Effect.runPromise(Effect.scoped(law.run(fixture))))
    }
  })
}
