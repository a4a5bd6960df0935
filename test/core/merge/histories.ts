/** Random histories of trees whose files move: few names, so that moves meet, and contents that are alike by degrees. */
import type { Random } from "../../support/random.ts"

/** What stands at a path. */
export interface File {
  readonly mode: "100644" | "100755" | "120000"
  readonly bytes: Buffer
}

export type Files = ReadonlyMap<string, File>

/** A merge to be made. With one base, `older` has one tree; in a criss-cross, two, and `root` is what they come from. */
export interface History {
  readonly root: Files
  readonly older: ReadonlyArray<Files>
  readonly ours: Files
  readonly theirs: Files
}

interface Draft {
  readonly mode: File["mode"]
  readonly lines: ReadonlyArray<string>
  /** How the file ends, and what makes it no text. */
  readonly tail: string
}

type Tree = Map<string, Draft>

const directories = ["", "a", "b", "c", "a/x", "b/x", "a/x/y", "A", "d.e"]
const names = ["f", "g", "h", "k", "F", "a", "x"]

const joined = (directory: string, name: string) => (directory === "" ? name : `${directory}/${name}`)
const word = (random: Random) => random.below(1 << 30).toString(36)

const drawPath = (random: Random) => joined(random.pick(directories), random.pick(names))

const put = (tree: Tree, path: string, draft: Draft) => {
  for (const other of [...tree.keys()]) {
    if (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) tree.delete(other)
  }
  tree.set(path, draft)
}

const fresh = (random: Random): Draft => ({
  mode: random.chance(0.08) ? "120000" : random.chance(0.1) ? "100755" : "100644",
  lines: Array.from(
    { length: random.chance(0.05) ? 0 : random.between(1, 12) },
    () => `${word(random)} ${word(random)}`
  ),
  tail: random.chance(0.04) ? "\0\n" : ""
})

const edited = (random: Random, draft: Draft): Draft => {
  const lines = [...draft.lines]
  for (let n = random.chance(0.7) ? 1 : random.between(2, 8); n > 0; n--) {
    const at = random.below(lines.length + 1)
    // Few different words, so that both sides sometimes make the same edit.
    const text = random.chance(0.5) ? `edit ${random.below(3)}` : word(random)
    const what = random.below(3)
    if (what === 0) lines.splice(at, 1)
    else lines.splice(at, what - 1, text)
  }
  return { ...draft, lines }
}

const moveDirectory = (random: Random, tree: Tree) => {
  const parents = [...tree.keys()].flatMap((path) => (path.includes("/") ? [path.slice(0, path.lastIndexOf("/"))] : []))
  if (parents.length === 0) return
  const from = random.pick(parents)
  const to = random.pick(directories)
  const share = random.pick([1, 1, 1, 0.8, 0.5])
  for (const [path, draft] of [...tree]) {
    if (!path.startsWith(`${from}/`) || random.next() > share) continue
    tree.delete(path)
    const name = path.slice(from.length + 1)
    put(tree, joined(to, name), random.chance(0.2) ? edited(random, draft) : draft)
  }
}

const change = (random: Random, tree: Tree) => {
  const paths = [...tree.keys()]
  if (paths.length === 0) {
    put(tree, drawPath(random), fresh(random))
    return
  }
  const path = random.pick(paths)
  const draft = tree.get(path) as Draft
  const what = random.below(20)
  if (what <= 4) tree.set(path, edited(random, draft))
  else if (what <= 8) {
    tree.delete(path)
    const name = path.slice(path.lastIndexOf("/") + 1)
    const to = random.chance(0.4) ? joined(random.pick(directories), name) : drawPath(random)
    put(tree, to, random.chance(0.5) ? edited(random, draft) : draft)
  } else if (what <= 11) moveDirectory(random, tree)
  else if (what <= 14) {
    const beside = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ""
    put(tree, random.chance(0.6) ? joined(beside, random.pick(names)) : drawPath(random), fresh(random))
  } else if (what <= 16) tree.delete(path)
  else if (what === 17) tree.set(path, { ...draft, mode: draft.mode === "100755" ? "100644" : "100755" })
  else if (what === 18) tree.set(path, { ...draft, mode: draft.mode === "120000" ? "100644" : "120000" })
  else put(tree, `${path}/${random.pick(names)}`, random.chance(0.5) ? draft : fresh(random))
}

const changed = (random: Random, tree: Tree, most: number): Tree => {
  const copy = new Map(tree)
  for (let n = random.between(0, most); n > 0; n--) change(random, copy)
  return copy
}

/** Somebody's merge of two trees: of each path one of them, or both. */
const resolved = (random: Random, a: Tree, b: Tree): Tree => {
  const tree: Tree = new Map()
  const preferred = random.chance(0.5) ? a : b
  for (const path of new Set([...a.keys(), ...b.keys()])) {
    const [x, y] = [a.get(path), b.get(path)]
    const chosen = random.chance(0.8) ? preferred.get(path) : (x ?? y)
    if (chosen !== undefined) put(tree, path, chosen)
  }
  return tree
}

const filesOf = (tree: Tree): Files =>
  new Map(
    [...tree].map(([path, { lines, mode, tail }]) => {
      const text = mode === "120000" ? `${lines.join("-")}.` : lines.map((line) => `${line}\n`).join("") + tail
      return [path, { mode, bytes: Buffer.from(text) }]
    })
  )

/** Draws a history: one in twelve is a criss-cross. */
export const drawHistory = (random: Random): History => {
  const root: Tree = new Map()
  for (let n = random.between(1, 9); n > 0; n--) put(root, drawPath(random), fresh(random))
  if (random.chance(11 / 12)) {
    // What both sides did alike, before what each did on its own.
    const start = random.chance(0.2) ? changed(random, root, 2) : root
    const [ours, theirs] = [changed(random, start, 3), changed(random, start, 3)]
    return { root: filesOf(root), older: [filesOf(root)], ours: filesOf(ours), theirs: filesOf(theirs) }
  }
  const [a, b] = [changed(random, root, 2), changed(random, root, 2)]
  const [left, right] = [resolved(random, a, b), resolved(random, a, b)]
  return {
    root: filesOf(root),
    older: [filesOf(a), filesOf(b)],
    ours: filesOf(changed(random, left, 2)),
    theirs: filesOf(changed(random, right, 2))
  }
}
