/** Histories of files, given to the git program: for questions about them whose answers are compared. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** The versions of a history: those before each, and the texts of its files by their paths. */
export interface FileHistory {
  readonly parents: ReadonlyArray<ReadonlyArray<number>>
  readonly files: ReadonlyArray<Readonly<Record<string, string>>>
}

/** A repository that holds histories; the branch of the n-th is `hn`. */
export interface GitFiles {
  readonly run: (args: ReadonlyArray<string>) => string
  /** Which version of a history a hash stands for. */
  readonly version: (history: number, sha: string) => number
}

const importStream = (histories: ReadonlyArray<FileHistory>, firsts: ReadonlyArray<number>): string => {
  const stream: Array<string> = []
  for (const [h, { files, parents }] of histories.entries()) {
    const first = firsts[h] ?? 0
    for (const [i, list] of parents.entries()) {
      const ref = `refs/heads/h${h}`
      if (list.length === 0) stream.push(`reset ${ref}`)
      stream.push(`commit ${ref}`, `mark :${first + i + 1}`, `committer t <t@t> ${1_000_000 + i * 10} +0000`)
      // No two of them are one commit.
      const message = `${h}.${i}`
      stream.push(`data ${message.length}`, message)
      for (const [k, parent] of list.entries()) stream.push(`${k === 0 ? "from" : "merge"} :${first + parent + 1}`)
      stream.push("deleteall")
      for (const [path, text] of Object.entries(files[i] ?? {})) {
        stream.push(`M 100644 inline ${path}`, `data ${Buffer.byteLength(text)}`, text)
      }
    }
  }
  return `${stream.join("\n")}\n`
}

/** Builds all histories in one repository of its own, for as long as questions are put to it. */
export const withGitFiles = <A>(histories: ReadonlyArray<FileHistory>, use: (git: GitFiles) => A): A => {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-git-"))
  // Nothing of the machine's or the user's configuration counts.
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_DIR: join(directory, "repo.git"),
    LC_ALL: "C"
  }
  const run = (args: ReadonlyArray<string>, input = "") => {
    const done = spawnSync("git", args, { env, input, encoding: "utf8", maxBuffer: 1 << 28 })
    if (done.status !== 0) throw new Error(`git ${args.join(" ")}: ${done.stderr}`)
    return done.stdout
  }
  try {
    const firsts: Array<number> = []
    let total = 0
    for (const { parents } of histories) {
      firsts.push(total)
      total += parents.length
    }
    run(["init", "-q", "--bare", env.GIT_DIR])
    const marks = join(directory, "marks")
    run(["fast-import", "--quiet", "--force", `--export-marks=${marks}`], importStream(histories, firsts))
    const numbers = new Map<string, number>()
    for (const line of readFileSync(marks, "utf8").trim().split("\n")) {
      const [mark = "", sha = ""] = line.split(" ")
      numbers.set(sha, Number(mark.slice(1)) - 1)
    }
    return use({ run, version: (history, sha) => (numbers.get(sha) ?? -1) - (firsts[history] ?? 0) })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
