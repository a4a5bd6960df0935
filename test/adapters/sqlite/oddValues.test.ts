/** Values of another type than their column's, as damage leaves them: whoever reads is told, and checking goes on to the end. */
import * as fs from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Memory from "../../../src/adapters/memory/index.ts"
import * as Sqlite from "../../../src/adapters/sqlite/index.ts"
import { sayOf } from "../../support/maintenance/flipFiles.ts"
import { fill } from "../../support/maintenance/smallStore.ts"
import { inMemory } from "../filesystem/support/store.ts"

/** Takes a table's checks away, and puts a value where it would not have let it be. */
const put = (file: string, table: string, column: string, value: string) => {
  const open = () => new DatabaseSync(file, { defensive: false })
  const loose = open()
  loose.exec("PRAGMA writable_schema = ON")
  loose.exec(
    `UPDATE sqlite_schema SET sql = replace(replace(replace(sql, ' NOT NULL', ''), 'WITHOUT ROWID, STRICT', 'WITHOUT ROWID'), 'STRICT', '')
     WHERE name = '${table}'`
  )
  loose.close()
  const database = open()
  database.exec(`UPDATE ${table} SET ${column} = ${value} WHERE ${column} = (SELECT max(${column}) FROM ${table})`)
  database.close()
}

const places: ReadonlyArray<readonly [string, string, string]> = [
  ["tidemark_objects", "size", "NULL"],
  ["tidemark_objects", "size", "'many'"],
  ["tidemark_objects", "stored_at", "NULL"],
  ["tidemark_contents", "bytes", "NULL"],
  ["tidemark_contents", "bytes", "'text'"],
  ["tidemark_refs", "value", "NULL"],
  ["tidemark_refs", "value", "x'00ff'"],
  ["tidemark_records", "id", "NULL"],
  ["tidemark_records", "at", "NULL"],
  ["tidemark_records", "body", "NULL"],
  ["tidemark_records", "terms", "x'00'"],
  ["tidemark_terms", "start", "x'00'"],
  ["tidemark_indexes", "bytes", "NULL"]
]

it.live("are told of by checking, without an end before the end", () =>
  Effect.gen(function* () {
    const folder = yield* inMemory
    const [whole, file] = [join(folder, "whole.db"), join(folder, "store.db")]
    yield* fill(Sqlite.layer({ file: whole }), Memory.makeWorkingTree())
    for (const [table, column, value] of places) {
      for (const extra of ["-wal", "-shm"]) fs.rmSync(file + extra, { force: true })
      fs.copyFileSync(whole, file)
      assert.strictEqual(yield* sayOf(Sqlite.layer({ file })), "nothing")
      put(file, table, column, value)
      const said = yield* sayOf(Sqlite.layer({ file }))
      if (table === "tidemark_indexes") assert.strictEqual(said, "nothing")
      else assert.include(["found", "refused"], said, `${table}.${column} is ${value}`)
    }
  }).pipe(Effect.scoped)
)
