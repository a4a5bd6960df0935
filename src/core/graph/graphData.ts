/** A part of an artifact's graph as data, and drawn. */
import { type GraphGlyphs, renderGraphText } from "../../algo/graph/graphText.ts"
import { type LaneLayout, layoutLanes } from "../../algo/graph/lanes.ts"
import type { ArtifactId, VersionId } from "../../model/Ids.ts"
import type { Version } from "../../model/Version.ts"

/** A line from a version to one of its parents; `order` counts its parents from 0. @public */
export interface GraphEdge {
  readonly child: VersionId
  readonly parent: VersionId
  readonly order: number
}

/** A branch or tag that names a version of the graph. @public */
export interface GraphName {
  readonly kind: "branch" | "tag"
  readonly name: string
  readonly version: VersionId
}

/**
 * A window of an artifact's graph: versions newest first, children above their parents. An edge may lead to a parent
 * that is outside the window; `cursor` continues below it.
 *
 * @public
 */
export interface VersionGraphData {
  readonly artifact: ArtifactId
  readonly nodes: ReadonlyArray<Version>
  readonly edges: ReadonlyArray<GraphEdge>
  readonly names: ReadonlyArray<GraphName>
  readonly cursor: string | null
}

/** How a graph is written as text. @public */
export interface GraphTextFormat {
  /** What stands beside a version, in one line or several. */
  readonly label?: ((version: Version, names: ReadonlyArray<GraphName>) => string | ReadonlyArray<string>) | undefined
  readonly glyphs?: GraphGlyphs | undefined
}

/** Makes the data of a window from its versions. @internal */
export const graphData = (
  artifact: ArtifactId,
  versions: ReadonlyArray<Version>,
  names: ReadonlyArray<GraphName>,
  cursor: string | null
): VersionGraphData => {
  const shown = new Set(versions.map(({ id }) => id))
  return {
    artifact,
    nodes: versions,
    edges: versions.flatMap(({ id, parents }) => parents.map((parent, order) => ({ child: id, parent, order }))),
    names: names.filter(({ version }) => shown.has(version)),
    cursor
  }
}

/**
 * Assigns rows and lanes to a graph's versions.
 *
 * @public
 */
export const graphLayout = (graph: VersionGraphData): LaneLayout => {
  const rows = new Map<string, number>(graph.nodes.map(({ id }, row) => [id, row]))
  let outside = graph.nodes.length
  const row = (id: string): number => {
    const known = rows.get(id)
    if (known !== undefined) return known
    rows.set(id, outside)
    return outside++
  }
  return layoutLanes(graph.nodes.map(({ parents }) => parents.map(row)))
}

const defaultLabel = (version: Version, names: ReadonlyArray<GraphName>): string => {
  const [message = ""] = version.message.split("\n")
  const shown = names.map(({ kind, name }) => (kind === "tag" ? `tag: ${name}` : name)).join(", ")
  const date = new Date(version.time).toISOString().slice(0, 10)
  return [version.id.slice(0, 8), shown === "" ? "" : `(${shown})`, message, `· ${version.author}, ${date}`]
    .filter((part) => part !== "")
    .join(" ")
}

/**
 * Draws a graph as lines of text: a column for each line of descent, a label for each version.
 *
 * @public
 */
export const graphText = (graph: VersionGraphData, format: GraphTextFormat = {}): string => {
  const names = Map.groupBy(graph.names, ({ version }) => version)
  const label = format.label ?? defaultLabel
  return renderGraphText(graphLayout(graph), {
    label: (row) => {
      const version = graph.nodes[row]
      return version === undefined ? "" : label(version, names.get(version.id) ?? [])
    },
    glyphs: format.glyphs
  }).join("\n")
}
