/** Conflicts resolved in random steps by the engine come out as the pure functions say, and can be taken back step by step. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { noProgress, resolvedText, settleHunks } from "../../../src/algo/conflict/hunks.ts"
import { TextPolicy } from "../../../src/core/references/TextPolicy.ts"
import type { OperationId } from "../../../src/model/Ids.ts"
import { nastyChoice, nastyConflict } from "../../algo/conflict/nastyConflicts.ts"
import { text } from "../../algo/text/bytes.ts"
import { bytesOf, path, project, scenario } from "../../support/engine.ts"
import { makeRandom, runSeed } from "../../support/random.ts"

const seed = runSeed()
const rounds = process.env.TIDEMARK_FULL === undefined ? 25 : 400
const file = path("skills/pdf/SKILL.md")

describe(`resolving in steps (seed ${seed})`, { timeout: 3_600_000 }, () => {
  it.effect("any order of hunks and ways gives those bytes, and undo gives every state back", () =>
    Effect.gen(function* () {
      const random = makeRandom(seed)
      let resolved = 0
      for (let round = 0; round < rounds; round++) {
        const cut = nastyConflict(random)
        if ([cut.base, cut.ours, cut.theirs].some(({ bytes }) => bytes.includes(0))) continue
        const { style } = cut
        yield* scenario(
          "memory",
          Effect.fnUntraced(function* (engine) {
            yield* engine.capture({ [file]: cut.base.bytes })
            yield* engine.deploy()
            yield* engine.edit({ [file]: cut.ours.bytes })
            yield* engine.capture({ [file]: cut.theirs.bytes })
            yield* engine.update()
            const { hunks } = yield* engine.conflicts.show({
              project,
              path: file,
              options: { style, textPolicy: "none" }
            })
            if (hunks.length !== cut.hunks.length) return
            const left = hunks.map(({ index }) => index)
            const states: Array<readonly [OperationId, unknown]> = []
            const choices: Array<readonly [number, ReturnType<typeof nastyChoice>]> = []
            while (left.length > 0) {
              const some = Array.from({ length: random.between(1, left.length) }, () =>
                left.splice(random.below(left.length), 1)
              ).flat()
              const chosen = some.map((hunk) => [hunk, nastyChoice(random)] as const)
              choices.push(...chosen)
              const before = [yield* engine.names, yield* engine.files]
              const step = { path: file, style, hunks: chosen.map(([hunk, choice]) => ({ hunk, ...choice })) }
              states.push([(yield* engine.resolve(step)).operation.id, before])
            }
            const expected = resolvedText(cut, settleHunks(cut, noProgress, choices)) ?? new Uint8Array()
            assert.strictEqual((yield* engine.files)[file], `f ${text(expected)}`)
            assert.deepStrictEqual(yield* engine.open, [])
            for (const [operation, before] of states.reverse()) {
              yield* engine.undo(operation)
              assert.deepStrictEqual([yield* engine.names, yield* engine.files], before)
            }
            assert.deepStrictEqual(yield* engine.findings, [])
            resolved++
          })
        ).pipe(Effect.provideService(TextPolicy, "none"))
      }
      assert.isAbove(resolved, rounds / 5)
    })
  )

  it.effect("a copy with CRLF keeps its endings, whatever is chosen", () =>
    scenario(
      "memory",
      Effect.fnUntraced(function* (engine) {
        const lines = (...all: ReadonlyArray<string>) => all.map((line) => `${line}\n`).join("")
        const middle = ["m", "n", "o", "p", "q"]
        yield* engine.capture({ [file]: lines("a", ...middle, "b") })
        yield* engine.deploy()
        yield* engine.edit({ [file]: lines("A", ...middle, "B").replaceAll("\n", "\r\n") })
        yield* engine.capture({ [file]: lines("1", ...middle, "2") })
        yield* engine.update()
        const custom = { use: "custom", bytes: bytesOf("mine") } as const
        yield* engine.resolve({ path: file, hunks: [{ hunk: 0, use: "theirs-then-ours" }] })
        yield* engine.resolve({ path: file, hunks: [{ hunk: 1, ...custom }] })
        const expected = `${["1", "A", ...middle].map((line) => `${line}\r\n`).join("")}mine`
        assert.strictEqual((yield* engine.files)[file], `f ${expected}`)
      })
    )
  )
})
