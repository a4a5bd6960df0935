/**
 * Asking the git program on this machine what it makes of many merges of trees at once.
 *
 * `git merge-tree` detects renames whatever `merge.renames` says (2.39.5 does not read it there), so triples that could be
 * taken for renames are asked of `git merge -s recursive -X no-renames`, one by one.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bytesOf, type Content, type Files } from "../../support/engine.ts"

/** A merge to be made: what base, ours and theirs hold. */
export interface TreeTriple {
  readonly base: Files
  readonly ours: Files
  readonly theirs: Files
}

/** One entry of a result: git's mode and blob id. */
export type GitEntry = `${"100644" | "100755" | "120000"} ${string}`

/** What git made of a merge. */
export interface GitTreeMerge {
  readonly clean: boolean
  /** Paths with unmerged stages; a `~side` that git adds to make room is taken off. */
  readonly conflicted: ReadonlyArray<string>
  /** Conflicted paths that git had to give another name, to make room. */
  readonly moved: ReadonlyArray<string>
  /** The tree that git wrote, conflicted paths included. */
  readonly tree: ReadonlyMap<string, GitEntry>
}

/** The version of git, or undefined where there is none. */
export const gitVersion = (): string | undefined => {
  const run = spawnSync("git", ["--version"], { encoding: "utf8" })
  return run.status === 0 ? run.stdout.trim().replace("git version ", "") : undefined
}

const quoted = (path: string): string => {
  let text = ""
  for (const byte of new TextEncoder().encode(path)) text += `\\${byte.toString(8).padStart(3, "0")}`
  return `"${text}"`
}

/** Git's mode and the bytes of what stands somewhere; directories have neither. */
const described = (content: Content): readonly [GitEntry extends `${infer M} ${string}` ? M : never, Uint8Array] => {
  if (typeof content === "string" || content instanceof Uint8Array) return ["100644", bytesOf(content)]
  if ("executable" in content) return ["100755", bytesOf(content.executable)]
  if ("link" in content) return ["120000", bytesOf(content.link)]
  throw new Error("git has no empty directories")
}

/** The entry that git would write for this content. */
export const gitEntry = (mode: "100644" | "100755" | "120000", bytes: Uint8Array): GitEntry =>
  `${mode} ${createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex")}`

export const gitEntryOf = (content: Content): GitEntry => gitEntry(...described(content))

const importStream = (triples: ReadonlyArray<TreeTriple>): Buffer => {
  const parts: Array<string | Uint8Array> = []
  triples.forEach(({ base, ours, theirs }, i) => {
    for (const [n, files] of [base, ours, theirs].entries()) {
      const from = n === 0 ? "" : `from :${3 * i + 1}\n`
      parts.push(`commit refs/heads/t${i}-${n}\nmark :${3 * i + n + 1}\ncommitter t <t@t> 0 +0000\ndata 0\n${from}`)
      parts.push("deleteall\n")
      for (const [path, content] of Object.entries(files)) {
        const [mode, bytes] = described(content)
        parts.push(`M ${mode} inline ${quoted(path)}\ndata ${bytes.length}\n`, bytes, "\n")
      }
      parts.push("\n")
    }
  })
  parts.push("done\n")
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)))
}

interface RawEntry {
  readonly mode: string
  readonly name: string
  readonly id: string
}

const parseTree = (bytes: Buffer): ReadonlyArray<RawEntry> => {
  const entries: Array<RawEntry> = []
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const zero = bytes.indexOf(0, space)
    entries.push({
      mode: bytes.toString("latin1", at, space),
      name: bytes.toString("utf8", space + 1, zero),
      id: bytes.toString("hex", zero + 1, zero + 21)
    })
    at = zero + 21
  }
  return entries
}

type Git = (
  args: ReadonlyArray<string>,
  options?: { readonly input?: string | Buffer; readonly mayFail?: boolean }
) => Buffer

/** A repository of this run alone: nothing of the machine's or the user's configuration counts. */
const inRepository = <A>(use: (git: Git, directory: string) => A): A => {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-git-"))
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    LC_ALL: "C"
  }
  const git: Git = (args, { input, mayFail = false } = {}) => {
    const run = spawnSync("git", args, { cwd: directory, env, input, maxBuffer: 1 << 28 })
    if (run.status !== 0 && !mayFail) throw new Error(`git ${args.join(" ")}: ${run.stderr}`)
    return run.stdout
  }
  try {
    git(["init", "-q"])
    return use(git, directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const importInto = (git: Git, directory: string, triples: ReadonlyArray<TreeTriple>) => {
  const marked = join(directory, ".git", "marks")
  git(["fast-import", "--quiet", "--done", `--export-marks=${marked}`], { input: importStream(triples) })
  const marks = new Map(
    readFileSync(marked, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.slice(1).split(" ") as [string, string])
  )
  return (i: number, n: number) => marks.get(String(3 * i + n + 1)) ?? ""
}

/** Merges one triple with git's older strategy, which can be told not to look for renames. */
export const gitMergeWithoutRenames = ({ base, ours, theirs }: TreeTriple): GitTreeMerge =>
  inRepository((git, directory) => {
    const commit = importInto(git, directory, [{ base, ours, theirs }])
    git(["checkout", "-q", "-f", "--detach", commit(0, 1)])
    const identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
    const options = ["-s", "recursive", "-X", "no-renames", "-q", "--no-commit"]
    git([...identity, "merge", ...options, commit(0, 2)], { mayFail: true })
    const conflicted = new Set<string>()
    const tree = new Map<string, GitEntry>()
    for (const line of git(["ls-files", "-s", "-z"]).toString("utf8").split("\0").filter(Boolean)) {
      const [, mode = "", id = "", stage = "", path = ""] = /^(\d+) (\w+) (\d)\t(.*)$/s.exec(line) ?? []
      if (stage === "0") tree.set(path, `${mode as "100644"} ${id}`)
      else conflicted.add(path)
    }
    return { clean: conflicted.size === 0, conflicted: [...conflicted].sort(), moved: [], tree }
  })

/** Merges all triples at once with git's present strategy. */
export const gitMergeTrees = (triples: ReadonlyArray<TreeTriple>): ReadonlyArray<GitTreeMerge> =>
  inRepository((git, directory) => {
    const commit = importInto(git, directory, triples)
    const asked = triples.map((_, i) => `${commit(i, 1)} ${commit(i, 2)}\n`).join("")
    const settings = ["-c", "merge.renames=false", "-c", "merge.directoryRenames=false"]
    const told = git([...settings, "merge-tree", "--write-tree", "--stdin", "-z", "--name-only"], { input: asked })
    const fields = told.toString("utf8").split("\0")
    let at = 0
    const next = () => fields[at++] ?? ""
    const merges: Array<{ clean: boolean; tree: string; conflicted: Set<string>; moved: Set<string> }> = []
    for (const i of triples.keys()) {
      const clean = next() === "1"
      const merge = { clean, tree: next(), conflicted: new Set<string>(), moved: new Set<string>() }
      merges.push(merge)
      for (let path = next(); path !== ""; path = next()) {
        const plain = path.replaceAll(`~${commit(i, 1)}`, "").replaceAll(`~${commit(i, 2)}`, "")
        merge.conflicted.add(plain)
        if (plain !== path) merge.moved.add(plain)
      }
      if (clean) continue
      // Messages: a count of paths, the paths, a kind and a text, up to an empty field.
      for (let count = next(); count !== ""; count = next()) at += Number(count) + 2
    }

    // Trees, level by level, each in one run of git.
    const trees = new Map<string, ReadonlyArray<RawEntry>>()
    for (let wanted = [...new Set(merges.map(({ tree }) => tree))]; wanted.length > 0; ) {
      const out = git(["cat-file", "--batch"], { input: `${wanted.join("\n")}\n` })
      let offset = 0
      for (const id of wanted) {
        const line = out.indexOf(0x0a, offset)
        const size = Number(out.toString("latin1", offset, line).split(" ")[2])
        trees.set(id, parseTree(out.subarray(line + 1, line + 1 + size)))
        offset = line + size + 2
      }
      const below = wanted.flatMap((id) => (trees.get(id) ?? []).filter(({ mode }) => mode === "40000"))
      wanted = [...new Set(below.map(({ id }) => id))].filter((id) => !trees.has(id))
    }
    const flatten = (id: string, prefix: string, into: Map<string, GitEntry>) => {
      for (const { id: child, mode, name } of trees.get(id) ?? []) {
        if (mode === "40000") flatten(child, `${prefix}${name}/`, into)
        else into.set(prefix + name, `${mode as "100644"} ${child}`)
      }
      return into
    }
    return merges.map(({ clean, conflicted, moved, tree }) => ({
      clean,
      conflicted: [...conflicted].sort(),
      moved: [...moved].sort(),
      tree: flatten(tree, "", new Map())
    }))
  })
