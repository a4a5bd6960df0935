/** One process writes while another prunes and collects. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { makeWorkingTree } from "../../../src/adapters/memory/index.ts"
import { layer } from "../../../src/core/layer.ts"
import { Maintenance } from "../../../src/core/maintenance/Maintenance.ts"
import { runSeed } from "../../support/random.ts"
import { openAdapter } from "../../support/storage/openAdapter.ts"

const program = fileURLToPath(new URL("../../support/interleavings/process.ts", import.meta.url))
const rounds = process.env.TIDEMARK_FULL === "1" ? 300 : 10
const seed = runSeed()

/** A process of that role; what it says in the end. */
const start = (role: string, place: string) => {
  const args = ["--disable-warning=ExperimentalWarning", program, role, place, `${rounds}`, `${seed}`]
  const child = spawn(process.execPath, args)
  let said = ""
  let errors = ""
  child.stdout.on("data", (data) => {
    said += data
  })
  child.stderr.on("data", (data) => {
    errors += data
  })
  const ended = new Promise<Record<string, number>>((resolve, reject) =>
    child.on("close", (code) => (code === 0 ? resolve(JSON.parse(said)) : reject(new Error(`${role}: ${errors}`))))
  )
  return { child, ended }
}

describe("collecting in one process and writing in another", () => {
  for (const adapter of ["sqlite", "filesystem"] as const) {
    it(`loses nothing that can be reached (${adapter}, seed ${seed})`, { timeout: 3_600_000 }, async () => {
      const folder = mkdtempSync(join(tmpdir(), "tidemark-"))
      try {
        const place = `${adapter}:${join(folder, "store")}`
        const writer = start("write", place)
        const collector = start("collect", place)
        // Whichever fails first is the one to be told of.
        const wrote = await Promise.race([writer.ended, collector.ended.then(() => assert.fail("it ended early"))])
        collector.child.stdin.end()
        const collected = await collector.ended
        const { affected, findings } = await Effect.runPromise(
          Maintenance.use((maintenance) => maintenance.verify()).pipe(
            Effect.provide(layer.pipe(Layer.provide(Layer.mergeAll(openAdapter(place), makeWorkingTree().layer))))
          )
        )
        console.info(`${adapter}: ${JSON.stringify({ ...wrote, ...collected })}`)
        assert.deepStrictEqual([findings, affected], [[], []])
        assert.isAbove(collected.removed ?? 0, 0)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })
  }
})
