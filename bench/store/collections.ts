/** What the storage bench measures with: a real collection where there is one, and generated ones. */
import { execFileSync } from "node:child_process"
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeRandom } from "../../test/support/random.ts"

/** Writes `v2` of the real agents into `root`; `false` where the archive is not at hand. */
export const realAgents = (root: string): boolean => {
  const shared = process.env.TIDEMARK_SHARED ?? join(import.meta.dirname, "../../../shared")
  const archive = join(shared, "real/agents/v2.tar.gz")
  if (!existsSync(archive)) return false
  execFileSync("tar", ["-xzf", archive, "-C", root])
  return true
}

/**
 * Writes `count` text files of `bytes` bytes on average: skills of a few to some dozen files, in plugins and beside them.
 * The same call writes the same bytes on every machine.
 */
export const generate = (root: string, count: number, bytes: number): void => {
  const random = makeRandom(20_000)
  const words = Array.from({ length: 4_000 }, () => random.below(46_656 * 36).toString(36))
  // Lines are drawn from a pool, as texts repeat themselves; a number in each keeps files apart.
  const pool = Array.from({ length: 20_000 }, () =>
    Array.from({ length: 6 + random.below(8) }, () => words[random.below(words.length)]).join(" ")
  )
  const text = (size: number): string => {
    let out = ""
    while (out.length < size) out += `${pool[random.below(pool.length)]} ${random.below(1_000_000)}\n`
    return out
  }
  for (let written = 0, skill = 0; written < count; skill++) {
    const plugin = random.below(3) === 0 ? `plugins/plugin-${skill % 97}/` : ""
    const folder = join(root, `${plugin}skills/skill-${skill}`)
    const files = Math.min(count - written, 1 + random.below(24))
    for (let i = 0; i < files; i++, written++) {
      const parent =
        i === 0 ? folder : join(folder, ["references", "scripts", "assets/templates"][random.below(3)] ?? "")
      mkdirSync(parent, { recursive: true })
      // Mostly small, a few large: the mean is `bytes`.
      const size = random.below(20) === 0 ? bytes * 6 : Math.floor((bytes * 14 * (10 + random.below(81))) / (19 * 50))
      writeFileSync(join(parent, i === 0 ? "SKILL.md" : `part-${i}.md`), text(size))
    }
  }
}

/** The files below a folder, sorted, relative to it. */
export const filesOf = (root: string): ReadonlyArray<string> =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !path.startsWith(".tidemark/"))
    .sort()

/** Reads every file once, so that it is in the system's cache; returns their bytes. */
export const warm = (root: string, files: ReadonlyArray<string>): number =>
  files.reduce((sum, file) => sum + readFileSync(join(root, file)).length, 0)

/** Appends a line to `count` files, spread over all of them; another set at each `round`. */
export const change = (root: string, files: ReadonlyArray<string>, count: number, round: number): void => {
  const step = Math.max(1, Math.floor(files.length / count))
  for (let i = 0; i < count; i++) {
    appendFileSync(join(root, files[(i * step + round * 7) % files.length] ?? ""), `changed in round ${round}\n`)
  }
}

/** What a folder takes: the bytes of its files, and what the disk gives them. */
export const sizeOf = (folder: string): { readonly bytes: number; readonly allocated: number } => {
  let [bytes, allocated] = [0, 0]
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const stats = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })
    if (stats === undefined) continue
    if (entry.isFile()) bytes += stats.size
    allocated += stats.blocks * 512
  }
  return { bytes, allocated }
}
