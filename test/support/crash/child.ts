/** Run as a process of its own: does one operation, and kills itself at the point asked for; or names all points. */
import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import { makeSteppedWorkingTree } from "../../../src/adapters/filesystem/FilesystemWorkingTree.ts"
import { withEngine } from "./engine.ts"
import { jobs } from "./jobs.ts"
import { pointDrivers, pointed } from "./points.ts"
import { filesystem, layerPostgres, sqlite } from "./stores.ts"

const [name = "", place = "", root = "", collection = "", job = "", at = "-1"] = process.argv.slice(2)

const labels: Array<string> = []
const onPoint = (label: string): void => {
  labels.push(label)
  if (labels.length - 1 !== Number(at)) return
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
fs.writeSync(1, JSON.stringify(labels))
