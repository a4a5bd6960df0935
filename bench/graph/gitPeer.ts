/** The same graph in a git repository, with a commit-graph. */
import { spawnSync } from "node:child_process"
import { once } from "node:events"
import { createWriteStream, existsSync, openSync, readFileSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { finished } from "node:stream/promises"
import type { BenchGraph } from "./graphs.ts"
import { time } from "./report.ts"

export interface GitPeer {
  readonly sha: (version: number) => string
  /** Milliseconds of one process. */
  readonly time: (args: ReadonlyArray<string>) => number
  /** isomorphic-git's `findMergeBase`, in a process that is ended after a while. */
  readonly isomorphic: (
    pairs: ReadonlyArray<readonly [number, number]>,
    patience: number
  ) => { readonly times: ReadonlyArray<number>; readonly finished: boolean }
}

type Git = (args: ReadonlyArray<string>, stdin?: number | string) => string

/** The commits' ids, from what fast-import exported. */
const readMarks = (marks: string): ReadonlyArray<string> => {
  const shas: Array<string> = []
  for (const line of readFileSync(marks, "utf8").split("\n")) {
    const [mark = "", sha = ""] = line.split(" ")
    if (sha !== "") shas[Number(mark.slice(1)) - 1] = sha
  }
  return shas
}

const makeRepository = async (work: string, graph: BenchGraph, marks: string, git: Git): Promise<void> => {
  git(["init", "-q", "--bare"])
  const stream = join(work, "stream")
  const out = createWriteStream(stream)
  let text = ""
  for (const [i, parents] of graph.parents.entries()) {
    if (parents.length === 0) text += "reset refs/heads/main\n"
    const message = `${i}`
    text += `commit refs/heads/main\nmark :${i + 1}\ncommitter t <t@t> ${Math.floor((graph.times[i] as number) / 1000)} +0000\n`
    text += `data ${message.length}\n${message}\n`
    for (const [k, parent] of parents.entries()) text += `${k === 0 ? "from" : "merge"} :${parent + 1}\n`
    text += "\n"
    if (text.length < 1_000_000) continue
    if (!out.write(text)) await once(out, "drain")
    text = ""
  }
  out.end(text)
  await finished(out)
  const made = `${marks}.new`
  git(["fast-import", "--quiet", "--force", `--export-marks=${made}`], openSync(stream, "r"))
  git(["commit-graph", "write", "--stdin-commits"], `${readMarks(made).join("\n")}\n`)
  rmSync(stream)
  renameSync(made, marks)
}

export const fixedGitPeer = async (work: string, graph: BenchGraph): Promise<GitPeer> => {
  const directory = join(work, `${graph.name}.git`)
  const env = {
    PATH: process.env.PATH,
    HOME: work,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    LC_ALL: "C"
  }
  const git = (args: ReadonlyArray<string>, stdin?: number | string) => {
    const done = spawnSync("git", [`--git-dir=${directory}`, ...args], {
      env,
      encoding: "utf8",
      maxBuffer: 2 ** 30,
      ...(typeof stdin === "number" ? { stdio: [stdin, "pipe", "pipe"] } : { input: stdin ?? "" })
    })
    // 1 is how git says no.
    if (done.status !== 0 && done.status !== 1) throw new Error(`git ${args.join(" ")}: ${done.stderr}`)
    return done.stdout
  }
  const marks = join(work, `${graph.name}.marks`)
  // Another part of the same run may have made it.
  if (!existsSync(marks)) await makeRepository(work, graph, marks, git)
  const shas = readMarks(marks)
  const sha = (version: number) => shas[version] as string
  return {
    sha,
    time: (args) => time(() => void git(args)),
    isomorphic: (pairs, patience) => {
      const script = `
        import git from "isomorphic-git"; import fs from "node:fs"
        const cache = {}
        for (const oids of ${JSON.stringify(pairs.map(([a, b]) => [sha(a), sha(b)]))}) {
          const start = performance.now()
          await git.findMergeBase({ fs, gitdir: ${JSON.stringify(directory)}, oids, cache })
          fs.writeSync(1, (performance.now() - start) + "\\n")
        }`
      const start = performance.now()
      const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
        cwd: import.meta.dirname,
        encoding: "utf8",
        timeout: patience
      })
      const times = child.stdout.trim().split("\n").filter(Boolean).map(Number)
      const isFinished = times.length === pairs.length
      if (!isFinished) times.push(performance.now() - start - times.reduce((a, b) => a + b, 0))
      return { times, finished: isFinished }
    }
  }
}
