/** Random trees and random requests: the working tree on the disk and the one in memory end alike, every time. */
import * as fs from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import { expect, it, onTestFinished } from "vitest"
import { makeWorkingTree } from "../../../src/adapters/filesystem/index.ts"
import { makeWorkingTree as makeMemoryTree } from "../../../src/adapters/memory/MemoryWorkingTree.ts"
import type { WorkingTreeService } from "../../../src/core/WorkingTree.ts"
import type { FilePath } from "../../../src/model/Ids.ts"
import type { Standing } from "../../../src/model/Standing.ts"
import { makeRandom, type Random } from "../../support/random.ts"
import { answering, folder, requestOf, simpleHooks, standing } from "./support/simple.ts"
import { fastTemporary, oneIn, timeout } from "./support/stops.ts"
import { handsIn } from "./support/temporary.ts"

// Names that sort around the slash, and few of them, so that steps meet.
const names = ["a", "b", "a-", "a!", "c"]

const anyPath = (random: Random): FilePath =>
  Array.from({ length: random.between(1, 3) }, () => random.pick(names)).join("/") as FilePath

const anyThing = (random: Random): Standing =>
  random.chance(0.2)
    ? folder
    : standing(`t${random.below(5)}`, random.pick(["file", "file", "executable", "symlink"] as const))

/** How an apply ended, as far as a caller can tell. */
const ending = (end: Result.Result<unknown, { readonly _tag: string }>): unknown => {
  if (end._tag === "Success") return "done"
  const { failure } = end
  return [failure._tag, ...["failure", "path", "paths"].map((field): unknown => Reflect.get(failure, field))]
}

it("memory and disk agree on every request", { timeout }, async () => {
  const base = fastTemporary("agreement")
  onTestFinished(() => fs.rmSync(base, { recursive: true, force: true }))
  const seed = 20_261_122
  const random = makeRandom(seed)
  const rounds = 4_000 / oneIn(25)
  const ends = { done: 0, refused: 0 }
  let root = ""
  let memory = makeMemoryTree()
  const disk = makeWorkingTree()
  const begin = (round: number) => {
    root = join(base, `${round}`)
    fs.mkdirSync(root)
    memory = makeMemoryTree({ [root]: {} })
    const hands = handsIn(root)
    for (let n = random.below(9); n > 0; n--) {
      const path = anyPath(random)
      const above = path.split("/").map((_, i, all) => all.slice(0, i + 1).join("/") as FilePath)
      const files = memory.files(root)
      if (above.some((at) => files.has(at) && files.get(at)?.kind !== "directory") || files.has(path)) continue
      const kind = anyThing(random).kind
      if (kind === "directory") memory.mkdir(root, path)
      else if (kind === "symlink") memory.symlink(root, path, "t0")
      else memory.write(root, path, "t1", { executable: kind === "executable" })
      if (kind === "directory") Effect.runSync(hands.mkdir(path))
      else if (kind === "symlink") Effect.runSync(hands.symlink(path, "t0"))
      else Effect.runSync(hands.write(path, Buffer.from("t1"), { executable: kind === "executable" }))
    }
  }
  const entriesOf = async (tree: WorkingTreeService) =>
    (await Effect.runPromise(tree.scan(root, { ignore: [] }))).entries
  for (let round = 0; round < rounds; round++) {
    if (round % 4 === 0) begin(round)
    const stands = new Map((await entriesOf(disk)).map((entry) => [entry.path, entry.standing]))
    const steps = new Map<string, readonly [string, Standing | null, Standing | null]>()
    for (let n = random.between(1, 7); n > 0; n--) {
      const path = stands.size > 0 && random.chance(0.5) ? random.pick([...stands.keys()]) : anyPath(random)
      const before = random.chance(0.08) ? anyThing(random) : (stands.get(path) ?? null)
      steps.set(path, [path, before, random.chance(0.66) ? anyThing(random) : null])
    }
    const request = requestOf(`round-${round}`, [...steps.values()])
    const commit = random.chance(0.25) ? Effect.fail({ _tag: "no" as const }) : simpleHooks.commit
    const run = (tree: WorkingTreeService) =>
      Effect.runPromise(Effect.result(tree.apply(root, request, { ...simpleHooks, commit }, answering(false))))
    const where = `seed ${seed}, round ${round}: ${JSON.stringify([...steps.values()])}`
    const end = ending(await run(disk))
    expect(end, where).toEqual(ending(await run(memory.service)))
    expect(await entriesOf(disk), where).toEqual(await entriesOf(memory.service))
    ends[end === "done" ? "done" : "refused"]++
  }
  expect(Math.min(ends.done, ends.refused)).toBeGreaterThan(rounds / 10)
  console.log(`memory and disk agree on ${rounds} requests (seed ${seed}): ${ends.done} done, ${ends.refused} refused`)
})
