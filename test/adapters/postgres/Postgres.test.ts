import * as Effect from "effect/Effect"
import { describe, it } from "vitest"
import * as Postgres from "../../../src/adapters/postgres/Postgres.ts"
import { storageSuite } from "../../../src/testkit/storageSuite.ts"
import { noServer } from "../../support/postgres.ts"
import { freshStore } from "./places.ts"

const runner = {
  describe: describe.skipIf(noServer !== undefined),
  it: (name: string, run: () => Promise<void>) => it(name, { timeout: 60_000 }, run),
  skip: (name: string) => it.skip(name, () => {})
}

storageSuite(
  {
    name: noServer === undefined ? "postgres" : `postgres (not run: ${noServer})`,
    capabilities: Postgres.capabilities,
    allocate: Effect.promise(freshStore),
    open: ({ url, store }) => Postgres.layer({ url, store, maxConnections: 4 })
  },
  runner
)
