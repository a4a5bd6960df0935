/** The views that hosts may read and join. Their columns are a promise; the tables below them are not. */
import type { Dialect } from "./Dialect.ts"

/** What a view reads of a record's body, by its column. `[column, key]` where the two differ. */
interface RecordView {
  readonly kind: string
  readonly text: ReadonlyArray<string>
  readonly integer: ReadonlyArray<string>
  readonly json: ReadonlyArray<string>
}

const recordViews: { readonly [name: string]: RecordView } = {
  artifact_versions: {
    kind: "version",
    text: ["artifact", "tree", "origin", "author", "message"],
    integer: ["time"],
    json: ["metadata"]
  },
  snapshots: {
    kind: "snapshot",
    text: ["collection", "project", "previous", "tree", "artifacts", "reason", "message", "author"],
    integer: ["time"],
    json: []
  },
  deployments: {
    kind: "deployment",
    text: [
      "project",
      "artifact",
      "target",
      "shape",
      "collection",
      "version",
      "result",
      "tree",
      "previous",
      "state",
      "author"
    ],
    integer: ["time"],
    json: []
  },
  operations: {
    kind: "operation",
    text: ["previous", "kind", "actor", "reason"],
    integer: ["time"],
    json: ["subjects", "refs", "records", "effect", "reverses", "details"]
  }
}

/** The views' names. @internal */
export const viewNames: ReadonlyArray<string> = [...Object.keys(recordViews), "version_parents", "refs"]

/** The statements that make the views. @internal */
export const createViews = ({ json }: Dialect): ReadonlyArray<string> => [
  ...Object.entries(recordViews).map(([name, view]) => {
    const columns = [
      ...view.text.map((key) => `${json.text("body", key)} AS ${key}`),
      ...view.integer.map((key) => `${json.integer("body", key)} AS ${key}`),
      ...view.json.map((key) => `${json.json("body", key)} AS ${key}`)
    ]
    return `CREATE VIEW ${name} AS
      SELECT store, id, ${columns.join(", ")}, at FROM tidemark_records WHERE kind = '${view.kind}'`
  }),
  `CREATE VIEW version_parents AS
    SELECT r.store AS store, r.id AS version, p.position AS position, p.value AS parent
    FROM tidemark_records r, ${json.each("r.body", "parents", "p")} WHERE r.kind = 'version'`,
  "CREATE VIEW refs AS SELECT store, name, value FROM tidemark_refs"
]
