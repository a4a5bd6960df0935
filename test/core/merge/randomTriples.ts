/** Random merges of trees. No two paths ever hold similar content, so that git has no renames to detect. */
import { createHash } from "node:crypto"
import { type Content, exe, type Files, link } from "../../support/engine.ts"
import type { Random } from "../../support/random.ts"
import type { TreeTriple } from "./gitTrees.ts"

const names = ["a", "b", "A", "é", "c.md", "d e"]

const drawPath = (random: Random): string =>
  Array.from({ length: random.between(1, 3) }, () => random.pick(names)).join("/")

/** Letters that no other path has: scattered, because git compares lines by a weak hash. */
const tagOf = (path: string) => createHash("sha256").update(path).digest("base64url").slice(0, 12)

interface Shape {
  readonly lines: ReadonlyArray<string>
  readonly ending: "\n" | "\r\n" | "mixed"
  readonly open: boolean
  readonly kind: "file" | "executable" | "symlink" | "binary" | "latin"
}

type Tree = Map<string, Shape>

const fresh = (random: Random, path: string): Shape => ({
  lines: Array.from({ length: random.pick([0, 1, 3, 6, 9]) }, (_, i) => `${tagOf(path)} ${i}`),
  ending: random.pick(["\n", "\n", "\n", "\r\n", "mixed"]),
  open: random.chance(0.2),
  kind: random.pick(["file", "file", "file", "file", "executable", "symlink", "binary", "latin"])
})

/** Puts something at a path, and takes away what cannot stand beside it. */
const put = (tree: Tree, path: string, shape: Shape) => {
  for (const other of [...tree.keys()]) {
    if (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) tree.delete(other)
  }
  tree.set(path, shape)
}

const edited = (random: Random, path: string, shape: Shape): Shape => {
  const lines = [...shape.lines]
  const at = random.below(lines.length + 1)
  // Few different edits, so that both sides often make the same one.
  const text = `${tagOf(path)} edit ${random.below(2)}`
  const edit = random.below(3)
  if (edit === 0) lines.splice(at, 1)
  else lines.splice(at, edit - 1, text)
  return { ...shape, lines }
}

const change = (random: Random, tree: Tree) => {
  const paths = [...tree.keys()]
  const path = paths.length > 0 && random.chance(0.75) ? random.pick(paths) : drawPath(random)
  const there = tree.get(path)
  const what = random.below(10)
  if (there === undefined || what === 0) put(tree, path, fresh(random, path))
  else if (what <= 4) tree.set(path, edited(random, path, there))
  else if (what <= 6) tree.delete(path)
  else if (what === 7) tree.set(path, { ...there, kind: there.kind === "executable" ? "file" : "executable" })
  else if (what === 8) tree.set(path, { ...there, kind: random.pick(["symlink", "file", "binary"]) })
  else if (random.chance(0.5)) {
    // A file becomes a directory, or a directory a file.
    const below = `${path}/${random.pick(names)}`
    put(tree, below, fresh(random, below))
  } else {
    const parent = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : path
    put(tree, parent, fresh(random, parent))
  }
}

const contentOf = (path: string, { ending, kind, lines, open }: Shape): Content => {
  const end = (i: number) => (ending === "mixed" ? (i % 2 === 0 ? "\n" : "\r\n") : ending)
  let text = lines.map((line, i) => line + (open && i === lines.length - 1 ? "" : end(i))).join("")
  if (kind === "symlink") return link(`${tagOf(path)}/${lines.length}`)
  if (kind === "binary") return Buffer.from(`\0${tagOf(path)}${text}`)
  if (kind === "latin")
    text = Buffer.concat([Buffer.from(text), Buffer.from(tagOf(path)), Buffer.from([0xe9, 0x0a])]).toString("latin1")
  if (kind === "latin") return Buffer.from(text, "latin1")
  return kind === "executable" ? exe(text) : text
}

const filesOf = (tree: Tree): Files =>
  Object.fromEntries([...tree].map(([path, shape]) => [path, contentOf(path, shape)]))

/** Draws a base and two sides that were made from it. */
export const randomTriple = (random: Random): TreeTriple => {
  const base: Tree = new Map()
  for (let n = random.between(0, 7); n > 0; n--) {
    const path = drawPath(random)
    put(base, path, fresh(random, path))
  }
  const side = () => {
    const tree = new Map(base)
    for (let n = random.between(0, 6); n > 0; n--) change(random, tree)
    return filesOf(tree)
  }
  return { base: filesOf(base), ours: side(), theirs: side() }
}
