/** Random trees as unpleasant as real ones, and worse. */
import { createHash } from "node:crypto"
import type { BuiltTrees, FlatEntry } from "../../../src/algo/tree/buildTrees.ts"
import type { FilePath, ObjectId, TreeId } from "../../../src/model/Ids.ts"
import { pathFromBytes } from "../../../src/model/pathText.ts"
import type { Entry } from "../../../src/model/Tree.ts"
import type { Random } from "../../support/random.ts"

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

const alphabet = [
  "a",
  "b",
  "B",
  "é",
  "e\u0301",
  "\uffff",
  "\ue000",
  "😀",
  "\u{10ffff}",
  " ",
  "\n",
  "漢",
  "-",
  ".",
  "0",
  "%"
]

/** A name as a file system could have it. */
export const nastyName = (random: Random): string => {
  if (random.chance(0.2)) {
    // Any bytes but NUL and the slash.
    const bytes = Array.from({ length: random.between(1, 6) }, () => random.between(1, 255)).filter((b) => b !== 0x2f)
    if (bytes.length > 0 && !bytes.every((b) => b === 0x2e)) return pathFromBytes(Uint8Array.from(bytes))
  }
  if (random.chance(0.05)) return "long".repeat(random.between(1, 60))
  const name = Array.from({ length: random.between(1, 3) }, () => random.pick(alphabet)).join("")
  return name === "." || name === ".." ? "dot" : name
}

const idOf = (text: string): ObjectId => sha256(new TextEncoder().encode(text)) as ObjectId

export const nastyEntry = (random: Random): Entry => {
  const id = idOf(String(random.below(50)))
  const kind = random.pick(["file", "file", "executable", "symlink", "conflict"] as const)
  const sized = kind === "file" || kind === "executable"
  return { kind, id, size: sized ? random.pick([0, 1, 4096, Number.MAX_SAFE_INTEGER]) : 0 }
}

export type Flat = Map<FilePath, FlatEntry>

/** Puts something at a path, and takes away what cannot stand beside it. */
export const put = (flat: Flat, path: FilePath, entry: FlatEntry): void => {
  for (const other of [...flat.keys()]) {
    if (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) flat.delete(other)
  }
  flat.set(path, entry)
}

/** A flat tree: files of every kind, and directories where they are empty. */
export const nastyFlat = (random: Random, size = 30): Flat => {
  const names = Array.from({ length: 12 }, () => nastyName(random))
  const flat: Flat = new Map()
  for (let n = random.between(0, size); n > 0; n--) {
    const depth = random.chance(0.02) ? 200 : random.between(1, 5)
    const path = Array.from({ length: depth }, () => random.pick(names)).join("/") as FilePath
    put(flat, path, random.chance(0.1) ? { kind: "directory" } : nastyEntry(random))
  }
  return flat
}

/** The flat list that trees were built from. */
export const flatten = ({ root, trees }: BuiltTrees): Flat => {
  const flat: Flat = new Map()
  const walk = (id: TreeId, prefix: string) => {
    const entries = trees.get(id)?.entries ?? []
    if (entries.length === 0 && prefix !== "") flat.set(prefix.slice(0, -1) as FilePath, { kind: "directory" })
    for (const { id: child, kind, name, size } of entries) {
      if (kind === "directory") walk(child as TreeId, `${prefix}${name}/`)
      else flat.set(`${prefix}${name}` as FilePath, { kind, id: child, size })
    }
  }
  walk(root, "")
  return flat
}

/** The same list in one order. */
export const inOrder = (flat: ReadonlyMap<FilePath, FlatEntry>) =>
  [...flat].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
