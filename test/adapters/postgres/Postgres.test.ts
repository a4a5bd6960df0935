import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { describe, it } from "vitest"
import * as Postgres from "../../../src/adapters/postgres/Postgres.ts"
import { storageSuite } from "../../../src/testkit/storageSuite.ts"
import { hasPglite, pgliteClient } from "../../support/pglite.ts"
import { noServer } from "../../support/postgres.ts"
import { viewRows } from "../../support/viewRows.ts"
import { freshStore, type Place, withClient } from "./places.ts"

const isEmbedded = noServer !== undefined && hasPglite
const isMissing = noServer !== undefined && !hasPglite
const capabilities = Postgres.capabilities

const fixtures = {
  server: {
    name: isMissing ? `postgres (not run: ${noServer}, and PGlite is not)` : "postgres",
    capabilities,
    allocate: Effect.promise(freshStore),
    open: ({ url, store }: Place) => Postgres.layer({ url, store, maxConnections: 4 }),
    views: ({ store, url }: Place) => Effect.promise(() => withClient(url, viewRows(store)))
  },
  embedded: {
    name: `postgres, on PGlite (${noServer})`,
    capabilities,
    allocate: Effect.sync((): Place => ({ url: "", store: randomUUID() })),
    open: ({ store }: Place) => Postgres.layerStore({ store }).pipe(Layer.provide(pgliteClient)),
    views: ({ store }: Place) => viewRows(store).pipe(Effect.provide(pgliteClient, { local: true }))
  }
}

storageSuite(isEmbedded ? fixtures.embedded : fixtures.server, {
  describe: describe.skipIf(isMissing),
  it: (name, run) => it(name, { timeout: 60_000 }, run),
  skip: (name) => it.skip(name, () => {})
})
