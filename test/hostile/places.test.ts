/** Places that are no place for files: pipes, sockets, devices, and folders that another process exchanges for links. */
import { execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { agents, type Engine, scenario } from "../support/engine.ts"

const isFull = process.env.TIDEMARK_FULL !== undefined
const refusals = ["TargetOccupied", "WorkingTreeError", "PlanStale"]

const tagOf = (end: { readonly _tag: string; readonly failure?: unknown }): string =>
  end._tag === "Success" ? "done" : ((end.failure as { readonly _tag?: string })._tag ?? String(end.failure))

/** Everything that would have to touch a path of the project. */
const tryAll = Effect.fnUntraced(function* (engine: Engine) {
  const { items } = yield* engine.snapshots.list({ collection: agents })
  const id = items[0]?.id ?? ("none" as never)
  const tried: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
    engine.deploy(),
    engine.update({ collection: agents, scope: "collection", strategy: "overwrite" }),
    engine.snapshots.restore(id, { root: engine.root, overwrite: true }),
    engine.classes()
  ]
  const ends: Array<string> = []
  for (const one of tried) ends.push(tagOf(yield* Effect.result(one)))
  return ends
})

describe.skipIf(process.platform !== "linux")("a project", () => {
  it.effect(
    "with a pipe, a socket or a device where a file should be is left as it is, and nobody waits for it",
    () =>
      scenario(
        "disk",
        Effect.fnUntraced(function* (engine) {
          yield* engine.capture({ "skills/s/f": "f\n", "skills/s/g": "g\n" })
          const at = join(engine.root, "skills/s/f")
          fs.mkdirSync(join(engine.root, "skills/s"), { recursive: true })
          const server = createServer()
          const makers: Readonly<Record<string, () => Promise<unknown>>> = {
            pipe: async () => execFileSync("mkfifo", [at]),
            socket: () => new Promise<void>((resolve) => void server.listen(at, () => resolve())),
            device: async () => execFileSync("mknod", [at, "c", "1", "3"])
          }
          for (const [what, make] of Object.entries(makers)) {
            if (what === "device" && process.getuid?.() !== 0) continue
            yield* Effect.promise(make)
            const before = fs.lstatSync(at)
            const ends = yield* tryAll(engine)
            for (const end of ends) assert.include(["done", ...refusals], end, what)
            // No file has come in its place.
            assert.strictEqual(fs.lstatSync(at).ino, before.ino, what)
            assert.notStrictEqual(ends[1], "done", what)
            server.close()
            fs.rmSync(at, { force: true })
            for (const { artifact } of yield* engine.deployments.current("project" as never))
              yield* engine.retire(artifact)
            console.log(`${what}: ${ends.join(", ")}`)
          }
        })
      ),
    60_000
  )

  it.effect(
    "whose folder another process exchanges for a link out of it, again and again, is written to, or nothing is",
    () =>
      scenario(
        "disk",
        Effect.fnUntraced(function* (engine) {
          const outside = engine.hands.root("outside")
          fs.writeFileSync(join(outside, "f"), "not yours\n")
          const folder = join(engine.root, "skills/s/d")
          const text = (n: number) => ({ "skills/s/d/f": `${n}\n`, "skills/s/d/e/g": `${n}\n`, "skills/s/h": `${n}\n` })
          yield* engine.capture(text(0))
          yield* engine.deploy()
          const race = `
            const fs = require("node:fs"); const [folder, outside] = process.argv.slice(1)
            for (let n = 0; ; n++) {
              try { fs.renameSync(folder, folder + ".away"); fs.symlinkSync(outside, folder) } catch {}
              for (let i = 0; i < (n * 7919) % 3000; i++);
              try { fs.unlinkSync(folder) } catch {}
              try { fs.renameSync(folder + ".away", folder) } catch {}
              for (let i = 0; i < (n * 104729) % 6000000; i++);
            }`
          const racer = spawn(process.execPath, ["-e", race, folder, outside], { stdio: "ignore" })
          const ends = new Map<string, number>()
          const until = performance.now() + (isFull ? 120_000 : 2_500)
          const rounds = Effect.gen(function* () {
            for (let n = 1; performance.now() < until; n++) {
              yield* engine.capture(text(n))
              const end = tagOf(yield* Effect.result(engine.update({ strategy: "overwrite" })))
              ends.set(end, (ends.get(end) ?? 0) + 1)
              assert.include(["done", ...refusals], end)
            }
          })
          yield* Effect.ensuring(
            rounds,
            Effect.sync(() => racer.kill("SIGKILL"))
          )
          assert.deepStrictEqual(engine.hands.list(outside), { f: "f not yours\n" })
          assert.deepStrictEqual(yield* engine.findings, [])
          console.log(`updates beside a process that exchanges a folder for a link: ${JSON.stringify([...ends])}`)
        })
      ),
    3_600_000
  )
})
