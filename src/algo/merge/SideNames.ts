/** Names for the sides of a merge: in a project, nobody knows which of them is ours. */

/** What the sides of a merge are called in reasons. @public */
export interface SideNames {
  readonly ours: string
  readonly theirs: string
}

/** The names of a merge that is about nothing in particular. @public */
export const plainSides: SideNames = { ours: "ours", theirs: "theirs" }
