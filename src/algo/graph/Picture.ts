/** What a picture of a graph shows, whatever it is drawn as. */

/** A branch, here or in another store, a tag or a deployment at a version. @public */
export interface PictureName {
  readonly kind: "branch" | "remote" | "tag" | "deployment"
  readonly name: string
}

/** A version in a picture. @public */
export interface PictureNode {
  readonly id: string
  /** What is said of the version, in one line. */
  readonly title: string
  /** What is said in smaller letters: who made it, and when. */
  readonly detail: string
  readonly names: ReadonlyArray<PictureName>
  /** Ids; those of versions that are not in the picture are shown as a line that leads out of it. */
  readonly parents: ReadonlyArray<string>
}

/** Versions from top to bottom, children above their parents. @public */
export interface Picture {
  /** Says what is shown, for those who cannot see it. */
  readonly title: string
  readonly nodes: ReadonlyArray<PictureNode>
}

/** The rows of each version's parents, for `layoutLanes`; parents outside the picture get numbers beyond it. @internal */
export const parentRows = (nodes: ReadonlyArray<PictureNode>): ReadonlyArray<ReadonlyArray<number>> => {
  const rows = new Map(nodes.map(({ id }, row) => [id, row]))
  let outside = nodes.length
  const row = (id: string): number => {
    const known = rows.get(id)
    if (known !== undefined) return known
    rows.set(id, outside)
    return outside++
  }
  return nodes.map(({ parents }) => parents.map(row))
}

/** Cuts a text to a number of characters, whole code points only. @internal */
export const shorten = (text: string, length: number): string => {
  const characters = Array.from(text)
  return characters.length <= length ? text : `${characters.slice(0, Math.max(1, length - 1)).join("")}…`
}
