/** What the demonstration is told on the command line. */
import { existsSync, statSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { parseArgs } from "node:util"

export interface DemoOptions {
  /** The collection, as it was deployed and as it is now; and the project, as its user has made it. None is ever written. */
  readonly v1: string
  readonly v2: string
  readonly local: string
  /** Where to keep the store; without it, nothing of the demonstration is kept. */
  readonly store: string | undefined
  readonly json: boolean
  readonly help: boolean
}

export const usage = `Usage: node examples/demo.ts [--v1 DIR --v2 DIR --local DIR] [--store FILE] [--json]

Deploys a collection into a project, lets its user work there, brings the collection's next state in by three-way merge,
resolves a conflict, rolls back without losing the user's edits, undoes that, and says who did what.

  --v1 DIR      the collection as it was deployed     (all three, or none: then examples/collection is used)
  --v2 DIR      the collection as it is now
  --local DIR   the project as its user has made it
  --store FILE  keeps the store in a new SQLite file, to look into afterwards
  --json        prints the same as data

The directories are copied first and never written.`

const own = (name: string): string => join(import.meta.dirname, "..", "collection", name)

const directory = (option: string, path: string): string => {
  if (!existsSync(path)) throw new Error(`--${option}: ${path} does not exist`)
  if (!statSync(path).isDirectory()) throw new Error(`--${option}: ${path} is not a directory`)
  return resolve(path)
}

const newFile = (path: string): string => {
  const file = resolve(path)
  if (existsSync(file)) throw new Error(`--store: ${file} is there already; name a new file`)
  if (!existsSync(dirname(file))) throw new Error(`--store: the directory ${dirname(file)} does not exist`)
  return file
}

/** Reads the command line; throws with a sentence when it makes no sense. */
export const readOptions = (args: ReadonlyArray<string>): DemoOptions => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      v1: { type: "string" },
      v2: { type: "string" },
      local: { type: "string" },
      store: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false }
    }
  })
  const given = [values.v1, values.v2, values.local].filter((path) => path !== undefined)
  if (given.length !== 0 && given.length !== 3) throw new Error("--v1, --v2 and --local go together: give all or none")
  return {
    v1: directory("v1", values.v1 ?? own("v1")),
    v2: directory("v2", values.v2 ?? own("v2")),
    local: directory("local", values.local ?? own("local")),
    store: values.store === undefined ? undefined : newFile(values.store),
    json: values.json,
    help: values.help
  }
}
