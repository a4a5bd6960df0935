/** Ignore rules in `.gitignore` syntax, told apart by case as git does. */
import ignore from "ignore"

/** Whether a path is left out. Folders are asked about before what they hold. @internal */
export type Ignores = (path: string, isDirectory: boolean) => boolean

/** A path's text as the patterns see it: a backslash is itself, a byte that is not UTF-8 matches any one character. */
const shown = (path: string): string =>
  path.includes("\\")
    ? path.replace(/\\(\\|x[0-9a-f]{2})/g, (_, what: string) => (what === "\\" ? "\\" : "\ufffd"))
    : path

/** @internal */
export const makeIgnores = (patterns: ReadonlyArray<string>): Ignores => {
  if (patterns.length === 0) return () => false
  const rules = ignore({ ignorecase: false }).add([...patterns])
  return (path, isDirectory) => rules.test(isDirectory ? `${shown(path)}/` : shown(path)).ignored
}
