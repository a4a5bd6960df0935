/** One apply that has a bit of everything, for tests that stop it somewhere. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { sha256 } from "../../../../src/adapters/filesystem/inspect.ts"
import type { ApplyHooks, ApplyRequest, RecoveryOracle } from "../../../../src/core/WorkingTree.ts"
import type { BlobId, FilePath } from "../../../../src/model/Ids.ts"
import type { Standing } from "../../../../src/model/Standing.ts"

type Thing =
  | { readonly kind: "file" | "executable" | "symlink"; readonly text: string }
  | { readonly kind: "directory" }

const file = (text: string): Thing => ({ kind: "file", text })
const exec = (text: string): Thing => ({ kind: "executable", text })
const link = (text: string): Thing => ({ kind: "symlink", text })
const folder: Thing = { kind: "directory" }

/** Path, what stands there before, and after. */
const story: ReadonlyArray<readonly [string, Thing | null, Thing | null]> = [
  ["changed.txt", file("changed 1"), file("changed 2")],
  ["grown.txt", file("log"), file("log and more")],
  ["mode", file("#!/bin/sh"), exec("#!/bin/sh")],
  ["removed/deep", folder, null],
  ["removed/deep/gone.txt", file("gone"), null],
  ["removed", folder, null],
  ["added/new/file.txt", null, file("added")],
  ["added/new/run", null, exec("#!/bin/sh")],
  ["added/new/link", null, link("file.txt")],
  ["added/top.txt", null, file("beside")],
  ["link", link("changed.txt"), link("elsewhere")],
  ["link to file", link("x"), file("was a link")],
  ["becomes-folder", file("a file"), folder],
  ["becomes-folder/inside", null, file("inside")],
  ["becomes-file", folder, file("a folder once")],
  ["becomes-file/inside", file("inside the folder"), null]
]

const untouched: ReadonlyArray<readonly [string, Thing]> = [
  ["mine/notes.md", file("mine")],
  ["kept.txt", exec("kept")]
]

const standing = (thing: Thing | null): Standing | null => {
  if (thing === null || thing.kind === "directory") return thing
  const bytes = Buffer.from(thing.text)
  return { kind: thing.kind, id: sha256(bytes), size: bytes.length }
}

/** The paths that hold content before or after. */
export const paths: ReadonlyArray<string> = story.map(([path]) => path)

export const store = "scenario"

export const request: ApplyRequest = {
  applyId: "scenario-apply",
  store,
  checks: [{ path: "kept.txt" as FilePath, standing: standing(exec("kept")) }],
  steps: story.map(([path, before, after]) => ({
    path: path as FilePath,
    before: standing(before),
    after: standing(after)
  }))
}

const put = (root: string, path: string, thing: Thing | null): void => {
  const at = join(root, path)
  if (thing === null) return
  fs.mkdirSync(join(at, ".."), { recursive: true })
  if (thing.kind === "directory") fs.mkdirSync(at, { recursive: true })
  else if (thing.kind === "symlink") fs.symlinkSync(thing.text, at)
  else fs.writeFileSync(at, thing.text, { mode: thing.kind === "executable" ? 0o755 : 0o640 })
}

/** Makes the tree before. */
export const sow = (root: string): void => {
  fs.mkdirSync(root, { recursive: true })
  for (const [path, before] of story) put(root, path, before)
  for (const [path, thing] of untouched) put(root, path, thing)
}

const contents = new Map<BlobId, Uint8Array>(
  story.flatMap(([, , after]) =>
    after === null || after.kind === "directory" ? [] : [[sha256(Buffer.from(after.text)), Buffer.from(after.text)]]
  )
)

/** Commits by making a file: the ledger of this scenario. */
export const hooks = (marker: string): ApplyHooks<string, never, never> => ({
  prepare: Effect.void,
  content: (ids) => Effect.succeed(new Map([...contents].filter(([id]) => ids.includes(id)))),
  commit: Effect.sync(() => {
    fs.writeFileSync(marker, "committed")
    return "committed"
  })
})

export const oracle = (marker: string): RecoveryOracle<never, never> => ({
  store,
  happened: () => Effect.sync(() => fs.existsSync(marker)),
  content: hooks(marker).content
})

/** Everything in a root but the control folder, as the system sees it: kind, permission bits, content. */
export const look = (root: string): { readonly [path: string]: string } => {
  const out: { [path: string]: string } = {}
  for (const name of fs.readdirSync(root, { recursive: true, encoding: "utf8" }).sort()) {
    if (name.split("/")[0] === ".tidemark") continue
    const at = join(root, name)
    const stats = fs.lstatSync(at)
    const bits = (stats.mode & 0o777).toString(8)
    if (stats.isSymbolicLink()) out[name] = `link ${fs.readlinkSync(at)}`
    else out[name] = stats.isDirectory() ? `folder ${bits}` : `file ${bits} ${fs.readFileSync(at, "utf8")}`
  }
  return out
}

/** What is in the control folder, when nothing is left to do. */
export const atRest = [".gitignore", "staging"]

export const control = (root: string): ReadonlyArray<string> =>
  fs.existsSync(join(root, ".tidemark"))
    ? fs.readdirSync(join(root, ".tidemark"), { recursive: true, encoding: "utf8" }).sort()
    : []
