/** Copies of the sources in which one thing is wrong: each must be found out. */
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/** One wrong thing: a text of a file, and what stands there instead. */
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
  /** The schedules that find it, each of them and each time; a mistake without any is left to chance. */
  readonly schedules?: RegExp | undefined
}

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "what was stored or claimed lately is not spared",
    file: "core/maintenance/collect.ts",
    from: "const storedBefore = (yield* storage.now) - grace",
    to: "const storedBefore = (yield* storage.now) + 1e9"
  },
  {
    name: "claiming refreshes nothing",
    file: "adapters/memory/memoryObjects.ts",
    from: "else known.storedAt = storedAt\n        }\n        return",
    to: "\n        }\n        return"
  },
  {
    name: "a plan that is applied late does not claim what it names",
    file: "core/projects/applyPlan.ts",
    from: "const held = yield* holdPlan(parts, plan)",
    to: "const held: Array<RecordName> = []"
  },
  {
    name: "the sides of conflicts are not marked",
    file: "core/maintenance/Marker.ts",
    from: "if (term !== null) keepEntry(term)",
    to: "void term"
  },
  {
    name: "the undo window is not marked",
    file: "core/maintenance/collect.ts",
    from: "if (left-- <= 0) return false",
    to: "if (left-- <= 1e9) return false"
  },
  {
    name: "parents of versions are not marked",
    file: "core/maintenance/Marker.ts",
    from: "for (const parent of parents) keepVersion(parent)",
    to: ""
  },
  {
    name: "decisions are not marked",
    file: "core/maintenance/Marker.ts",
    from: "if (outcome !== null) keep(outcome.id, outcome.size)",
    to: ""
  },
  {
    name: "what was done before a second attempt is not marked",
    file: "core/maintenance/collect.ts",
    from: "if (operation === null) seen = yield* catchUp(parts, marker, seen)",
    to: "if (operation === null) seen = yield* log.head",
    schedules: /just before the collector commits|before each of three attempts/
  },
  {
    name: "a slow writer does not claim again what it stored",
    file: "core/objects/lease.ts",
    from: "if (held.size === 0 || (yield* elapsed) <= limit) return",
    to: "if (held.size === 0 || (yield* elapsed) <= 1e15) return",
    schedules: /a slow writer/
  },
  {
    name: "an operation does not claim again the lists of its records",
    file: "core/ledger/OperationLog.ts",
    from: "yield* lease.renew",
    to: "",
    schedules: /very many versions/
  },
  {
    name: "nobody looks whether versions that are relied on are still there",
    file: "core/ledger/OperationLog.ts",
    from: "if (draft.relies !== undefined) yield* checkReliance(draft.relies)",
    to: "",
    schedules: /a version is collected between/
  },
  {
    name: "versions that are relied on are looked for at the first attempt alone",
    file: "core/ledger/OperationLog.ts",
    from: "if (draft.relies !== undefined) yield* checkReliance(draft.relies)",
    to: "if (draft.relies !== undefined && !('looked' in draft)) yield* checkReliance(draft.relies)\n      Object.assign(draft, { looked: true })",
    schedules: /between two attempts to name/
  }
]

/** Copies the sources with the mutant in them; returns the copy's URL and a way to be rid of it. */
export const plant = ({ file, from, name, to }: Mutant): { readonly base: string; readonly remove: () => void } => {
  const root = new URL("../../..", import.meta.url).pathname
  const folder = fs.mkdtempSync(join(tmpdir(), "tidemark-mutant-"))
  fs.cpSync(join(root, "src"), join(folder, "src"), { recursive: true })
  fs.copyFileSync(join(root, "package.json"), join(folder, "package.json"))
  fs.symlinkSync(fs.realpathSync(join(root, "node_modules")), join(folder, "node_modules"))
  const path = join(folder, "src", file)
  const text = fs.readFileSync(path, "utf8")
  if (text.split(from).length !== 2) throw new Error(`${name}: ${file} does not say it once: ${from}`)
  fs.writeFileSync(
    path,
    text.replace(from, () => to)
  )
  return { base: pathToFileURL(join(folder, "src")).href, remove: () => fs.rmSync(folder, { recursive: true }) }
}
