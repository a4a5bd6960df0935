/** Random version graphs, what is true of them by definition, and what the git program says of them. */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Random } from "./random.ts"

/** A graph whose versions are numbers; parents come first. `times` are clocks, which may lie. */
export interface RandomGraph {
  readonly parents: ReadonlyArray<ReadonlyArray<number>>
  readonly times: ReadonlyArray<number>
  /** Whether every version's clock is later than its parents'. */
  readonly honest: boolean
}

/** Graphs of 1 to 40 versions: chains, forks, criss-crosses, several roots, octopuses, clocks that jump. */
export const randomGraph = (random: Random): RandomGraph => {
  const size = random.between(1, random.chance(0.2) ? 6 : 40)
  const rootChance = random.pick([0, 0, 0.02, 0.2])
  const mergeChance = random.pick([0, 0.2, 0.5, 0.9])
  const octopusChance = random.pick([0, 0, 0.3])
  const reach = random.pick([2, 4, 10, 100])
  const skew = random.pick([0, 0, 3, 1000])
  const parents: Array<ReadonlyArray<number>> = []
  const times: Array<number> = []
  for (let i = 0; i < size; i++) {
    const own = new Set<number>()
    if (i > 0 && !random.chance(rootChance)) {
      const count = random.chance(octopusChance) ? random.between(3, 6) : random.chance(mergeChance) ? 2 : 1
      const lowest = Math.max(0, i - reach)
      for (let k = 0; k < count; k++) own.add(random.between(lowest, i - 1))
    }
    parents.push([...own])
    const jump = skew > 0 && random.chance(0.3) ? random.between(-skew, skew) : 0
    times.push(1_000_000 + i * 10 + jump * 100)
  }
  const honest = parents.every((list, i) => list.every((parent) => (times[parent] as number) < (times[i] as number)))
  return { parents, times, honest }
}

/** Everything reachable from a version, by definition. */
export const ancestorsOf = (graph: Pick<RandomGraph, "parents">, start: number): Set<number> => {
  const reached = new Set([start])
  for (const index of reached) for (const parent of graph.parents[index] ?? []) reached.add(parent)
  return reached
}

/** What is true of two versions, by definition. */
export const truthOf = (graph: Pick<RandomGraph, "parents">, a: number, b: number) => {
  const ofA = ancestorsOf(graph, a)
  const ofB = ancestorsOf(graph, b)
  const common = [...ofA].filter((index) => ofB.has(index))
  const behind = new Set(common.flatMap((index) => [...ancestorsOf(graph, index)].filter((other) => other !== index)))
  return {
    mergeBases: common.filter((index) => !behind.has(index)).sort((x, y) => y - x),
    ahead: ofA.size - common.length,
    behind: ofB.size - common.length,
    isAncestor: ofB.has(a)
  }
}

/** A question put to git. */
export interface GitQuestion {
  readonly graph: number
  readonly a: number
  readonly b: number
}

/** What git answered. */
export interface GitAnswer {
  readonly mergeBases: ReadonlyArray<number>
  readonly ahead: number
  readonly behind: number
}

/** The version of git, or undefined where there is none. */
export const gitVersion = (): string | undefined => {
  const run = spawnSync("git", ["--version"], { encoding: "utf8" })
  return run.status === 0 ? run.stdout.trim().replace("git version ", "") : undefined
}

const importStream = (graphs: ReadonlyArray<RandomGraph>, firsts: ReadonlyArray<number>): string => {
  const lines: Array<string> = []
  for (const [g, graph] of graphs.entries()) {
    const mark = (index: number) => `:${(firsts[g] as number) + index + 1}`
    for (const [index, list] of graph.parents.entries()) {
      const ref = `refs/heads/g${g}`
      if (list.length === 0) lines.push(`reset ${ref}`)
      lines.push(`commit ${ref}`, `mark ${mark(index)}`, `committer t <t@t> ${graph.times[index]} +0000`)
      const message = `${g}.${index}`
      lines.push(`data ${message.length}`, message)
      for (const [k, parent] of list.entries()) lines.push(`${k === 0 ? "from" : "merge"} ${mark(parent)}`)
      lines.push("")
    }
  }
  return `${lines.join("\n")}\n`
}

/** A repository of git that holds some graphs. */
export interface GitGraphs {
  /** Runs a script of the shell in it and gives what it prints. */
  readonly shell: (script: string, input: string) => string
  readonly sha: (graph: number, version: number) => string
  /** The versions of a graph that some hashes stand for, in their order. */
  readonly versions: (graph: number, shas: string) => ReadonlyArray<number>
}

/** Builds all graphs in one repository of its own, for as long as questions are put to it. */
export const withGit = <A>(graphs: ReadonlyArray<RandomGraph>, use: (git: GitGraphs) => A): A => {
  const directory = mkdtempSync(join(tmpdir(), "tidemark-graph-"))
  // Nothing of the machine's or the user's configuration counts.
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_DIR: join(directory, "repo.git"),
    LC_ALL: "C"
  }
  const run = (command: string, args: ReadonlyArray<string>, input = "") => {
    const done = spawnSync(command, args, { env, input, encoding: "utf8", maxBuffer: 1 << 28 })
    if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stderr}`)
    return done.stdout
  }
  try {
    const firsts: Array<number> = []
    let total = 0
    for (const graph of graphs) {
      firsts.push(total)
      total += graph.parents.length
    }
    run("git", ["init", "-q", "--bare", env.GIT_DIR])
    const marks = join(directory, "marks")
    run("git", ["fast-import", "--quiet", "--force", `--export-marks=${marks}`], importStream(graphs, firsts))
    const shas: Array<string> = []
    for (const line of readFileSync(marks, "utf8").trim().split("\n")) {
      const [mark = "", sha = ""] = line.split(" ")
      shas[Number(mark.slice(1)) - 1] = sha
    }
    const index = new Map(shas.map((sha, i) => [sha, i]))
    return use({
      shell: (script, input) => run("sh", ["-c", script], input),
      sha: (graph, version) => shas[(firsts[graph] as number) + version] as string,
      versions: (graph, list) =>
        list
          .split(" ")
          .filter((sha) => sha !== "")
          .map((sha) => (index.get(sha) as number) - (firsts[graph] as number))
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Puts the questions to git, in one shell. */
export const askGit = (
  graphs: ReadonlyArray<RandomGraph>,
  questions: ReadonlyArray<GitQuestion>
): ReadonlyArray<GitAnswer> =>
  withGit(graphs, ({ sha, shell, versions }) => {
    const asked = questions.map(({ a, b, graph }) => `${sha(graph, a)} ${sha(graph, b)}`).join("\n")
    const script =
      'while read a b; do echo "$(git merge-base --all $a $b | tr "\\n" " ")|$(git rev-list --count --left-right $a...$b)"; done'
    return shell(script, `${asked}\n`)
      .trimEnd()
      .split("\n")
      .map((line, k) => {
        const [bases = "", counts = ""] = line.split("|")
        const [ahead, behind] = counts.split("\t").map(Number)
        return {
          mergeBases: [...versions(questions[k]?.graph ?? 0, bases)].sort((x, y) => y - x),
          ahead: ahead ?? -1,
          behind: behind ?? -1
        }
      })
  })
