/**
 * Run as a process of its own: does one operation, and kills itself at the point asked for; or tells of all points, and of
 * each whether anything outside this process has changed since the one before.
 */
import * as fs from "node:fs"
import { dirname } from "node:path"
import * as Effect from "effect/Effect"
import { makeSteppedWorkingTree } from "../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import { withEngine } from "./engine.ts"
import { footprint } from "./footprint.ts"
import { jobs } from "./jobs.ts"
import { messagesThatWrite, pointDrivers, pointed } from "./points.ts"
import { filesystem, layerPostgres, sqlite } from "./stores.ts"

const [name = "", place = "", root = "", collection = "", job = "", at = "-1"] = process.argv.slice(2)

const last = Number(at)
/** Looking at everything at each point costs much, and a bounded run makes no use of it. */
const isWhole = last < 0 && process.env.TIDEMARK_FULL !== undefined
const points: Array<readonly [label: string, isChanged: boolean]> = []
let before = ""
const onPoint = (label: string): void => {
  const n = points.length
  let found = ""
  if (isWhole) found = `${messagesThatWrite()} ${footprint(dirname(root))}`
  points.push([label, found !== before])
  before = found
  if (n !== last) return
  process.kill(process.pid, "SIGKILL")
  // The signal has no return; should it ever, nothing may happen any more.
  for (;;);
}

pointDrivers(onPoint)
const layers = { sqlite: sqlite.layer, filesystem: filesystem.layer, postgres: layerPostgres }
const ports = {
  storage: pointed(layers[name as "sqlite"](place, onPoint), onPoint),
  files: makeSteppedWorkingTree({ onStep: (_, label) => onPoint(`files ${label}`) })
}
const run = jobs[job]?.run ?? (() => Effect.die(`no such job: ${job}`))
await Effect.runPromise(
  withEngine(ports, { name: "job", time: 1_800_000_000_000 }, (engine) => run(engine, { root, collection }))
)
fs.writeSync(1, JSON.stringify(points))
