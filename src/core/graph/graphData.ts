/** A part of an artifact's graph as data, and drawn. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import { renderDot } from "../../algo/graph/graphDot.ts"
import { renderMermaid } from "../../algo/graph/graphMermaid.ts"
import { renderSvg, type SvgOptions } from "../../algo/graph/graphSvg.ts"
import { type GraphGlyphs, renderGraphText } from "../../algo/graph/graphText.ts"
import { layoutLanes } from "../../algo/graph/lanes.ts"
import { type Picture, parentRows } from "../../algo/graph/Picture.ts"
import type { ArtifactId, VersionId } from "../../model/Ids.ts"
import type { Version } from "../../model/Version.ts"

/** A line from a version to one of its parents; `order` counts its parents from 0. @public */
export interface GraphEdge {
  readonly child: VersionId
  readonly parent: VersionId
  readonly order: number
}

/** A branch, a branch of another store (`remote/branch`), a tag or a deployment at a version of the graph. @public */
export interface GraphName {
  readonly kind: "branch" | "remote" | "tag" | "deployment"
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

/** A day as `2026-05-01`, in UTC; a time beyond the calendar as the number it is. @internal */
export const dayOf = (time: number): string => {
  const date = DateTime.make(time)
  return Option.isSome(date) ? DateTime.formatIsoDateUtc(date.value) : String(time)
}

/** What a picture of the graph shows. @internal */
export const graphPicture = (graph: VersionGraphData): Picture => {
  const names = Map.groupBy(graph.names, ({ version }) => version)
  return {
    title: `Versions of ${graph.artifact}`,
    nodes: graph.nodes.map(({ author, id, message, parents, time }) => ({
      id,
      title: message.split("\n")[0] ?? "",
      detail: `${author}, ${dayOf(time)}`,
      names: names.get(id) ?? [],
      parents
    }))
  }
}

const defaultLabel = (version: Version, names: ReadonlyArray<GraphName>): string => {
  const [message = ""] = version.message.split("\n")
  const shown = names
    .map(({ kind, name }) => (kind === "branch" || kind === "remote" ? name : `${kind}: ${name}`))
    .join(", ")
  return [
    version.id.slice(0, 8),
    shown === "" ? "" : `(${shown})`,
    message,
    `· ${version.author}, ${dayOf(version.time)}`
  ]
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
  return renderGraphText(layoutLanes(parentRows(graphPicture(graph).nodes)), {
    label: (row) => {
      const version = graph.nodes[row]
      return version === undefined ? "" : label(version, names.get(version.id) ?? [])
    },
    glyphs: format.glyphs
  }).join("\n")
}

/**
 * Writes a graph as a Mermaid flowchart: newest version on top, an arrow from each version to its parents, the names
 * in the boxes of their versions.
 *
 * @public
 */
export const graphMermaid = (graph: VersionGraphData): string => renderMermaid(graphPicture(graph))

/**
 * Writes a graph as a Graphviz digraph: an arrow from each version to its parents, dashed to all but the first.
 *
 * @public
 */
export const graphDot = (graph: VersionGraphData): string => renderDot(graphPicture(graph))

/**
 * Draws a graph as one SVG without scripts, fonts or anything else from outside: lanes in colours, a dot for a version,
 * a ring for a merge, and branches, tags and deployments as labels. It is light or dark as the reader's system is.
 *
 * @public
 */
export const graphSvg = (graph: VersionGraphData, options?: SvgOptions): string =>
  renderSvg(graphPicture(graph), options)
