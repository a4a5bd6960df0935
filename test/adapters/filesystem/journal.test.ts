/** The journal as it is written: whatever the number of its steps, what is read is what was written. */
import { describe, expect, it } from "vitest"
import { decodeJournal, encodeJournal, type Journal } from "../../../src/adapters/filesystem/journal.ts"
import type { DirectoryPath, FilePath } from "../../../src/model/Ids.ts"
import { standing } from "./support/simple.ts"

const journalOf = (count: number): Journal => ({
  applyId: "apply",
  store: "store",
  root: { path: "/somewhere", dev: "1", ino: "2" },
  staging: "apply",
  links: true,
  boot: "a run of the system",
  steps: Array.from({ length: count }, (_, i) => ({
    path: `folder/ü "${i}"` as FilePath,
    before: null,
    after: standing(`${i}`),
    dress: null,
    folder: "" as DirectoryPath,
    implied: false
  }))
})

describe("a journal", () => {
  it.each([0, 1, 999, 1_000, 1_001, 2_500])("of %i steps is read as it was written", (count) => {
    const journal = journalOf(count)
    const bytes = Buffer.concat([...encodeJournal(journal)])
    expect(decodeJournal(bytes)).toEqual(journal)
    expect(JSON.parse(bytes.subarray(bytes.indexOf("\n") + 1).toString())).toEqual(journal)
  })

  it("of many steps is never in memory as a whole", () => {
    const pieces = [...encodeJournal(journalOf(30_000))].map(({ length }) => length)
    expect(pieces.length).toBeGreaterThan(3)
    expect(Math.max(...pieces)).toBeLessThan(2 * 1024 * 1024)
  })
})
