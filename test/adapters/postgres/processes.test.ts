/** Several processes with one database, and processes that are killed. */
import { describe } from "vitest"
import { noServer } from "../../support/postgres.ts"
import { processTests } from "../../support/storage/processes.ts"
import { freshStore } from "./places.ts"

describe.skipIf(noServer !== undefined)(
  noServer === undefined ? "processes with one database" : `processes with one database (not run: ${noServer})`,
  () => {
    processTests(async () => {
      const { store, url } = await freshStore()
      return `${url}#${store}`
    })
  }
)
