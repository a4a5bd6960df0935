/** Ignore rules in `.gitignore` syntax, told apart by case as git does. */
import ignore from "ignore"

/** Whether a path is left out. Folders are asked about before what they hold. @internal */
export type Ignores = (path: string, isDirectory: boolean) => boolean

/** A path's text as the patterns see it: a backslash is itself, a byte that is not UTF-8 matches any one character. */
const shown = (path: string): string =>
  path.includes("\\")
    ? path.replace(/\\(\\|x[0-9a-f]{2})/g, (_, what: string) => (what === "\\" ? "\\" : "\ufffd"))
    : path

/** A pattern that is a plain name, maybe of folders alone: what most rules are, and what needs no pattern matching. */
const plainName = /^[\w.@+,=~-][\w.@+,=~ -]*(?<! )\/?$/

/** The same answers for plain names, for which asking the general matcher costs more than looking at the file. */
const byName = (patterns: ReadonlyArray<string>): Ignores => {
  const names = patterns.map((pattern) => ({ name: pattern.replace(/\/$/, ""), folders: pattern.endsWith("/") }))
  return (path, isDirectory) => {
    for (const { folders, name } of names) {
      for (let at = path.indexOf(name); at >= 0; at = path.indexOf(name, at + 1)) {
        const end = at + name.length
        const isLast = end === path.length
        if ((at > 0 && path[at - 1] !== "/") || (!isLast && path[end] !== "/")) continue
        if (!folders || !isLast || isDirectory) return true
      }
    }
    return false
  }
}

/** @internal */
export const makeIgnores = (patterns: ReadonlyArray<string>): Ignores => {
  if (patterns.length === 0) return () => false
  if (patterns.length <= 16 && patterns.every((pattern) => plainName.test(pattern))) return byName(patterns)
  return makeGeneralIgnores(patterns)
}

/** Whatever the rules are. @internal */
export const makeGeneralIgnores = (patterns: ReadonlyArray<string>): Ignores => {
  const rules = ignore({ ignorecase: false }).add([...patterns])
  return (path, isDirectory) => rules.test(isDirectory ? `${shown(path)}/` : shown(path)).ignored
}
