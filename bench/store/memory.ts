/**
 * A process of its own that does one thing with one collection, and says how much memory it took at most: as told by the
 * system, so with Node itself. Started by `bench/store.ts`.
 */
import { basename } from "node:path"
import { peakMemory } from "../../test/support/peakMemory.ts"
import { sqlite } from "./contenders.ts"

const [, script, what = "", folder = "", root = "", into = ""] = process.argv
if (basename(script ?? "") === "memory.ts") {
  const session = await sqlite.open(folder, root)
  const started = performance.now()
  if (what === "capture") {
    await session.capture()
  } else if (what === "settle") {
    await session.settle()
  } else if (what === "check") {
    await session.check()
  } else if (what === "restore") {
    await session.capture()
    await session.restore(into)
  }
  const seconds = (performance.now() - started) / 1000
  await session.close()
  console.log(JSON.stringify({ mebibytes: peakMemory() / (1024 * 1024), seconds }))
}
