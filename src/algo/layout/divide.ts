/** Dividing a collection among its artifacts: every path belongs to exactly one. */
import type { ArtifactId, DirectoryPath, FilePath } from "../../model/Ids.ts"
import type { FlatEntry } from "../tree/buildTrees.ts"
import type { Owner } from "./Layout.ts"

/** An artifact's share of a collection: its paths, relative to its own root. @public */
export interface Share extends Owner {
  readonly files: ReadonlyMap<FilePath, FlatEntry>
}

/** Two places that form one artifact. @public */
export interface Duplicate {
  readonly artifact: ArtifactId
  readonly first: DirectoryPath
  readonly second: DirectoryPath
}

/** A path relative to a directory that contains it. @public */
export const relativeTo = (root: DirectoryPath, path: FilePath): FilePath =>
  (root === "" ? path : path.slice(root.length + 1)) as FilePath

/**
 * Divides files among artifacts, or names the first artifact that two places form.
 *
 * @public
 */
export const divide = (
  files: Iterable<readonly [FilePath, FlatEntry]>,
  ownerOf: (path: FilePath, isDirectory: boolean) => Owner
): ReadonlyMap<ArtifactId, Share> | { readonly duplicate: Duplicate } => {
  const shares = new Map<
    ArtifactId,
    Owner & { readonly place: DirectoryPath; readonly files: Map<FilePath, FlatEntry> }
  >()
  for (const [path, entry] of files) {
    const owner = ownerOf(path, entry.kind === "directory")
    // A single file is a place of its own: `agents/x.md` and `agents/x/` must not become one artifact.
    const place = (owner.shape === "file" ? path : owner.root) as DirectoryPath
    const share = shares.get(owner.artifact)
    const relative = relativeTo(owner.root, path)
    if (share === undefined) {
      const files = new Map<FilePath, FlatEntry>()
      // The directory of a directory artifact, itself empty, leaves an empty tree.
      if (path !== owner.root) files.set(relative, entry)
      shares.set(owner.artifact, { ...owner, place, files })
    } else if (share.place !== place) {
      return { duplicate: { artifact: owner.artifact, first: share.place, second: place } }
    } else if (path !== owner.root) share.files.set(relative, entry)
  }
  return shares
}
