/** The documentation hangs together: no link is dead, and no page is without one. */
import { existsSync, readFileSync } from "node:fs"
import { join, posix } from "node:path"
import { expect, it } from "vitest"
import { filesBelow, projectRoot } from "../support/sourceFiles.ts"

const pages = [
  "README.md",
  "CHANGELOG.md",
  ...filesBelow("docs", [".md"]).filter((path) => !path.startsWith("docs/api/"))
]

/** The files that a page links to, relative to the project. Code is not searched. */
const linksOf = (page: string): ReadonlyArray<string> => {
  const text = readFileSync(join(projectRoot, page), "utf8").replaceAll(/^ *```[\s\S]*?^ *```|`[^`\n]*`/gm, "")
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^(?:https?:|mailto:|#)/.test(target))
    .map((target) => posix.join(posix.dirname(page), target.replace(/#.*$/, "")))
}

it("every link leads to a file", () => {
  const dead = pages.flatMap((page) =>
    linksOf(page)
      .filter((target) => !existsSync(join(projectRoot, target)))
      .map((target) => `${page} links to ${target}, which does not exist`)
  )
  expect(dead).toEqual([])
})

it("docs/index.md leads to every page", () => {
  const reached = new Set<string>()
  const visit = (page: string): void => {
    if (reached.has(page) || !page.endsWith(".md") || !existsSync(join(projectRoot, page))) return
    reached.add(page)
    for (const target of linksOf(page)) visit(target)
  }
  visit("docs/index.md")
  const lost = pages.filter((page) => page.startsWith("docs/") && !reached.has(page))
  expect(lost).toEqual([])
})
