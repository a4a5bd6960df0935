/** Which paths of a collection form which artifact. */
import type { ArtifactId, DirectoryPath, FilePath } from "../../model/Ids.ts"

/**
 * One rule of a layout. A pattern is anchored at the collection's root; `{name}` stands for a name within one segment,
 * `{name**}` for one or more whole segments. A pattern that ends in `/` is a directory artifact and owns everything
 * below; any other is a single file.
 *
 * @example
 * ```ts no-run
 * const rule: LayoutRule = { pattern: "skills/{name}/", type: "skill" }
 * ```
 *
 * @public
 */
export interface LayoutRule {
  readonly pattern: string
  readonly type: string
}

/** Rules, tried in order: the first that matches owns the path. `rest` owns what no rule names. @public */
export interface Layout {
  readonly rules: ReadonlyArray<LayoutRule>
  readonly rest: ArtifactId
}

const below = (folder: string): ReadonlyArray<LayoutRule> => [
  { pattern: `${folder}skills/{name}/`, type: "skill" },
  { pattern: `${folder}agents/{name}.md`, type: "agent" },
  { pattern: `${folder}agents/{name}/`, type: "agent" },
  { pattern: `${folder}commands/{name**}.md`, type: "command" },
  { pattern: `${folder}prompts/{name**}.md`, type: "prompt" },
  { pattern: `${folder}hooks/{name}/`, type: "hook" },
  { pattern: `${folder}templates/{name}/`, type: "template" }
]

/** The usual folders of skill and agent collections, at the root and below `.claude/`; a plugin owns its whole folder. @public */
export const defaultLayout: Layout = {
  rules: [{ pattern: "plugins/{name}/", type: "plugin" }, ...below(""), ...below(".claude/")],
  rest: "rest:files" as ArtifactId
}

/** The artifact that owns a path, and where its tree is rooted. @public */
export interface Owner {
  readonly artifact: ArtifactId
  readonly root: DirectoryPath
  readonly shape: "directory" | "file" | "rest"
}

interface Matcher {
  readonly expression: RegExp
  readonly type: string
  readonly directory: boolean
}

const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

const typeText = /^[a-z][a-z0-9-]*$/
const idText = /^[a-z][a-z0-9-]*:\P{Cc}+$/u

const matcher = ({ pattern, type }: LayoutRule): Matcher => {
  if (!typeText.test(type)) {
    throw new TypeError(`A layout's type is lower-case letters, digits and dashes: ${JSON.stringify(type)} is not.`)
  }
  const parts = pattern.split(/(\{name(?:\*\*)?\})/)
  if (parts.length !== 3) {
    throw new TypeError(
      `A layout's pattern holds {name} or {name**} exactly once: ${JSON.stringify(pattern)} does not.`
    )
  }
  const directory = pattern.endsWith("/")
  // A directory owns everything below, so the first one that fits is meant.
  const long = directory ? "(.+?)" : "(.+)"
  const source = parts
    .map((part) => (part === "{name}" ? "([^/]+)" : part === "{name**}" ? long : literal(part)))
    .join("")
  // A directory's pattern also matches the directory itself, which is how an empty one is seen.
  const expression = directory ? `^(${source.slice(0, -1)})(?:/|$)` : `^(${source})$`
  return { expression: new RegExp(expression, "su"), type, directory }
}

const parentOf = (path: string): DirectoryPath => path.slice(0, Math.max(0, path.lastIndexOf("/"))) as DirectoryPath
const printable = /^\P{Cc}+$/u

/**
 * Compiles a layout into a function that names every path's owner. `isDirectory` says that the path is an (empty)
 * directory, which only directory rules and the rest can own. Throws where a rule could form no artifact's id.
 *
 * @public
 */
export const compileLayout = (layout: Layout): ((path: FilePath, isDirectory: boolean) => Owner) => {
  if (!idText.test(layout.rest)) {
    throw new TypeError(
      `A layout's rest is an artifact's id, such as rest:files: ${JSON.stringify(layout.rest)} is not.`
    )
  }
  const matchers = layout.rules.map(matcher)
  const rest: Owner = { artifact: layout.rest, root: "", shape: "rest" }
  return (path, isDirectory) => {
    for (const { directory, expression, type } of matchers) {
      const match = expression.exec(path)
      if (match === null) continue
      const [, matched = "", name = ""] = match
      if (!printable.test(name) || name.endsWith("/")) continue
      if (directory) {
        // `plugins/x` as a file is no plugin: only what stands below the directory belongs to it.
        if (matched === path && !isDirectory) continue
        return { artifact: `${type}:${name}` as ArtifactId, root: matched as DirectoryPath, shape: "directory" }
      }
      if (isDirectory) continue
      return { artifact: `${type}:${name}` as ArtifactId, root: parentOf(path), shape: "file" }
    }
    return rest
  }
}
