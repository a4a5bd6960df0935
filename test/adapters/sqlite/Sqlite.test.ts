import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { describe, it } from "vitest"
import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"
import { storageSuite } from "../../../src/testkit/storageSuite.ts"
import { viewRows } from "../../support/viewRows.ts"
import { withClient } from "./places.ts"

const runner = { describe, it, skip: (name: string) => it.skip(name, () => {}) }

storageSuite(
  {
    name: "sqlite",
    capabilities: Sqlite.capabilities,
    allocate: Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "tidemark-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
    ),
    open: (directory) => Sqlite.layer({ file: join(directory, "store.db") }),
    views: (directory) => withClient(join(directory, "store.db"), viewRows("default"))
  },
  runner
)
