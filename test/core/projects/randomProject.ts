/** Random collections and random hands on a project: everything that people do to files, often to the same few paths. */
import { type Content, dir, exe, type Files, link, type Shown } from "../../support/engine.ts"
import type { Random } from "../../support/random.ts"

const folders = ["skills/a", "skills/b", "skills/c", "agents", "docs"]
const names = ["f", "g.md", "h.sh", "d", "d/x", "d/y.md", "d/e/z", "é"]

const drawPath = (random: Random): string => {
  const folder = random.pick(folders)
  if (folder === "agents") return `agents/${random.pick(["p", "q"])}.md`
  return `${folder}/${random.pick(names)}`
}

const text = (random: Random): string => {
  const ending = random.chance(0.15) ? "\r\n" : "\n"
  const lines = Array.from({ length: random.pick([0, 1, 5, 5, 5, 9]) }, (_, i) => `line ${i}`)
  for (let n = random.below(3); n > 0; n--)
    if (lines.length > 0) lines[random.below(lines.length)] = `text ${random.below(4)}`
  return lines.join(ending) + (random.chance(0.8) ? ending : "")
}

const content = (random: Random): Content => {
  const what = random.below(12)
  if (what === 0) return exe(text(random))
  if (what === 1) return link(random.pick(["f", "../a/f", "nowhere", "g.md"]))
  if (what === 2) return Uint8Array.of(0, random.below(3))
  if (what === 3) return Uint8Array.of(0xe9, 0x0a, 0x61 + random.below(3), 0x0a)
  if (what === 4) return dir
  return text(random)
}

const edited = (random: Random, was: Content): Content => {
  if (typeof was !== "string") return content(random)
  const lines = was.split("\n")
  // Often near the top, where the other side edits too.
  lines[random.chance(0.5) ? 0 : random.below(lines.length)] = `edit ${random.below(3)}`
  if (random.chance(0.15)) return was.includes("\r\n") ? was.replaceAll("\r\n", "\n") : was.replaceAll("\n", "\r\n")
  if (random.chance(0.1)) return exe(was)
  return lines.join("\n")
}

/** Puts something at a path, and takes away what cannot stand beside it. */
const put = (files: Map<string, Content>, path: string, what: Content) => {
  for (const other of [...files.keys()]) {
    if (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) files.delete(other)
  }
  files.set(path, what)
}

/** The next state of a collection. */
export const nextCollection = (random: Random, before: Files): Files => {
  const files = new Map(Object.entries(before))
  if (files.size === 0) for (let n = 6; n > 0; n--) put(files, drawPath(random), content(random))
  for (let n = random.between(1, 5); n > 0; n--) {
    const paths = [...files.keys()]
    const there = random.chance(0.7) && paths.length > 0 ? random.pick(paths) : undefined
    if (there === undefined) put(files, drawPath(random), content(random))
    else if (random.chance(0.2)) files.delete(there)
    else if (random.chance(0.05)) for (const at of paths) if (at.startsWith(there.slice(0, 8))) files.delete(at)
    put(files, there ?? drawPath(random), edited(random, files.get(there ?? "") ?? ""))
  }
  return Object.fromEntries(files)
}

const asContent = (shown: string): Content => {
  const bytes = Buffer.from(shown.slice(2), "latin1")
  if (shown.startsWith("x")) return exe(bytes)
  if (shown.startsWith("l")) return link(bytes.toString())
  return shown === "d" ? dir : bytes.toString()
}

/** What somebody does to a project. Every file that is theirs alone holds a secret of its own. */
export const handsOn = (random: Random, project: Shown): Record<string, Content | null> => {
  const edits: Record<string, Content | null> = {}
  const paths = Object.keys(project).filter((path) => !path.includes(".env"))
  /** Edits of one round do not meddle with each other. */
  const busy = (path: string) =>
    Object.keys(edits).some((at) => at === path || at.startsWith(`${path}/`) || path.startsWith(`${at}/`))
  const file = (path: string): boolean => {
    for (let at = path; at.includes("/"); at = at.slice(0, at.lastIndexOf("/"))) {
      if (project[at] !== undefined && project[at] !== "d") return true
    }
    return false
  }
  for (let n = random.between(1, 4); n > 0; n--) {
    const path = random.chance(0.8) && paths.length > 0 ? random.pick(paths) : drawPath(random)
    if (busy(path)) continue
    const there = project[path]
    const parent = path.slice(0, path.lastIndexOf("/"))
    const what = random.below(12)
    if (what === 0 && !file(parent)) {
      const secret = random.below(1_000_000)
      edits[`${parent}/.env${secret}`] = `SECRET ${secret} of the user's own`
    } else if (what === 1 && there !== undefined) edits[path] = null
    else if (what === 2 && there !== undefined && there !== "d") {
      // A file gives way to a directory.
      edits[path] = null
      edits[`${path}/inner`] = content(random)
    } else if (what === 3 && parent.split("/").length > 2 && !file(parent) && !busy(parent)) {
      // A directory, with everything in it, gives way to a file.
      edits[parent] = text(random)
    } else if (there === undefined ? !file(path) : there !== "d") {
      edits[path] = edited(random, asContent(there ?? "f new\n"))
    }
  }
  return edits
}
