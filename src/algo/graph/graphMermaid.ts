/** A graph as a Mermaid flowchart. */
import { type Picture, type PictureName, shorten } from "./Picture.ts"

const marks: Record<PictureName["kind"], string> = { branch: "⎇", remote: "⇄", tag: "🏷", deployment: "📦" }
const titleLength = 60

/** Mermaid knows HTML entities with `#` for `&`; everything that could end or begin markup is written so. */
const entities = (text: string): string =>
  text.replace(/[^\p{L}\p{N} .,:/+()·…_-]/gu, (character) => `#${character.codePointAt(0)};`)

/**
 * Writes a graph as a Mermaid flowchart: newest version on top, an arrow from each version to its parents, the names
 * in the boxes of their versions. Parents outside the picture are shown as `…`.
 *
 * @public
 */
export const renderMermaid = (picture: Picture): string => {
  const keys = new Map(picture.nodes.map(({ id }, row) => [id, `v${row}`]))
  const lines = ["flowchart TB", `  accTitle: ${entities(picture.title)}`]
  const edges: Array<string> = []
  let outside = 0
  for (const node of picture.nodes) {
    const key = keys.get(node.id) as string
    const names = node.names.map(({ kind, name }) => `${marks[kind]} ${entities(name)}<br/>`).join("")
    const title = entities(shorten(node.title, titleLength))
    const detail = node.detail === "" ? "" : `<br/><small>${entities(node.detail)}</small>`
    const style = node.parents.length > 1 ? ":::merge" : node.names.length > 0 ? ":::named" : ""
    lines.push(`  ${key}["${names}${title}${detail}"]${style}`)
    for (const [order, parent] of node.parents.entries()) {
      const arrow = order === 0 ? "-->" : "-.->"
      const target = keys.get(parent)
      if (target !== undefined) edges.push(`  ${key} ${arrow} ${target}`)
      else edges.push(`  ${key} ${arrow} o${outside++}(("…")):::outside`)
    }
  }
  const classes = [
    "  classDef merge stroke-width:3px",
    "  classDef named stroke:#0969da,stroke-width:2px",
    "  classDef outside stroke-dasharray:3"
  ]
  return `${[...lines, ...edges, ...classes].join("\n")}\n`
}
