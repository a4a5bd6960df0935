/** The views that hosts may read and join. Their columns are a promise; the tables below them are not. */
import type { Dialect, JsonDialect } from "./Dialect.ts"

/** What a view reads of a record's body. Members of the body are columns by their own names. */
interface RecordView {
  readonly kind: string
  readonly text: ReadonlyArray<string>
  readonly integer: ReadonlyArray<string>
  readonly json: ReadonlyArray<string>
  /** Columns of other names, or from deeper within. */
  readonly deeper?: { readonly [column: string]: string }
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
    json: ["subjects", "refs", "records", "pages", "removes", "effect", "reverses", "details"],
    deeper: { project: "effect.project", apply_id: "effect.applyId" }
  }
}

/** The views' names. @internal */
export const viewNames: ReadonlyArray<string> = [...Object.keys(recordViews), "version_parents", "refs"]

const versionParents = (json: JsonDialect): string => {
  const { table, position, value } = json.each("r.body", "parents", "p")
  return `CREATE VIEW version_parents AS
    SELECT r.store AS store, r.id AS version, ${position} AS position, ${value} AS parent
    FROM tidemark_records r CROSS JOIN ${table} WHERE r.kind = 'version'`
}

/** The statements that make the views. A later migration that changes one drops it first. @internal */
export const createViews = ({ json }: Dialect): ReadonlyArray<string> => [
  ...Object.entries(recordViews).map(([name, view]) => {
    const columns = [
      ...view.text.map((key) => `${json.text("body", key)} AS ${key}`),
      ...view.integer.map((key) => `${json.integer("body", key)} AS ${key}`),
      ...view.json.map((key) => `${json.json("body", key)} AS ${key}`),
      ...Object.entries(view.deeper ?? {}).map(([column, path]) => `${json.text("body", path)} AS ${column}`)
    ]
    return `CREATE VIEW ${name} AS
      SELECT store, id, ${columns.join(", ")}, at FROM tidemark_records WHERE kind = '${view.kind}'`
  }),
  versionParents(json),
  "CREATE VIEW refs AS SELECT store, name, value FROM tidemark_refs"
]
