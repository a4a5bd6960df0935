/**
 * A zip bomb and a `../` member can only hurt what reads archives. Nothing here does: a backup is frames of objects, records and
 * refs, none of which is a path that anything is written to. Whoever makes something read one finds this test red, and writes
 * those two. What is decompressed at all are stored objects, bounded one by one (`test/core/objects/compression.test.ts`).
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { filesBelow, projectRoot } from "../support/sourceFiles.ts"

it("no archive is read anywhere", () => {
  const named = filesBelow("src", [".ts"]).flatMap((path) =>
    [...readFileSync(join(projectRoot, path), "utf8").matchAll(/(?:from|import\() ?"([^"]+)"/g)]
      .filter(([, specifier = ""]) => /zlib|zip|\btar\b|archiver|fflate/i.test(specifier))
      .map(([, specifier]) => `${path} imports ${specifier}`)
  )
  // The checksum of a cache's table.
  expect(named).toEqual(["src/adapters/filesystem/cacheTable.ts imports node:zlib"])
})
