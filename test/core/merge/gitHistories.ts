/** Asking the git program on this machine what it makes of many histories at once. */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { File, Files, History } from "./histories.ts"

/** What git made of a history. */
export interface GitMerge {
  readonly clean: boolean
  readonly tree: string
  /** Paths with unmerged stages; a `~side` that git adds to make room is taken off. */
  readonly conflicted: ReadonlySet<string>
  /** What git says, as kind and text. */
  readonly messages: ReadonlyArray<{
    readonly paths: ReadonlyArray<string>
    readonly kind: string
    readonly text: string
  }>
}

const quoted = (path: string): string => `"${path.replaceAll(/[\\"]/g, "\\$&")}"`

const importStream = (
  histories: ReadonlyArray<History>
): { readonly stream: Buffer; readonly tips: ReadonlyArray<readonly [number, number]> } => {
  const parts: Array<string | Uint8Array> = []
  let mark = 0
  let now = 1_000_000_000
  const commit = (files: Files, parents: ReadonlyArray<number>): number => {
    mark += 1
    now += 60
    parts.push(`commit refs/heads/m\nmark :${mark}\ncommitter t <t@t> ${now} +0000\ndata 0\n`)
    const [first, ...more] = parents
    // Without this line a commit continues the branch.
    if (first === undefined) parts.splice(-1, 0, "reset refs/heads/m\n")
    else parts.push(`from :${first}\n`)
    for (const parent of more) parts.push(`merge :${parent}\n`)
    parts.push("deleteall\n")
    for (const [path, { bytes, mode }] of files) {
      parts.push(`M ${mode} inline ${quoted(path)}\ndata ${bytes.length}\n`, bytes, "\n")
    }
    parts.push("\n")
    return mark
  }
  const tips = histories.map(({ older, ours, root, theirs }) => {
    const start = commit(root, [])
    if (older.length === 1) return [commit(ours, [start]), commit(theirs, [start])] as const
    const [a = start, b = start] = older.map((files) => commit(files, [start]))
    return [commit(ours, [a, b]), commit(theirs, [b, a])] as const
  })
  parts.push("done\n")
  return { stream: Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part))), tips }
}

/** Reads what `git merge-tree --stdin -z` said of so many merges. */
const parse = (told: string, count: number): ReadonlyArray<GitMerge> => {
  const fields = told.split("\0")
  let at = 0
  const next = () => fields[at++] ?? ""
  const plain = (path: string) =>
    path
      .replace(/~[0-9a-f]{40}(_\d+)?/, "")
      .replace("~Temporary merge branch 1", "~ours")
      .replace("~Temporary merge branch 2", "~theirs")
  return Array.from({ length: count }, () => {
    const clean = next() === "1"
    const tree = next()
    const conflicted = new Set<string>()
    for (let line = next(); line !== ""; line = next()) conflicted.add(plain(line.slice(line.indexOf("\t") + 1)))
    const messages: Array<GitMerge["messages"][number]> = []
    for (let count = next(); count !== ""; count = next()) {
      const paths = Array.from({ length: Number(count) }, () => plain(next()))
      const kind = next()
      messages.push({ paths, kind, text: next() })
    }
    return { clean, tree, conflicted, messages }
  })
}

/** How many histories one process is asked about. */
const BATCH = 500

/**
 * Merges all histories, many in one process; null where git breaks off with a failed assertion. `directories` is git's
 * `merge.directoryRenames`.
 */
export const gitMergeHistories = (
  histories: ReadonlyArray<History>,
  directories: "true" | "conflict" | "false"
): ReadonlyArray<GitMerge | null> => {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-git-"))
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_DIR: join(directory, "repo.git"),
    LC_ALL: "C"
  }
  const git = (args: ReadonlyArray<string>, input: string | Buffer = ""): Buffer => {
    const run = spawnSync("git", args, { env, input, maxBuffer: 1 << 30 })
    if (run.status !== 0) throw new Error(`git ${args.join(" ")}: ${run.stderr} ${run.error?.message ?? ""}`)
    return run.stdout
  }
  try {
    git(["init", "-q", "--bare", env.GIT_DIR])
    const { stream, tips } = importStream(histories)
    const marked = join(directory, "marks")
    git(["-c", "fastimport.unpackLimit=1", "fast-import", "--quiet", "--done", `--export-marks=${marked}`], stream)
    const marks = new Map(
      readFileSync(marked, "utf8")
        .trim()
        .split("\n")
        .map((line) => line.slice(1).split(" ") as [string, string])
    )
    const asked = tips.map(([ours, theirs]) => `${marks.get(`${ours}`)} ${marks.get(`${theirs}`)}\n`)
    const settings = ["-c", `merge.directoryRenames=${directories}`]
    const tell = (from: number, to: number): ReadonlyArray<GitMerge | null> => {
      const run = spawnSync("git", [...settings, "merge-tree", "--write-tree", "--stdin", "-z", "--messages"], {
        env,
        input: asked.slice(from, to).join(""),
        maxBuffer: 1 << 30
      })
      if (run.status === 0) return parse(run.stdout.toString("utf8"), to - from)
      // It aborted over one of them, and what it said of the others is lost.
      if (to - from === 1) return [null]
      const middle = (from + to) >> 1
      return [...tell(from, middle), ...tell(middle, to)]
    }
    const merges: Array<GitMerge | null> = []
    for (let from = 0; from < asked.length; from += BATCH) {
      merges.push(...tell(from, Math.min(from + BATCH, asked.length)))
    }
    return merges
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Node {
  readonly files: Map<string, File>
  readonly directories: Map<string, Node>
}

/** The id that git gives to a tree of these files. What is `broken` is written as git does that lost track of it: without mode and id. */
export const gitTreeId = (files: Iterable<readonly [string, File]>, broken: ReadonlySet<File> = new Set()): string => {
  const make = (): Node => ({ files: new Map(), directories: new Map() })
  const root = make()
  for (const [path, file] of files) {
    let node = root
    const names = path.split("/")
    for (const name of names.slice(0, -1)) {
      const child = node.directories.get(name) ?? make()
      node.directories.set(name, child)
      node = child
    }
    node.files.set(names.at(-1) ?? "", file)
  }
  const hash = (type: string, bytes: Uint8Array) =>
    createHash("sha1").update(`${type} ${bytes.length}\0`).update(bytes).digest()
  const write = (node: Node): Buffer => {
    const entries = [
      ...[...node.files].map(([name, file]) =>
        broken.has(file)
          ? { sort: name, name, mode: "0", id: Buffer.alloc(20) }
          : { sort: name, name, mode: file.mode, id: hash("blob", file.bytes) }
      ),
      ...[...node.directories].map(([name, child]) => ({ sort: `${name}/`, name, mode: "40000", id: write(child) }))
    ].sort((a, b) => Buffer.compare(Buffer.from(a.sort), Buffer.from(b.sort)))
    return hash("tree", Buffer.concat(entries.flatMap(({ id, mode, name }) => [Buffer.from(`${mode} ${name}\0`), id])))
  }
  return write(root).toString("hex")
}
