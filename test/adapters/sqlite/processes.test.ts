/** Several processes with one database, and processes that are killed. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { SqlClient } from "effect/sql/SqlClient"
import { afterAll, describe, expect } from "vitest"
import { processTests } from "../../support/storage/processes.ts"
import { withClient } from "./places.ts"

const folder = mkdtempSync(join(tmpdir(), "tidemark-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let places = 0

const integrity = Effect.flatMap(SqlClient, (sql) => sql<{ integrity_check: string }>`PRAGMA integrity_check`)

describe("processes with one database", () => {
  processTests(
    () => Promise.resolve(`sqlite:${join(folder, `store${places++}.db`)}`),
    async (place) => {
      const rows = await Effect.runPromise(withClient(place.slice("sqlite:".length), integrity))
      expect(rows.map((row) => row.integrity_check)).toEqual(["ok"])
    }
  )
})
