import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { streamedAbove } from "../../../src/core/WorkingTree.ts"
import { onBoth, path } from "../../support/engine.ts"

/** Content that goes in pieces, told apart by one byte far inside. */
const large = (letter: string): Uint8Array => {
  const bytes = new Uint8Array(streamedAbove + 1000)
  for (let i = 0; i < bytes.length; i += 1009) bytes[i] = i
  return bytes.fill(letter.charCodeAt(0), 5_000_000, 5_000_100)
}

describe("large files of a project", () => {
  onBoth("are deployed, replaced, kept safe and brought back, in pieces", (engine) =>
    Effect.gen(function* () {
      const file = "skills/s/large"
      const stands = Effect.map(engine.files, (files) => files[file]?.slice(5_000_002, 5_000_003))
      const { snapshot } = yield* engine.capture({ [file]: large("a") })
      yield* engine.deploy()
      assert.strictEqual(yield* stands, "a")
      yield* engine.edit({ [file]: large("m") })
      yield* engine.capture({ [file]: large("b") })
      // Both sides changed it: bytes that are no text are never altered, and local's stay.
      yield* engine.update()
      assert.strictEqual(yield* stands, "m")
      const { operation } = yield* engine.resolve({ path: path(file), use: "theirs" })
      assert.strictEqual(yield* stands, "b")
      yield* engine.undo(operation.id)
      assert.strictEqual(yield* stands, "m")
      yield* engine.edit({ [file]: large("n") })
      const { operation: replaced } = yield* engine.update({ strategy: "overwrite" })
      assert.strictEqual(yield* stands, "b")
      yield* engine.undo(replaced.id)
      assert.strictEqual(yield* stands, "n")
      yield* engine.snapshots.restore(snapshot.id, { root: engine.root, overwrite: true })
      assert.strictEqual(yield* stands, "a")
      assert.deepStrictEqual(yield* engine.findings, [])
    })
  )
})
