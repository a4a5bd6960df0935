/**
 * `npm run bench:merge`: three-way merges of texts, in one process and one run, beside two JavaScript libraries and
 * `git merge-file` as a process.
 *
 * Ours starts from bytes and ends in bytes; nothing is kept between runs. git's time is a spawn with the three files
 * already written, its output read into a buffer; the time of an empty `git --version` is shown, and taken off in a row of
 * its own. Usage: `node bench/merge.ts [--limit N]`.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { mergeDiff3 } from "node-diff3"
import { mergeText } from "../src/merge.ts"
import { makeRandom } from "../test/support/random.ts"

// What isomorphic-git merges with; it has no types.
const diff3Merge = createRequire(import.meta.url)("diff3") as (
  a: ReadonlyArray<string>,
  o: ReadonlyArray<string>,
  b: ReadonlyArray<string>
) => ReadonlyArray<{ readonly ok?: ReadonlyArray<string> }>

interface Case {
  readonly name: string
  readonly base: string
  readonly ours: string
  readonly theirs: string
}

const limit = Number(process.argv[process.argv.indexOf("--limit") + 1]) || Number.POSITIVE_INFINITY
const shared = process.env.TIDEMARK_SHARED ?? "../shared"
const directory = mkdtempSync(join(tmpdir(), "tidemark-bench-"))
const at = (name: string) => join(directory, name)

const corpus = (): ReadonlyArray<Case> => {
  const folder = join(shared, "corpus/merge")
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .flatMap((file) =>
      gunzipSync(readFileSync(join(folder, file)))
        .toString("utf8")
        .trimEnd()
        .split("\n")
    )
    .map((line) => JSON.parse(line) as Case & { readonly id: string })
    .map(({ base, id, ours, theirs }) => ({ name: id, base, ours, theirs }))
    .slice(0, limit)
}

/** A file of `lines` lines of which each side changes one in a hundred. */
const generated = (lines: number): Case => {
  const random = makeRandom(lines)
  const line = (i: number) => `line ${i} ${"x".repeat(random.below(40))} ${random.below(1_000_000)}\n`
  const base = Array.from({ length: lines }, (_, i) => line(i))
  const edit = () => {
    const out = [...base]
    for (let n = Math.max(1, lines / 100); n > 0; n--) out[random.below(lines)] = line(-1)
    return out.join("")
  }
  return { name: `${lines} lines, 1 % changed on each side`, base: base.join(""), ours: edit(), theirs: edit() }
}

const adversarial = (): ReadonlyArray<Case> => {
  const random = makeRandom(7)
  const lines = (n: number, make: (i: number) => string) => Array.from({ length: n }, (_, i) => make(i)).join("")
  const long = lines(25_000, (i) => `entry ${i}: ${random.below(1_000_000)}\n`)
  return [
    { name: "25,000 lines cut to 10,000 characters", base: long, ours: long.slice(0, 10_000), theirs: `${long}end\n` },
    {
      name: "20,000 lines all rewritten",
      base: lines(20_000, (i) => `old ${i}\n`),
      ours: lines(20_000, (i) => `new ${i}\n`),
      theirs: lines(20_000, (i) => `old ${i}\n`).replace("old 7\n", "seven\n")
    },
    {
      name: "20,000 lines of 3 words, shuffled",
      base: lines(20_000, () => `${random.below(3)}\n`),
      ours: lines(20_000, () => `${random.below(3)}\n`),
      theirs: lines(20_000, () => `${random.below(3)}\n`)
    },
    {
      name: "a million empty lines",
      base: "\n".repeat(1_000_000),
      ours: `a\n${"\n".repeat(1_000_000)}`,
      theirs: `${"\n".repeat(1_000_000)}b\n`
    },
    {
      name: "one line of 50 MB",
      base: "x".repeat(50_000_000),
      ours: `${"x".repeat(50_000_000)}y`,
      theirs: "x".repeat(50_000_000)
    }
  ]
}

const encoder = new TextEncoder()
const split = (text: string) => text.split("\n")

/** One way to merge; `prepare` is not timed. */
interface Contender {
  readonly name: string
  readonly prepare: (item: Case) => () => void
}

const tidemark: Contender = {
  name: "Tidemark",
  prepare: ({ base, ours, theirs }) => {
    const [b, o, t] = [base, ours, theirs].map((text) => encoder.encode(text)) as [Uint8Array, Uint8Array, Uint8Array]
    return () => void mergeText(b, o, t)
  }
}
const nodeDiff3: Contender = {
  name: "node-diff3",
  prepare:
    ({ base, ours, theirs }) =>
    () =>
      void mergeDiff3(split(ours), split(base), split(theirs))
}
const diff3: Contender = {
  name: "diff3 (isomorphic-git's)",
  prepare:
    ({ base, ours, theirs }) =>
    () =>
      void diff3Merge(split(ours), split(base), split(theirs))
}
const git: Contender = {
  name: "git merge-file, a process",
  prepare: ({ base, ours, theirs }) => {
    writeFileSync(at("base"), base)
    writeFileSync(at("ours"), ours)
    writeFileSync(at("theirs"), theirs)
    return () => void spawnSync("git", ["merge-file", "-p", at("ours"), at("base"), at("theirs")], { maxBuffer: 1e9 })
  }
}

const time = (run: () => void): number => {
  const start = performance.now()
  run()
  return performance.now() - start
}
const sorted = (values: ReadonlyArray<number>) => [...values].sort((a, b) => a - b)
const quantile = (values: ReadonlyArray<number>, q: number) =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? 0
const sum = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b, 0)
const ms = (value: number) => (value < 10 ? value.toFixed(3) : value.toFixed(0)).padStart(10)

const empty = sorted(Array.from({ length: 30 }, () => time(() => void spawnSync("git", ["--version"]))))[15] ?? 0
const gitVersion = spawnSync("git", ["--version"], { encoding: "utf8" }).stdout.trim()
console.log(
  `Node ${process.version}, ${gitVersion}; an empty git process takes ${empty.toFixed(1)} ms (median of 30)\n`
)

const cases = corpus()
if (cases.length === 0) console.log(`no corpus at ${join(shared, "corpus/merge")}: set TIDEMARK_SHARED\n`)
else {
  for (const item of cases) tidemark.prepare(item)()
  const rows = new Map<string, ReadonlyArray<number>>()
  for (const contender of [tidemark, nodeDiff3, diff3, git]) {
    rows.set(
      contender.name,
      cases.map((item) => time(contender.prepare(item)))
    )
  }
  const gitRow = rows.get(git.name) ?? []
  rows.set(
    "git, without an empty process",
    gitRow.map((value) => Math.max(0, value - empty))
  )
  const ours = rows.get(tidemark.name) ?? []
  console.log(`corpus: ${cases.length} real merges, milliseconds`)
  console.log(`${"".padEnd(32)}    median       p99     total   ratio of totals   ratio at the median`)
  for (const [name, values] of rows) {
    const [ratio, middle] = [sum(values) / sum(ours), quantile(values, 0.5) / quantile(ours, 0.5)]
    console.log(
      `${name.padEnd(32)}${ms(quantile(values, 0.5))}${ms(quantile(values, 0.99))}${ms(sum(values))}${`${ratio.toFixed(1)}×`.padStart(18)}${`${middle.toFixed(1)}×`.padStart(22)}`
    )
  }
  console.log()
}

console.log("generated, milliseconds (median of 7 after 2)")
let previous = 0
for (const lines of [100, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000]) {
  const item = generated(lines)
  const run = tidemark.prepare(item)
  for (let n = 0; n < 2; n++) run()
  const value = quantile(
    Array.from({ length: 7 }, () => time(run)),
    0.5
  )
  const gitTime = quantile(
    Array.from({ length: 5 }, () => time(git.prepare(item))),
    0.5
  )
  console.log(
    `${item.name.padEnd(46)}${ms(value)}   git process ${ms(gitTime)}${previous > 0 ? `   ×${(value / previous).toFixed(2)} of the row above` : ""}`
  )
  previous = value
}
console.log("\nadversarial, milliseconds (median of 3 after 1)")
for (const item of adversarial()) {
  const run = tidemark.prepare(item)
  run()
  const value = quantile([time(run), time(run), time(run)], 0.5)
  console.log(`${item.name.padEnd(46)}${ms(value)}   git process ${ms(time(git.prepare(item)))}`)
}
console.log(`\npeak memory of this process: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`)
rmSync(directory, { recursive: true, force: true })
