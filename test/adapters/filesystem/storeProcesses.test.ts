/** Several processes with one directory, and processes that are killed. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect } from "vitest"
import { processTests } from "../../support/storage/processes.ts"

const folder = mkdtempSync(join(tmpdir(), "tidemark-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let places = 0

describe("processes with one directory", () => {
  processTests(
    () => Promise.resolve(`filesystem:${join(folder, `store${places++}`)}`),
    (place) => {
      const directory = place.slice("filesystem:".length)
      // Opening and closing it has removed what the dead one left.
      expect(readdirSync(join(directory, "locks"))).toEqual([])
      const files = readdirSync(join(directory, "objects"), { recursive: true, encoding: "utf8" })
      expect(files.filter((name) => name.endsWith(".tmp"))).toEqual([])
      return Promise.resolve()
    }
  )
})
