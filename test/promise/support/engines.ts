/** Engines to test with, and the hands of a user. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Filesystem from "../../../src/adapters/filesystem/index.ts"
import * as Memory from "../../../src/adapters/memory/index.ts"
import * as Sqlite from "../../../src/adapters/sqlite/index.ts"
import { type OpenOptions, open, type Tidemark } from "../../../src/promise/index.ts"

import * as plans from "../../../src/promise/servicePlans.ts"
import { versions } from "../../../src/promise/versionsPlan.ts"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const bytes = (text: string): Uint8Array => encoder.encode(text)
export const text = (content: Uint8Array | null | undefined): string => decoder.decode(content ?? new Uint8Array())

/** Files in memory, as a capture takes them. */
export const files = (contents: { readonly [path: string]: string }) =>
  Object.entries(contents).map(([path, content]) => ({ path, bytes: bytes(content) }))

/** A clock that ticks a second a look, and ids that count. */
export const deterministic = (): Pick<OpenOptions, "clock" | "ids"> => {
  let now = Date.UTC(2026, 0, 1)
  const counts = new Map<string, number>()
  return {
    clock: () => {
      now += 1000
      return now
    },
    ids: (kind) => {
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      return `${kind}-${count}`
    }
  }
}

/** An engine in memory with one empty project, `p`. */
export const openMemory = async (options: Partial<OpenOptions> = {}) => {
  const hands = Memory.makeWorkingTree()
  hands.mkdir("p", "")
  const tidemark = await open({ storage: Memory.layer, workingTree: hands.layer, actor: "ann", ...options })
  return { hands, tidemark }
}

/** An engine on a SQLite file in a folder. */
export const openSqlite = (folder: string, options: Partial<OpenOptions> = {}) =>
  open({
    storage: Sqlite.layer({ file: join(folder, "store.db") }),
    workingTree: Filesystem.layerWorkingTree(),
    actor: "ann",
    ...options
  })

/** Everything below a folder but the engine's own: path to content. */
export const look = (root: string): { readonly [path: string]: string } =>
  Object.fromEntries(
    fs
      .readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !join(entry.parentPath, entry.name).includes("/.tidemark/"))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(root.length + 1), fs.readFileSync(path, "utf8")])
  )

type Method = (...args: ReadonlyArray<unknown>) => unknown

const { conflicts, deployments, drift, ledger, merge, rollback, snapshots, sync } = plans
const services = { conflicts, deployments, drift, ledger, merge, rollback, snapshots, sync, versions }

/** Every method of every service that gives a promise or an iterable. */
export const methodsOf = (tidemark: Tidemark): ReadonlyArray<readonly [name: string, method: Method]> =>
  Object.entries(services).flatMap(([service, plan]) =>
    Object.entries<ReadonlyArray<unknown>>({ ...plan })
      .filter(([, [kind]]) => kind !== "plain")
      .map(([name]) => {
        const methods = tidemark[service as keyof typeof services] as unknown as { readonly [name: string]: Method }
        return [`${service}.${name}`, methods[name] as Method] as const
      })
  )

/** What a promise rejects with. */
export const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("It was fulfilled.")
}
