/** A graph in the language of Graphviz. */
import { type Picture, type PictureName, shorten } from "./Picture.ts"

const titleLength = 60
const shapes: Record<PictureName["kind"], string> = { branch: "cds", remote: "cds", tag: "note", deployment: "box3d" }

const quote = (text: string): string =>
  `"${text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll(/\r\n?|\n/g, "\\n")}"`

/**
 * Writes a graph as a Graphviz digraph: an arrow from each version to its parents (dashed to all but the first), and
 * the names as shapes of their own beside their versions.
 *
 * @public
 */
export const renderDot = (picture: Picture): string => {
  const shown = new Set(picture.nodes.map(({ id }) => id))
  const lines = [
    "digraph versions {",
    `  label=${quote(picture.title)}; labelloc=t; rankdir=TB;`,
    '  node [shape=box, style=rounded, fontname="sans-serif", fontsize=10]; edge [arrowsize=0.6];'
  ]
  for (const { detail, id, names, parents, title } of picture.nodes) {
    const label = [shorten(title, titleLength), detail].filter((part) => part !== "").join("\n")
    lines.push(`  ${quote(id)} [label=${quote(label)}${parents.length > 1 ? ", penwidth=2" : ""}];`)
    for (const { kind, name } of names) {
      const key = quote(`${kind}:${name}`)
      lines.push(`  ${key} [label=${quote(name)}, shape=${shapes[kind]}, style=filled, fillcolor=lightgrey];`)
      lines.push(`  { rank=same; ${key} -> ${quote(id)} [arrowhead=none, style=dotted]; }`)
    }
    for (const [order, parent] of parents.entries()) {
      if (!shown.has(parent)) lines.push(`  ${quote(parent)} [label="…", shape=plaintext];`)
      lines.push(`  ${quote(id)} -> ${quote(parent)}${order === 0 ? "" : " [style=dashed]"};`)
    }
  }
  return `${lines.join("\n")}\n}\n`
}
