/** Dividing a collection among its artifacts: every path belongs to exactly one. */
import type { ArtifactId, DirectoryPath, FilePath } from "../../model/Ids.ts"
import type { FlatEntry } from "../tree/buildTrees.ts"
import type { Owner } from "./Layout.ts"

/** An artifact's share of a collection: its paths, relative to its own root. @public */
export interface Share extends Owner {
  /** How many paths these are. */
  readonly size: number
  /** Made when asked for: where an artifact owns its directory alone, nobody needs them again. */
  readonly files: ReadonlyMap<FilePath, FlatEntry>
}

/** A share with its paths as the collection has them. */
class Gathered implements Share {
  readonly artifact: ArtifactId
  readonly root: DirectoryPath
  readonly shape: Owner["shape"]
  /** What has to be one and the same for all paths of an artifact. */
  readonly place: DirectoryPath
  readonly #files: ReadonlyMap<FilePath, FlatEntry>
  readonly #paths: Array<FilePath> = []

  constructor(owner: Owner, place: DirectoryPath, files: ReadonlyMap<FilePath, FlatEntry>) {
    this.artifact = owner.artifact
    this.root = owner.root
    this.shape = owner.shape
    this.place = place
    this.#files = files
  }

  add(path: FilePath): void {
    // The directory of a directory artifact, itself empty, leaves an empty tree.
    if (path !== this.root) this.#paths.push(path)
  }

  get size(): number {
    return this.#paths.length
  }

  get files(): ReadonlyMap<FilePath, FlatEntry> {
    const files = new Map<FilePath, FlatEntry>()
    for (const path of this.#paths) {
      const entry = this.#files.get(path)
      if (entry !== undefined) files.set(relativeTo(this.root, path), entry)
    }
    return files
  }
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
  files: ReadonlyMap<FilePath, FlatEntry>,
  ownerOf: (path: FilePath, isDirectory: boolean) => Owner
): ReadonlyMap<ArtifactId, Share> | { readonly duplicate: Duplicate } => {
  const shares = new Map<ArtifactId, Gathered>()
  for (const [path, entry] of files) {
    const owner = ownerOf(path, entry.kind === "directory")
    // A single file is a place of its own: `agents/x.md` and `agents/x/` must not become one artifact.
    const place = (owner.shape === "file" ? path : owner.root) as DirectoryPath
    let share = shares.get(owner.artifact)
    if (share === undefined) {
      share = new Gathered(owner, place, files)
      shares.set(owner.artifact, share)
    } else if (share.place !== place) {
      return { duplicate: { artifact: owner.artifact, first: share.place, second: place } }
    }
    share.add(path)
  }
  return shares
}
