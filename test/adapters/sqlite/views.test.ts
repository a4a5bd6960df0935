/** The views say what the records hold, and the guide's queries run. */
import { readFileSync } from "node:fs"
import * as Effect from "effect/Effect"
import { SqlClient } from "effect/sql/SqlClient"
import { describe, expect, it } from "vitest"
import * as Sqlite from "../../../src/adapters/sqlite/Sqlite.ts"
import { Deployment } from "../../../src/model/Deployment.ts"
import { Operation } from "../../../src/model/Operation.ts"
import { Snapshot } from "../../../src/model/Snapshot.ts"
import { Version } from "../../../src/model/Version.ts"
import { CatalogStorage } from "../../../src/storage/CatalogStorage.ts"
import { move, record } from "./places.ts"

const guide = readFileSync(new URL("../../../docs/guide/sql-views.md", import.meta.url), "utf8")
const hash = (letter: string) => letter.repeat(64)

const version = (letter: string, parents: ReadonlyArray<string>): typeof Version.Encoded => ({
  id: hash(letter),
  artifact: "skill:pdf",
  parents: parents.map(hash),
  tree: hash("0"),
  origin: "merge",
  author: "ada",
  time: 90,
  message: 'says "so"',
  metadata: { a: [1, null] }
})
const snapshot: typeof Snapshot.Encoded = {
  id: "s1",
  collection: "skills",
  project: null,
  previous: null,
  tree: hash("0"),
  artifacts: null,
  reason: "manual",
  message: "",
  author: "ada",
  time: 90
}
const deployment: typeof Deployment.Encoded = {
  id: "d1",
  project: "web",
  artifact: "skill:pdf",
  target: "skills/pdf",
  shape: "directory",
  collection: "skills",
  version: hash("a"),
  result: hash("b"),
  tree: hash("0"),
  previous: null,
  state: "deployed",
  author: "ada",
  time: 90
}
const operation: typeof Operation.Encoded = {
  id: hash("e"),
  previous: null,
  kind: "deploy",
  actor: "ada",
  time: 90,
  reason: "wanted",
  subjects: ["skill:pdf"],
  refs: [{ name: "r", before: null, after: "1" }],
  records: [],
  effect: { project: "web", applyId: "ap1", found: hash("0"), left: hash("1"), safety: null },
  reverses: [],
  details: {}
}

const stored = <Body extends { readonly id: string }>(kind: string, body: Body) =>
  record(body.id, { kind, at: 100, body: JSON.stringify(body) })

const fill = Effect.gen(function* () {
  const catalog = yield* CatalogStorage
  yield* catalog.commit({
    records: [
      stored("version", version("a", [])),
      stored("version", version("b", ["a", "c"])),
      stored("snapshot", snapshot),
      stored("deployment", deployment),
      stored("operation", operation),
      stored("operation", { ...operation, id: hash("f"), effect: null }),
      record("x", { kind: "other", body: "[]" })
    ],
    refs: [move("deployed/project/web/skills", null, "d1"), move("head/ledger", null, hash("e"))]
  })
})

/** What a query answers, of a store with one of everything beside another store. */
const query = (statement: string) =>
  Effect.runPromise(
    Effect.gen(function* () {
      yield* fill.pipe(Effect.provide(Sqlite.layerStore({ durable: false })))
      const elsewhere = Sqlite.layerStore({ store: "another", durable: false })
      yield* Effect.flatMap(CatalogStorage, (catalog) => catalog.commit({ refs: [move("r", null, "1")] })).pipe(
        Effect.provide(elsewhere)
      )
      const sql = yield* SqlClient
      const rows = yield* sql.unsafe<{ [column: string]: unknown }>(statement)
      return rows.map((row) => ({ ...row }))
    }).pipe(Effect.provide(Sqlite.layerClient({ file: ":memory:" }), { local: true }))
  )

const { parents: _, ...versionColumns } = version("b", [])
const common = { store: "default", at: 100 }
const expected: ReadonlyArray<readonly [string, object, ReadonlyArray<{ readonly [column: string]: unknown }>]> = [
  [
    "artifact_versions",
    Version.fields,
    [
      { ...common, ...versionColumns, id: hash("a"), metadata: '{"a":[1,null]}' },
      { ...common, ...versionColumns, metadata: '{"a":[1,null]}' }
    ]
  ],
  ["snapshots", Snapshot.fields, [{ ...common, ...snapshot }]],
  ["deployments", Deployment.fields, [{ ...common, ...deployment }]],
  [
    "operations",
    Operation.fields,
    [operation, { ...operation, id: hash("f"), effect: null }].map((one) => ({
      ...common,
      ...one,
      subjects: JSON.stringify(one.subjects),
      refs: JSON.stringify(one.refs),
      records: "[]",
      pages: null,
      removes: null,
      reverses: "[]",
      details: "{}",
      effect: one.effect === null ? null : JSON.stringify(one.effect),
      project: one.effect?.project ?? null,
      apply_id: one.effect?.applyId ?? null
    }))
  ]
]

describe("views", () => {
  for (const [view, fields, rows] of expected) {
    it(`${view} has a column for each member of the record`, async () => {
      const found = await query(`SELECT * FROM ${view} ORDER BY id`)
      expect(found).toEqual(rows)
      const columns = Object.keys(found[0] ?? {})
      expect(columns).toEqual(expect.arrayContaining(Object.keys(fields).filter((key) => key !== "parents")))
    })

    it(`the guide names the columns of ${view}, in their order`, async () => {
      const [, text = ""] = new RegExp(`### \`${view}\`[^\n]*\n\n([^#]*)`).exec(guide) ?? []
      const [list = ""] = text.split(/\.\s/)
      const named = [...list.matchAll(/`(\w+)`/g)].map(([, column]) => column)
      expect(named).toEqual(Object.keys((await query(`SELECT * FROM ${view}`))[0] ?? {}))
    })
  }

  it("version_parents has a row for each parent, in order", async () => {
    expect(await query("SELECT * FROM version_parents ORDER BY position")).toEqual([
      { store: "default", version: hash("b"), position: 0, parent: hash("a") },
      { store: "default", version: hash("b"), position: 1, parent: hash("c") }
    ])
  })

  it("refs has the names of every store", async () => {
    expect(await query("SELECT * FROM refs ORDER BY store, name")).toEqual([
      { store: "another", name: "r", value: "1" },
      { store: "default", name: "deployed/project/web/skills", value: "d1" },
      { store: "default", name: "head/ledger", value: hash("e") }
    ])
  })

  it("the guide's queries answer what they say", async () => {
    const queries = [...guide.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, statement = ""]) => statement)
    expect(await Promise.all(queries.map(query))).toEqual([
      [
        {
          project: "web",
          artifact: "skill:pdf",
          target: "skills/pdf",
          version: hash("a"),
          message: 'says "so"',
          author: "ada",
          time: 90
        }
      ],
      [{ actor: "ada", project: "web", kind: "deploy", operations: 1, latest: 90 }]
    ])
  })
})
