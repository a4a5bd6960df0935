/** The files of one root in memory. */
import { hash } from "node:crypto"
import type { BlobId, FilePath } from "../../model/Ids.ts"
import { compareUtf8 } from "../../model/order.ts"
import { pathFromBytes, pathToBytes } from "../../model/pathText.ts"
import type { Standing } from "../../model/Standing.ts"

/** A file, an executable file, or a symlink with its target's bytes. @internal */
export interface FileNode {
  readonly kind: "file" | "executable" | "symlink"
  readonly bytes: Uint8Array
  readonly id: BlobId
}

/** What stands at a path. Nodes are compared by identity: a file that is written again is another one. @internal */
export type Node = FileNode | { readonly kind: "directory" }

/** @internal */
export const sha256 = (bytes: Uint8Array): BlobId => hash("sha256", bytes, "hex") as BlobId

/** @internal */
export const fileNode = (kind: FileNode["kind"], bytes: Uint8Array): FileNode => {
  // Not `slice`: a Buffer's shares the memory.
  const copy = Uint8Array.from(bytes)
  return { kind, bytes: copy, id: sha256(copy) }
}

/** @internal */
export const standingOf = (node: Node | undefined): Standing | null => {
  if (node === undefined) return null
  return node.kind === "directory" ? node : { kind: node.kind, id: node.id, size: node.bytes.length }
}

/** Whether two standings are one: sizes follow from ids. @internal */
export const sameStanding = (a: Standing | null, b: Standing | null): boolean => {
  if (a === null || b === null) return a === b
  if (a.kind === "directory" || b.kind === "directory") return a.kind === b.kind
  return a.kind === b.kind && a.id === b.id
}

/** The path of the directory that holds `path`: empty for the root. @internal */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")))

/** The folder that a file system keeps for itself; memory refuses it too, so that hosts meet the same rules. @internal */
export const isReserved = (path: string): boolean => path.split("/").some((name) => name.toLowerCase() === ".tidemark")

/** Why a path must not be touched; `undefined` when it may be. @internal */
export const refusal = (
  path: string
): { readonly failure: "escapes-root" | "unsupported"; readonly why: string } | undefined => {
  const canonical = !path.includes("\\") || pathFromBytes(pathToBytes(path)) === path
  if (!canonical || path.includes("\0") || !path.isWellFormed()) {
    return { failure: "unsupported", why: "not a path's text" }
  }
  if (path.split("/").some((name) => name === "" || name === "." || name === "..")) {
    return { failure: "escapes-root", why: "not a relative path" }
  }
  return isReserved(path) ? { failure: "unsupported", why: ".tidemark is reserved" } : undefined
}

/** One root: every path that something stands at, folders included. @internal */
export class MemoryRoot {
  readonly nodes = new Map<string, Node>()
  readonly #children = new Map<string, number>()
  locked = false
  pending: Pending | undefined = undefined

  get(path: string): Node | undefined {
    return this.nodes.get(path)
  }

  isFolder(path: string): boolean {
    return path === "" || this.nodes.get(path)?.kind === "directory"
  }

  isEmpty(path: string): boolean {
    return (this.#children.get(path) ?? 0) === 0
  }

  set(path: string, node: Node): void {
    if (!this.nodes.has(path)) this.#count(parentOf(path), 1)
    this.nodes.set(path, node)
  }

  delete(path: string): void {
    if (this.nodes.delete(path)) this.#count(parentOf(path), -1)
  }

  /** Makes the folders above `path` that are missing; the path of one that is a file stands in the way. */
  addParents(path: string): string | undefined {
    const missing: Array<string> = []
    for (let at = parentOf(path); !this.isFolder(at); at = parentOf(at)) {
      if (this.nodes.has(at)) return at
      missing.push(at)
    }
    for (const at of missing.reverse()) this.set(at, { kind: "directory" })
    return undefined
  }

  /** Every path, in the order of UTF-8 bytes. */
  paths(): ReadonlyArray<FilePath> {
    return ([...this.nodes.keys()] as Array<FilePath>).sort(compareUtf8)
  }

  #count(folder: string, by: number): void {
    this.#children.set(folder, (this.#children.get(folder) ?? 0) + by)
  }
}

/** One path's change that was made: what stood there, and what was put there. @internal */
export interface Change {
  readonly path: FilePath
  readonly before: Node | undefined
  readonly after: Node | undefined
}

/** An apply of which nobody could say whether it was committed. @internal */
export interface Pending {
  readonly applyId: string
  readonly store: string
  readonly changes: ReadonlyArray<Change>
}
