/** Our merge of a triple, told the way git tells its own, and where the two differ. */
import * as Effect from "effect/Effect"
import { buildTrees, type FlatEntry } from "../../../src/algo/tree/buildTrees.ts"
import { flattenTree } from "../../../src/core/objects/treeWalk.ts"
import { TextPolicy } from "../../../src/core/references/TextPolicy.ts"
import type { FilePath } from "../../../src/model/Ids.ts"
import { bytesOf, type Engine, type Files } from "../../support/engine.ts"
import { type GitEntry, type GitTreeMerge, gitEntry, type TreeTriple } from "./gitTrees.ts"

/** What we made of a merge. `kinds` says of each conflicted path how it conflicts. */
export interface OurTreeMerge {
  readonly kinds: ReadonlyMap<string, string>
  readonly tree: ReadonlyMap<string, GitEntry>
  readonly emptyDirectories: ReadonlyArray<string>
}

const modes = { file: "100644", executable: "100755", symlink: "120000" } as const

const flatOf = (engine: Engine, files: Files) => {
  const contents: Array<{ readonly id: ReturnType<Engine["objects"]["identify"]>; readonly bytes: Uint8Array }> = []
  const flat = new Map<FilePath, FlatEntry>()
  for (const [path, content] of Object.entries(files)) {
    const put = (kind: "file" | "executable" | "symlink", bytes: Uint8Array) => {
      const id = engine.objects.identify(bytes)
      contents.push({ id, bytes })
      flat.set(path as FilePath, { kind, id, size: kind === "symlink" ? 0 : bytes.length })
    }
    if (typeof content === "string" || content instanceof Uint8Array) put("file", bytesOf(content))
    else if ("executable" in content) put("executable", bytesOf(content.executable))
    else if ("link" in content) put("symlink", bytesOf(content.link))
    else flat.set(path as FilePath, { kind: "directory" })
  }
  return { contents, flat }
}

/** Stores files and names their tree. */
export const storeTree = Effect.fnUntraced(function* (engine: Engine, files: Files) {
  const { contents, flat } = flatOf(engine, files)
  const built = buildTrees(flat, engine.objects.identify)
  yield* engine.objects.put([...contents, ...[...built.trees].map(([id, { bytes }]) => ({ id, bytes }))])
  return built.root
})

/** Merges a triple byte for byte, as git does. */
export const mergeTriple = Effect.fnUntraced(function* (engine: Engine, { base, ours, theirs }: TreeTriple) {
  const merged = yield* engine.merge
    .trees({
      base: yield* storeTree(engine, base),
      ours: yield* storeTree(engine, ours),
      theirs: yield* storeTree(engine, theirs),
      renames: { detect: "none" }
    })
    .pipe(Effect.provideService(TextPolicy, "none"))
  const kinds = new Map(merged.conflicts.map(({ conflict, path }) => [path as string, conflict?.kind ?? ""]))
  const tree = new Map<string, GitEntry>()
  const emptyDirectories: Array<string> = []
  const flat = yield* flattenTree(engine.objects, merged.tree)
  const wanted = [...flat.values()].flatMap((entry) => ("id" in entry && entry.kind !== "conflict" ? [entry.id] : []))
  const bytes = yield* engine.objects.get(wanted)
  for (const [path, entry] of flat) {
    if (!("id" in entry)) emptyDirectories.push(path)
    else if (entry.kind === "conflict") {
      if (!kinds.has(path)) return yield* Effect.die(`${path} holds a conflict that was not told`)
    } else if (entry.kind !== "directory") {
      tree.set(path, gitEntry(modes[entry.kind], bytes.get(entry.id) ?? new Uint8Array()))
    }
  }
  for (const path of kinds.keys()) {
    if (flat.get(path as FilePath)?.kind !== "conflict") {
      return yield* Effect.die(`${path} was told to conflict and holds something else`)
    }
  }
  return { kinds, tree, emptyDirectories } satisfies OurTreeMerge
})

const atOrBelow = (parents: Iterable<string>, path: string) =>
  [...parents].some((parent) => path === parent || path.startsWith(`${parent}/`))

/**
 * Where we and git differ beyond what is meant, as sentences.
 *
 * Meant, and told in `meant`: a path that is a directory on one side and a file on the other is one conflict with whole
 * sides, where git renames the file to make room for the directory and may leave conflicts below it.
 */
export const differences = (
  ours: OurTreeMerge,
  git: GitTreeMerge
): { readonly wrong: ReadonlyArray<string>; readonly meant: ReadonlyArray<string> } => {
  const wrong: Array<string> = []
  const meant: Array<string> = []
  const clean = ours.kinds.size === 0
  if (clean !== git.clean) wrong.push(`ours is ${clean ? "clean" : "conflicted"}, git's is not`)
  const whole = [...ours.kinds].flatMap(([path, kind]) => (kind === "directory/file" ? [path] : []))
  for (const path of whole) {
    if (git.conflicted.some((other) => atOrBelow([path], other))) meant.push("directory/file")
    else wrong.push(`${path} conflicts as directory/file, and not in git`)
  }
  for (const [path, kind] of ours.kinds) {
    if (kind === "type" && git.moved.includes(path)) meant.push("type")
    if (!whole.includes(path) && !git.conflicted.includes(path)) wrong.push(`${path} conflicts (${kind}), not in git`)
  }
  for (const path of git.conflicted) {
    if (!atOrBelow(whole, path) && !ours.kinds.has(path)) wrong.push(`${path} conflicts in git alone`)
  }
  const skipped = (path: string) =>
    atOrBelow(whole, path) || ours.kinds.has(path) || [...ours.kinds.keys()].some((at) => path.startsWith(`${at}~`))
  for (const [path, entry] of git.tree) {
    if (!skipped(path) && ours.tree.get(path) !== entry) wrong.push(`${path}: ${ours.tree.get(path)}, git has ${entry}`)
  }
  for (const [path, entry] of ours.tree) if (!git.tree.has(path)) wrong.push(`${path}: ${entry}, git has nothing`)
  return { wrong, meant }
}
