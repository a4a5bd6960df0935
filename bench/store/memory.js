/**
 * A process of its own that does one thing with one collection, and says how much memory it took at most: as told by the
 * system, so with Node itself. Started by `bench/store.ts`. It uses the built package, as hosts do, and is plain JavaScript:
 * to compile types away takes memory too.
 *
 * Arguments: what, the store's folder, the collection's, an empty one.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Filesystem from "tidemark/filesystem"
import { open } from "tidemark/promise"
import * as Sqlite from "tidemark/sqlite"

const [what = "", folder = "", root = "", into = ""] = process.argv.slice(2)

/** Bytes resident at the most so far. Linux counts those of a forked parent into `maxRSS` (getrusage(2)). */
const peakMemory = () => {
  try {
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1]) * 1024
  } catch {
    return process.resourceUsage().maxRSS * 1024
  }
}

const engine = await open({
  storage: Sqlite.layer({ file: join(folder, "store.db") }),
  workingTree: Filesystem.layerWorkingTree({ cacheDirectory: join(folder, "cache") }),
  actor: "bench"
})
const collection = "bench"
const deploy = async (project, root) =>
  engine.deployments.apply(await engine.deployments.plan({ project, root, collection }), { root })
const operations = {
  nothing: () => undefined,
  capture: () => engine.snapshots.capture({ collection, root }),
  adopt: () => deploy("adopted", root),
  check: async () => {
    const { counts, paths } = await engine.drift.check({ project: "adopted", root })
    if (counts.clean !== paths.length || paths.length === 0) throw new Error("the project is not clean")
  },
  restore: async () => {
    const [snapshot] = (await engine.snapshots.list({ collection })).items
    await engine.snapshots.restore(snapshot?.id ?? "", { root: into })
  },
  deploy: () => deploy("deployed", into)
}
const started = performance.now()
const before = process.cpuUsage()
await operations[what]()
const { system, user } = process.cpuUsage(before)
const seconds = (performance.now() - started) / 1000
await engine.close()
console.log(JSON.stringify({ mebibytes: peakMemory() / (1024 * 1024), seconds, cpu: (user + system) / 1e6 }))
