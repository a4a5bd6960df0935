/**
 * Asking the git program on this machine what it makes of many merges at once.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Triple } from "./triples.ts"

/** What git made of a merge. */
export interface GitMerge {
  readonly bytes: Uint8Array
  /** For one file, the exit status (at most 127); for trees, 1 if the path is conflicted. */
  readonly conflicts: number
}

/** Settings of this run alone: nothing of the machine's or the user's configuration counts. */
const environment = (directory: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: directory,
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_DIR: join(directory, "repo.git"),
  LC_ALL: "C"
})

/** The version of git, or undefined where there is none. */
export const gitVersion = (): string | undefined => {
  const run = spawnSync("git", ["--version"], { encoding: "utf8" })
  return run.status === 0 ? run.stdout.trim().replace("git version ", "") : undefined
}

const inDirectory = <A>(use: (directory: string) => A): A => {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-git-"))
  try {
    return use(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Runs `git merge-file -p` with the given arguments on each triple; one shell runs them all. */
export const gitMergeFiles = (
  triples: ReadonlyArray<Triple>,
  variants: ReadonlyArray<ReadonlyArray<string>>
): ReadonlyArray<ReadonlyArray<GitMerge>> =>
  inDirectory((directory) => {
    triples.forEach((triple, i) => {
      writeFileSync(join(directory, `${i}.base`), triple.base)
      writeFileSync(join(directory, `${i}.ours`), triple.ours)
      writeFileSync(join(directory, `${i}.theirs`), triple.theirs)
    })
    const script = variants
      .map(
        (variant, v) =>
          `git merge-file -p ${variant.join(" ")} -L ours -L base -L theirs ` +
          `$i.ours $i.base $i.theirs >$i.${v} 2>/dev/null; echo $?`
      )
      .join("; ")
    const run = spawnSync("sh", ["-c", `i=0; while [ $i -lt ${triples.length} ]; do ${script}; i=$((i+1)); done`], {
      cwd: directory,
      env: environment(directory),
      encoding: "utf8",
      maxBuffer: 1 << 28
    })
    if (run.status !== 0) throw new Error(`the shell failed: ${run.stderr}`)
    const statuses = run.stdout.trim().split("\n").map(Number)
    return triples.map((_, i) =>
      variants.map((_, v) => ({
        bytes: new Uint8Array(readFileSync(join(directory, `${i}.${v}`))),
        conflicts: statuses[i * variants.length + v] as number
      }))
    )
  })

/** A stream for `git fast-import`: three commits that hold the triples as files. */
const importStream = (triples: ReadonlyArray<Triple>): Buffer => {
  const parts: Array<Uint8Array | string> = []
  const commit = (branch: string, from: string, side: keyof Triple): void => {
    parts.push(`commit refs/heads/${branch}\ncommitter t <t@t> 1700000000 +0000\ndata 0\n\n${from}`)
    triples.forEach((triple, i) => {
      parts.push(`M 100644 inline f${i}\ndata ${triple[side].length}\n`, triple[side], "\n")
    })
    parts.push("\n")
  }
  commit("base", "", "base")
  commit("ours", "from refs/heads/base\n", "ours")
  commit("theirs", "from refs/heads/base\n", "theirs")
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)))
}

/** The blobs of `git cat-file --batch`, in the order asked for. */
const readBatch = (output: Buffer, count: number): ReadonlyArray<Uint8Array> => {
  let at = 0
  return Array.from({ length: count }, () => {
    const line = output.indexOf(10, at)
    const size = Number(output.toString("utf8", at, line).split(" ")[2])
    at = line + 1 + size + 1
    return new Uint8Array(output.subarray(line + 1, line + 1 + size))
  })
}

/** Merges all triples as the files of one tree with `git merge-tree --write-tree`, once for each conflict style. */
export const gitMergeTrees = (
  triples: ReadonlyArray<Triple>,
  styles: ReadonlyArray<string>
): { readonly baseLabel: string; readonly merges: ReadonlyArray<ReadonlyArray<GitMerge>> } =>
  inDirectory((directory) => {
    mkdirSync(join(directory, "repo.git"))
    const git = (
      args: ReadonlyArray<string>,
      input: Buffer | string = "",
      fine: ReadonlyArray<number> = [0]
    ): Buffer => {
      const run = spawnSync("git", args, { env: environment(directory), input, maxBuffer: 1 << 30 })
      if (!fine.includes(run.status ?? -1)) throw new Error(`git ${args.join(" ")}: ${run.stderr.toString()}`)
      return run.stdout
    }
    git(["init", "-q", "--bare", join(directory, "repo.git")])
    git(["config", "core.compression", "0"])
    git(["config", "fastimport.unpackLimit", "1"])
    git(["fast-import", "--quiet"], importStream(triples))
    const columns = styles.map((style) => {
      const args = [
        "-c",
        `merge.conflictStyle=${style}`,
        "merge-tree",
        "--write-tree",
        "-z",
        "--name-only",
        "--no-messages"
      ]
      const [tree = "", ...conflicted] = git([...args, "ours", "theirs"], "", [0, 1])
        .toString("utf8")
        .split("\0")
      const paths = new Set(conflicted)
      const blobs = readBatch(
        git(["cat-file", "--batch"], triples.map((_, i) => `${tree}:f${i}\n`).join("")),
        triples.length
      )
      return blobs.map((bytes, i) => ({ bytes, conflicts: paths.has(`f${i}`) ? 1 : 0 }))
    })
    return {
      baseLabel: git(["rev-parse", "--short", "base"]).toString("utf8").trim(),
      merges: triples.map((_, i) => columns.map((column) => column[i] as GitMerge))
    }
  })
